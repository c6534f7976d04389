"""Measure how much a program writes to a folder while it runs."""

import os
import time
from contextlib import suppress
from pathlib import Path

_LOOK = 0.1  # seconds at least between two measurements


class DiskGrowth:
    """The growth of a folder, measured now and then: measuring takes at most a tenth of the time."""

    def __init__(self, folder: Path, most: int) -> None:
        """Measure the folder, which may grow by `most` bytes."""
        self._folder = folder
        self._most = most + _size(folder)
        self._next = 0.0

    def is_over(self) -> bool:
        """Whether it has grown by more; false until the next measurement is due."""
        start = time.monotonic()
        if start < self._next:
            return False
        over = _size(self._folder) > self._most
        end = time.monotonic()
        self._next = end + max(_LOOK, 10 * (end - start))
        return over


def _size(folder: Path) -> int:
    """Bytes on disk below a folder; no link is followed."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # gone meanwhile
                total += os.lstat(os.path.join(place, name)).st_blocks * 512  # noqa: PTH118 looked at often
    return total
