"""Limit on the bytes that one run may unpack and write to disk, over all layers and platforms.

The limit is the free space of the disk. Unpacked copies of layers are kept for the scanner only in proportion to what
was downloaded: a few kilobytes that unpack to gigabytes are checked and scanned as a stream, and never stored.
"""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gate.registry.unpack import UnpackError

_SPARED = 10
"""This fraction (1/10) of the free space is not used."""
_KEPT_ANYWAY = 256 << 20
_KEPT_RATIO = 100
"""Bytes kept unpacked for each downloaded byte; layers of real images have 2 to 10."""


class OverBudgetError(UnpackError):
    """The layers of a run unpack to more than it may write."""


class Budget:
    """The bytes that one run may still unpack and write; shared by the threads that fetch its layers."""

    def __init__(self, most: int) -> None:
        """Allow `most` bytes for all layers together."""
        self.most = most
        self._used = 0
        self._downloaded = 0
        self._kept = 0
        self._lock = threading.Lock()

    @classmethod
    def of_disk(cls, folder: Path) -> "Budget":
        """Return a budget of the free space of the disk of `folder`. Raises `OSError`."""
        free = shutil.disk_usage(folder).free
        return cls(free - free // _SPARED)

    @contextmanager
    def share(self) -> Iterator["Share"]:
        """Count one attempt at one layer; after a failure its bytes are returned to the budget."""
        share = Share(self)
        try:
            yield share
        except BaseException:
            share.add(-share.used, -share.downloaded)
            raise

    def add(self, used: int, downloaded: int = 0) -> None:
        """Count `used` bytes, downloaded or unpacked; `downloaded` of them came over the network.

        Raises `OverBudgetError`.
        """
        with self._lock:
            self._used += used
            self._downloaded += downloaded
            if used > 0 and self._used > self.most:
                raise OverBudgetError(f"what is pulled unpacks to more than {self.most:,} bytes in all")

    def keep(self, count: int) -> bool:
        """Count bytes kept unpacked (negative: released) and return whether the limit allows them."""
        with self._lock:
            if count > 0 and self._kept + count > _KEPT_ANYWAY + _KEPT_RATIO * self._downloaded:
                return False
            self._kept += count
            return True


class Share:
    """The bytes of a budget that one layer has used."""

    def __init__(self, budget: Budget) -> None:
        """Start at zero."""
        self._budget = budget
        self.used = 0
        self.downloaded = 0

    def add(self, used: int, downloaded: int = 0) -> None:
        """Count bytes, even beyond the limit: they are returned together. Raises `OverBudgetError`."""
        self.used += used
        self.downloaded += downloaded
        self._budget.add(used, downloaded)
