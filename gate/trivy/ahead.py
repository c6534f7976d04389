"""A big report, read and held to the standard of JSON while the rest of us is still being loaded.

The other core has nothing to do meanwhile, and the copy of this process that does it is still a small one: a copy of
one that holds ten thousand findings costs both of them a fault for every page that they touch.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gate import files, strictjson
from gate.cores import beside
from gate.errors import InputError
from gate.text import one_line

BIG = 4 << 20
"""Bytes of a report that are worth a second core."""
LARGEST = 1 << 30  # bytes; 100,000 findings make 263 MB


class Ahead:
    """The report, until it is taken."""

    def __init__(self, path: Path, data: bytes, wait: Callable[[], object]) -> None:
        """`wait` raises `InputError` when the report does not hold."""
        self._path = path
        self._data = data
        self._wait = wait

    def take(self, path: Path) -> tuple[bytes, Callable[[], object]] | None:
        """The report and how to wait for its check, once and if it is this one: nobody else keeps it."""
        if path != self._path or not self._data:
            return None
        data, self._data = self._data, b""
        return data, self._wait

    def unchecked(self) -> "Ahead":
        """The same for a copy of this process, which leaves the check to the process that it is a copy of."""
        return Ahead(self._path, self._data, lambda: None)


@contextmanager
def ahead(path: Path) -> Iterator[Ahead | None]:
    """Begin with a report; None when that is not worth it, or it cannot be read: who needs it will say so."""
    data = _big(path)
    if not data:
        yield None
        return

    def check() -> tuple[()]:
        strictjson.check(data, f"the report {one_line(str(path), 200)}")
        return ()

    with beside(check, worth=True) as wait:
        yield Ahead(path, data, wait)


def _big(path: Path) -> bytes:
    """What is in it; nothing when it is small, or no file."""
    try:
        if path == files.STDIN or path.stat().st_size <= BIG:
            return b""
        return files.read(path, limit=LARGEST, what="the report")
    except (OSError, InputError):
        return b""
