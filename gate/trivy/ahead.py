"""A big report, read and held to the standard of JSON while the rest of us is still being loaded.

The other core has nothing to do meanwhile, and the copy of this process that does it is still a small one: a copy of
one that holds ten thousand findings costs both of them a fault for every page that they touch. What it read lies in
memory that both have.
"""

import mmap
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gate import cores, files, strictjson
from gate.errors import InputError
from gate.text import one_line
from gate.trivy.outline import OUTLINE

BIG = 4 << 20
"""Bytes of a report that are worth a second core."""
LARGEST = 1 << 30  # bytes; 100,000 findings make 263 MB


class Ahead:
    """The report, until it is taken and checked: it may be larger than all that is found in it."""

    def __init__(self, path: Path, data: memoryview, wait: Callable[[], object]) -> None:
        """`wait` raises `InputError` when the report does not hold."""
        self._path = path
        self._wait = wait
        self._taken = False
        self.data: memoryview | None = data

    def take(self, path: Path) -> tuple[memoryview, Callable[[], None]] | None:
        """The report and how to wait for its check, once and if it is this one: nobody else keeps it."""
        if path != self._path or self._taken or self.data is None:
            return None
        self._taken = True
        return self.data, self._checked

    def _checked(self) -> None:
        self._wait()
        self.data = None

    def unchecked(self) -> "Ahead":
        """Leave the check to the process that this one is a copy of."""
        self._wait = lambda: None
        return self


class Coming:
    """A report that is being read by a copy of this process."""

    def __init__(self, path: Path) -> None:
        """Make the place where it will lie."""
        self._path = path
        self._place = os.fdopen(os.memfd_create("gate-report"), "wb", buffering=0)
        self._arrives, self._sends = os.pipe()
        self._ahead: Ahead | None = None

    def check(self) -> tuple[()]:
        """Read it, hand it over, and check it; check it again where it arrived from a copy that failed after that.

        Raises `InputError`.
        """
        data = self._ahead.data if self._ahead else None
        strictjson.check(data or self._read(), f"the report {one_line(str(self._path), 200)}", OUTLINE)
        return ()

    def _read(self) -> memoryview:
        with files.reading(self._path, what="the report") as file:
            size = 0
            while size <= LARGEST and (sent := os.sendfile(self._place.fileno(), file.fileno(), size, LARGEST)):
                size += sent
        if size > LARGEST:  # it has grown
            raise InputError("the report is too large")
        data = self._seen()
        os.write(self._sends, b".")
        return data

    def _seen(self) -> memoryview:
        place = self._place.fileno()
        size = os.fstat(place).st_size
        return memoryview(mmap.mmap(place, size, access=mmap.ACCESS_READ))  # lives for as long as it is looked at

    def left_to_copy(self) -> None:
        """Have nobody but the copy send anything: where there is none, or no more, nothing arrives."""
        os.close(self._sends)

    def arrived(self, wait: Callable[[], object]) -> Ahead | None:
        """Wait until it is read; None when it could not be: who needs it will say why. `wait` is for the check."""
        if not os.read(self._arrives, 1):
            return None
        self._ahead = Ahead(self._path, self._seen(), wait)
        self._place.close()  # or the report would be there for as long as we are
        return self._ahead

    def close(self) -> None:
        """Leave the place; what arrived lives on."""
        self._place.close()
        os.close(self._arrives)


@contextmanager
def ahead(path: Path) -> Iterator[Callable[[], Ahead | None]]:
    """Begin with a report; what is given waits for it, and gives None when that was not worth it."""
    coming = None
    with suppress(OSError):  # no memory that can be shared, no /proc
        coming = Coming(path) if _is_big(path) and cores.can() else None
    if not coming:
        yield lambda: None
        return
    try:
        with cores.beside(coming.check, worth=True) as wait:
            coming.left_to_copy()
            yield lambda: coming.arrived(wait)
    finally:
        coming.close()


def _is_big(path: Path) -> bool:
    """Whether it is worth it; what is no file is for others to complain about. Raises `OSError`."""
    return path != files.STDIN and path.is_file() and BIG < path.stat().st_size <= LARGEST
