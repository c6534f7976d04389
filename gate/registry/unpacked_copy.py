"""The unpacked content of a layer, kept for the scanner where there is disk space for it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

_LARGEST = 4 << 30
"""Bytes of one layer that are kept unpacked."""


class UnpackedLayer:
    """The unpacked content of a layer on disk; dropped when it grows too large or the disk is full."""

    def __init__(self, path: Path, keep: Callable[[int], bool] = bool) -> None:
        """Write to `path`, anew for each `with`; `keep(count)` allows a piece, `keep(-count)` releases bytes."""
        self._path = path
        self._keep = keep
        self._counted = 0
        self._file: Any = None
        self._size = 0

    def __enter__(self) -> None:
        """Begin."""
        self._keep(-self._counted)
        self._counted = 0
        self._file, self._size = self._path.open("wb"), 0

    def __exit__(self, kind: object, *_: object) -> None:
        """Close the file; delete it after an error."""
        if self._file is not None:
            self._close()
        if kind is not None:
            self._drop()

    def write(self, piece: bytes) -> None:
        """Write the next piece, or give up: the scanner can use the packed layer as well."""
        if self._file is None:
            return
        self._size += len(piece)
        try:
            if not self._keep(len(piece)):
                raise OSError  # noqa: TRY301 treated like a full disk
            self._counted += len(piece)
            self._file.write(piece)
        except OSError:
            self._size = _LARGEST + 1
        if self._size > _LARGEST:
            self._close()
            self._drop()

    def _drop(self) -> None:
        self._path.unlink(missing_ok=True)
        self._keep(-self._counted)
        self._counted = 0

    def _close(self) -> None:
        file, self._file = self._file, None
        try:
            file.close()
        except OSError:  # the disk was full at the last piece
            self._path.unlink(missing_ok=True)

    def kept(self) -> Path | None:
        """Return the path of the unpacked content; None when it was dropped."""
        return self._path if self._path.exists() else None
