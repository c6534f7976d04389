"""Layers: tar archives written from a mapping of paths, the same bytes for the same mapping."""

import gzip
import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass

MODIFIED = 1_704_067_200
"""Every file's time, in seconds since the epoch: 2024-01-01."""


@dataclass(frozen=True)
class File:
    """A file that needs more said of it than its bytes."""

    data: bytes
    mode: int = 0o644


@dataclass(frozen=True)
class Symlink:
    """A symbolic link, to wherever it says."""

    target: str


class Whiteout:
    """Takes the path away from the layers below (OCI image-spec v1.1, layer.md)."""


Entry = bytes | File | Symlink | Whiteout
Files = Mapping[str, Entry]


def pack(files: Files, *, modified: int = MODIFIED) -> bytes:
    """The archive of `files`, in the order of their paths."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(files):
            info, data = _entry(path, files[path])
            info.mtime = modified
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def _entry(path: str, entry: Entry) -> tuple[tarfile.TarInfo, bytes]:
    if isinstance(entry, Whiteout):
        folder, slash, name = path.rpartition("/")
        return tarfile.TarInfo(f"{folder}{slash}.wh.{name}"), b""
    info = tarfile.TarInfo(path)
    if isinstance(entry, Symlink):
        info.type, info.linkname = tarfile.SYMTYPE, entry.target
        return info, b""
    file = File(entry) if isinstance(entry, bytes) else entry
    info.size, info.mode = len(file.data), file.mode
    return info, file.data


def compress(data: bytes) -> bytes:
    """Gzip without a time in it."""
    return gzip.compress(data, 6, mtime=0)
