"""List the files and folders of an unpacked layer with `tarfile`, without trust in its headers."""

import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_LARGEST_READ = 1 << 20
"""Bytes that one read of a header may ask for; names and attributes seen in images have some kilobytes."""


class TarError(Exception):
    """The file is not a readable tar."""


class Entry(NamedTuple):
    """A file or folder; `name` begins at the root and has no `/` at either end."""

    name: str
    size: int
    """Bytes of a regular file; 0 for anything else."""
    is_file: bool
    place: int
    """Offset of its content in the tar, in bytes."""


class _Headers(io.FileIO):
    """The tar as `tarfile` reads it: no header is large, and none leads back (CVE-2025-8194)."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or not 0 <= size <= _LARGEST_READ:
            raise TarError("it has a header that is too large")
        return super().read(size)

    def seek(self, place: int, whence: int = io.SEEK_SET, /) -> int:
        if whence != io.SEEK_SET or place < self.tell() - 1:
            raise TarError("it has a size that is negative")
        return super().seek(place, whence)


def entries(path: Path, most: int) -> Iterator[Entry]:
    """List every entry, `most` of them at most. Raises `TarError`; the entries before the fault were listed."""
    length = path.stat().st_size
    count = 0
    try:
        with _Headers(path) as file, tarfile.open(fileobj=file, mode="r:", encoding="utf-8", errors="replace") as tar:
            while member := tar.next():
                tar.members = []  # type: ignore[attr-defined]  # its stub lacks it; or it keeps them all
                count += 1
                if count > most:
                    raise TarError(f"it has more than {most:,} entries")
                if member.issparse() or any(name.startswith("GNU.sparse.") for name in member.pax_headers):
                    raise TarError("it has a sparse file")
                size = member.size if member.isreg() else 0
                if member.offset_data + size > length:
                    raise TarError("it ends before its content does")
                yield Entry(_relative(member.name), size, member.isreg(), member.offset_data)
            if os.pread(file.fileno(), tarfile.BLOCKSIZE, tar.offset).strip(b"\0"):
                raise TarError("it has a header that cannot be read")  # `tarfile` takes it for the end
    except (tarfile.TarError, OSError, ValueError, OverflowError, RecursionError) as exc:
        raise TarError(f"it is not a readable tar: {exc}") from exc


def _relative(name: str) -> str:
    """The path relative to the root, without `.` in between."""
    return "/".join(part for part in name.split("/") if part not in {"", "."})
