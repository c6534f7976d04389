"""Read files up to a size limit and write them atomically."""

import errno
import fcntl
import hashlib
import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import IO

from gate.errors import InputError
from gate.text import one_line

STDIN = Path("-")
"""Standard input, as a path; a file of that name has a folder before it."""
NOT_WRITTEN = "the folder must exist and be writable, with free disk space"
"""What to try where a file cannot be written, as a hint."""
_OWN_STREAM = re.compile(r"/(?:dev|proc/self)/fd/([0-9]{1,4})|/dev/(stdout|stderr)")


def read(path: Path, *, limit: int, what: str) -> bytes:
    """The bytes of a regular file, or of `STDIN`, at most `limit`; `what` names it in errors. Raises `InputError`."""
    with reading(path, what=what) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise InputError(f"{what} {_called(path)} is larger than {limit:,} bytes", hint="is it the right file?")
    return data


@contextmanager
def reading(path: Path, *, what: str) -> Iterator[IO[bytes]]:
    """Open a regular file, or `STDIN`, for a caller that limits what it reads itself. Raises `InputError`."""
    shown = _called(path)
    try:
        with nullcontext(sys.stdin.buffer) if path == STDIN else open(path, "rb", opener=_without_waiting) as file:
            if path != STDIN and not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise InputError(f"{what} {shown} is not a file", hint="name a file, or - for standard input")
            yield file
    except FileNotFoundError as exc:
        raise InputError(f"{what} {shown} is not there", hint="check the path") from exc
    except IsADirectoryError as exc:
        raise InputError(f"{what} {shown} is a folder", hint="name a file in it") from exc
    except OSError as exc:
        raise InputError(
            f"{what} {shown} cannot be read: {exc.strerror}", hint="check the path, and who may read it"
        ) from exc


def _called(path: Path) -> str:
    return one_line(str(path), 200) if path != STDIN else "on standard input"


def _without_waiting(path: str, flags: int) -> int:
    """Open a pipe without waiting for a writer; it makes no difference for a file."""
    return os.open(path, flags | os.O_NONBLOCK)


@contextmanager
def replacing(path: Path, *, private: bool = False) -> Iterator[IO[bytes]]:
    """Open a temporary file in the folder of `path` that replaces it when all was written, and is deleted otherwise.

    A link is replaced, never written through: a checkout may have brought it. Raises `InputError` when the place
    cannot be written to. A device or pipe (`/dev/stdout`) is written directly: there is nothing to replace.
    With `private` only the owner may read the file.
    """
    with input_errors(f"{one_line(str(path), 200)} cannot be written", NOT_WRITTEN):
        if (stream := _stream(path)) is not None:
            with os.fdopen(stream, "wb") as file:
                yield file
            return
        handle, name = _temporary(path)
        try:
            with os.fdopen(handle, "wb") as file:
                with suppress(OSError):  # marks it as in use, see `gate.io.workdirs`; not every disk has locks
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                yield file
                file.flush()
                name.chmod(0o600 if private else _mode(path))
                name.replace(path)
        finally:
            with suppress(OSError):
                name.unlink()


@contextmanager
def input_errors(problem: str, hint: str = "") -> Iterator[None]:
    """Turn an `OSError` into an `InputError`: `problem`, followed by the operating system's reason."""
    try:
        yield
    except OSError as exc:
        raise InputError(f"{problem}: {exc.strerror or exc}", hint=hint) from exc


def is_stream(path: Path) -> bool:
    """Whether `path` is a device, a pipe or a stream of this process, which is written directly."""
    if _own_stream(path) is not None:
        return True
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False


def _own_stream(path: Path) -> int | None:
    """The number of a stream of this process that `path` names, which may be a file: `/dev/stdout`, `/dev/fd/3`."""
    named = _OWN_STREAM.fullmatch(str(path))
    if not named:
        return None
    return int(named[1]) if named[1] else {"stdout": 1, "stderr": 2}[named[2]]


def _stream(path: Path) -> int | None:
    """A new handle for what `is_stream`; None for a file, a link to one, and what is not there. Raises `OSError`."""
    if (own := _own_stream(path)) is not None:
        return os.dup(own)
    if not is_stream(path):
        return None
    handle = os.open(path, os.O_WRONLY)
    if stat.S_ISCHR(mode := os.fstat(handle).st_mode) or stat.S_ISFIFO(mode):
        return handle
    os.close(handle)
    raise OSError(errno.EINVAL, "it is neither a file nor a stream")


def refuse_escape(path: Path, *folders: Path) -> None:
    """Refuse a path that a link inside one of `folders` leads out of it; its last part may be a link.

    Raises `InputError`.
    """
    tops = [Path(os.path.realpath(folder)) for folder in folders]
    place = Path(path.anchor)
    for part in path.parts[1:-1]:
        link = place.parent if part == ".." else place / part
        place = Path(os.path.realpath(link))
        for top in tops:
            if link != place and link.is_relative_to(top) and not place.is_relative_to(top):
                raise InputError(
                    f"{one_line(str(path), 200)} is outside of {one_line(str(top), 200)}: "
                    f"{one_line(str(link), 200)} is a link that leads there",
                    hint="name the folder that it leads to, if you trust it, or remove the link",
                )


def _temporary(target: Path) -> tuple[int, Path]:
    """Create a temporary file in the folder of `target`; return handle and path."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name[:100]}.", suffix=".part", dir=target.parent)
    return handle, Path(name)


def check_writable(path: Path) -> None:
    """Check before minutes of work that a file can be written, by creating and deleting one in the same folder.

    Raises `InputError`.
    """
    shown = one_line(str(path), 200)
    if path.is_dir():
        raise InputError(f"{shown} is a folder", hint="name a file")
    if not path.parent.is_dir():
        raise InputError(f"the folder of {shown} is not there", hint=f"make it first: mkdir -p {path.parent}")
    with input_errors(f"{shown} cannot be written", NOT_WRITTEN):
        if (own := _own_stream(path)) is not None:
            os.fstat(own)
        elif is_stream(path):  # opening a device or a pipe may wait, or be seen
            if not os.access(path, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        else:
            handle, name = _temporary(path)
            os.close(handle)
            name.unlink()


def append(path: Path, data: bytes) -> None:
    """Add to a file that others add to as well: all of `data`, or nothing. Raises `OSError`."""
    with path.open("ab", buffering=0) as file:  # in one piece
        before = os.fstat(file.fileno())
        if file.write(data) != len(data):
            if stat.S_ISREG(before.st_mode):
                file.truncate(before.st_size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def is_own(folder: Path) -> bool:
    """Whether there is such a folder, and it belongs to this user."""
    try:
        found = folder.stat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()


def is_private(folder: Path) -> bool:
    """Check that only this user can read or write the content of the folder."""
    return is_own(folder) and not folder.stat().st_mode & 0o077


def _mode(target: Path) -> int:
    """What the file had before, or what a new file gets, also in place of a link."""
    with suppress(OSError):
        before = target.lstat().st_mode
        if stat.S_ISREG(before):
            return before & 0o7777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def state(path: Path) -> tuple[int, ...]:
    """Return numbers that change when the file is replaced or written to. Raises `OSError`."""
    stat = path.stat()
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def sha256(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal. Raises `OSError`."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def link(source: Path, target: Path) -> None:
    """Hard-link `source` to `target`, or copy it where links are impossible. Raises `OSError`."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:  # another disk, or a file system without links
        shutil.copyfile(source, target)


def write(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write `data` whole or not at all; with `private` only the owner may read it. Raises `InputError`."""
    with replacing(path, private=private) as file:
        file.write(data)
