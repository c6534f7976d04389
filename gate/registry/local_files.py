"""Named pieces of content on this machine: files in a folder, or members of a tar archive.

An archive is read in place: its members' offsets are noted once, so that threads can read at the same time.
"""

import stat
import tarfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path

from gate.errors import InputError
from gate.io.files import input_errors
from gate.text import one_line

_PIECE = 1 << 18
_MEMBERS_MOST = 20_000
"""An image has at most a few files per layer, and no runtime takes more than 127 layers."""
_LINKS_MOST = 8


class Files(ABC):
    """Content by name."""

    @abstractmethod
    def has(self, name: str) -> bool:
        """Whether there is content of that name; it may be no file, which cannot be read."""

    @abstractmethod
    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield the content piece by piece. Raises `InputError`."""

    def read(self, name: str, most: int) -> bytes:
        """Return the content. Raises `InputError` when it has more than `most` bytes."""
        content = bytearray()
        for piece in self.pieces(name):
            content += piece
            if len(content) > most:
                raise InputError(f"{one_line(name, 200)} is larger than {most:,} bytes")
        return bytes(content)


class Folder(Files):
    """The files of a folder."""

    def __init__(self, root: Path) -> None:
        """Nothing is read yet."""
        self._root = root

    def has(self, name: str) -> bool:
        """As in `Files`."""
        return (self._root / name).exists()

    def pieces(self, name: str) -> Iterator[bytes]:
        """As in `Files`."""
        path = self._root / name
        shown = one_line(str(path), 200)
        with input_errors(f"{shown} cannot be read", "the image is not complete"):
            if not stat.S_ISREG(path.stat().st_mode):  # a pipe would make us wait for ever
                raise InputError(f"{shown} is not a file")
            with path.open("rb", buffering=0) as file:
                while piece := file.read(_PIECE):
                    yield piece


class Tarball(Files):
    """The files of an uncompressed tar archive."""

    def __init__(self, path: Path) -> None:
        """Record the offset of each member. Raises `InputError`."""
        self._path = path
        self._places: dict[str, tuple[int, int]] = {}
        self._links: dict[str, str] = {}
        shown = one_line(str(path), 200)
        try:
            with tarfile.open(path, "r:") as archive:
                for count, member in enumerate(archive):
                    if count > _MEMBERS_MOST:
                        raise InputError(f"{shown} has more than {_MEMBERS_MOST:,} members: it is no saved image")
                    self._note(member)
        except (tarfile.TarError, OSError, ValueError, RecursionError) as exc:
            raise InputError(
                f"{shown} cannot be read as a tar archive",
                hint="make it with `docker save -o FILE.tar IMAGE`; unpack a compressed one first: gunzip FILE.tar.gz",
            ) from exc

    def _note(self, member: tarfile.TarInfo) -> None:
        name = _normal(member.name)
        if member.isreg() and not member.issparse():
            self._places[name] = (member.offset_data, member.size)
            self._links.pop(name, None)
        elif member.issym():
            self._links[name] = _normal(f"{name.rpartition('/')[0]}/{member.linkname}")
        elif member.islnk():
            self._links[name] = _normal(member.linkname)

    def has(self, name: str) -> bool:
        """As in `Files`."""
        return self._place(name) is not None

    def _place(self, name: str) -> tuple[int, int] | None:
        name = _normal(name)
        for _ in range(_LINKS_MOST):
            if name in self._places:
                return self._places[name]
            name = self._links.get(name, "")
        return None

    def pieces(self, name: str) -> Iterator[bytes]:
        """As in `Files`."""
        place = self._place(name)
        if place is None:
            raise InputError(
                f"{one_line(str(self._path), 200)} has no {one_line(name, 200)}", hint="the image is not complete"
            )
        offset, left = place
        with (
            input_errors(f"{one_line(str(self._path), 200)} cannot be read"),
            self._path.open("rb", buffering=0) as file,
        ):
            file.seek(offset)
            while left and (piece := file.read(min(_PIECE, left))):
                left -= len(piece)
                yield piece


def _normal(name: str) -> str:
    """Resolve `.` and `..` inside the archive; what climbs out of it names nothing."""
    parts: list[str] = []
    for part in name.split("/"):
        if part == "..":
            if not parts:
                return ""
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts)
