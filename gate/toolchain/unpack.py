"""Extract the program from a file of a release; no other file of an archive is ever written."""

import gzip
import shutil
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, cast

from gate.errors import InputError
from gate.text import one_line

_MOST = 1 << 30
"""Bytes of everything in it, unpacked; Trivy's has 175 MB."""
_MEMBERS = 1000
_ARCHIVE = ".tar.gz"


class _Bounded:
    """A stream that ends in an error instead of filling the disk."""

    def __init__(self, file: gzip.GzipFile, name: str, most: int) -> None:
        self._file, self._name, self._left = file, name, most

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise InputError(f"{self._name} unpacks to more than anything in it should have")
        return data


def extract_program(file: Path, tool: str, out: Path, *, name: str, most: int = _MOST) -> None:
    """Write the program `tool` to `out`: the file `name` of a release itself, or a member of it if it is an archive.

    Raises `InputError` when the archive holds none or several, a link or a path out of it, or unpacks to more than
    `most` bytes; `OSError` when `out` cannot be written.
    """
    if not name.endswith(_ARCHIVE):
        file.replace(out)
        return
    try:
        with (
            gzip.open(file) as plain,
            tarfile.open(fileobj=cast("IO[bytes]", _Bounded(plain, name, most)), mode="r|") as tar,
        ):
            _extract(tar, tool, out, name)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, ValueError) as exc:
        raise InputError(f"{name} is not readable as an archive: {one_line(str(exc), 100)}") from exc


def _extract(tar: tarfile.TarFile, name: str, out: Path, shown: str) -> None:
    found = 0
    for number, member in enumerate(tar):
        path = PurePosixPath(member.name)
        inside = f"{shown} holds {one_line(member.name, 100)!r}"
        if number == _MEMBERS:
            raise InputError(f"{shown} holds more than {_MEMBERS:,} files")
        if path.is_absolute() or ".." in path.parts:
            raise InputError(f"{inside}, which leads out of it")
        if not (member.isreg() or member.isdir()) or member.issparse():
            raise InputError(f"{inside}, which is neither a file nor a folder")
        if path.name.casefold() != name:
            continue
        found += 1
        source = tar.extractfile(member) if path == PurePosixPath(name) and member.isreg() and found == 1 else None
        if source is None:
            raise InputError(f"{inside} besides or instead of the program {name}")
        with source, out.open("wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
    if not found:
        raise InputError(f"{shown} holds no program {name}")
