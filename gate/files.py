"""Reading within a bound and writing whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from gate.errors import InputError
from gate.text import one_line


def read(path: Path, *, limit: int, what: str) -> bytes:
    """The bytes of a regular file of at most `limit` bytes; `what` names it in errors. Raises `InputError`."""
    shown = one_line(str(path), 200)
    try:
        with path.open("rb") as file:
            if not path.is_file():
                raise InputError(f"{what} {shown} is not a file")
            data = file.read(limit + 1)
    except FileNotFoundError as exc:
        raise InputError(f"{what} {shown} is not there", hint="check the path") from exc
    except OSError as exc:
        raise InputError(f"{what} {shown} cannot be read: {exc.strerror}") from exc
    if len(data) > limit:
        raise InputError(f"{what} {shown} is larger than {limit:,} bytes")
    return data


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a file beside `path` that takes its place only when everything was written.

    Raises `InputError` when the place cannot be written to. A device or pipe (`/dev/stdout`) is written directly:
    there is nothing to replace.
    """
    shown = one_line(str(path), 200)
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as device:
                yield device
            return
        target = path.resolve()  # a link keeps being a link
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:100]}.", suffix=".part", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
            Path(name).chmod(_mode(target))
            Path(name).replace(target)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as exc:
        raise InputError(
            f"{shown} cannot be written: {exc.strerror}",
            hint="the folder must be there and writable, with room for the file",
        ) from exc


def _mode(target: Path) -> int:
    """What the file had before, or what a new file gets."""
    with suppress(OSError):
        return target.stat().st_mode & 0o7777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def write(path: Path, data: bytes) -> None:
    """Write `data` whole or not at all. Raises `InputError`."""
    with replacing(path) as file:
        file.write(data)
