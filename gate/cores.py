"""How many processor cores there are, and work for another one: a copy of this process does it meanwhile.

A copy is made by forking, so it knows all that we know and nothing has to be handed over; what comes back is bytes.
Where it cannot be made, or does not end well, the work is done here: that costs time and nothing else, and what goes
wrong with it is raised where it is understood.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

Work = Callable[[], Iterable[bytes]]

_PIECE = 1 << 20


@contextmanager
def beside(work: Work, *, worth: bool) -> Iterator[Callable[[], list[bytes]]]:
    """Begin `work` on another core, if it is `worth` some milliseconds; what is given waits for its bytes.

    They come in pieces of any size. Who leaves the `with` without waiting breaks the work off.
    """
    copy = None
    with suppress(OSError):  # no more processes, no /proc
        copy = _Copy(work) if worth and _can() else None

    def wait() -> list[bytes]:
        made = copy.wait() if copy else None
        return [*work()] if made is None else made

    try:
        yield wait
    finally:
        if copy:
            copy.end()


def usable() -> int:
    """How many cores this process, and what it starts, may use."""
    if sys.platform != "linux":
        return os.cpu_count() or 1
    return len(os.sched_getaffinity(0))


def _can() -> bool:
    """Whether there is another core, and no thread but this one: a copy has no other, and locks held by one stay so."""
    if sys.platform != "linux":
        return False
    return usable() > 1 and len(list(Path("/proc/self/task").iterdir())) == 1


class _Copy:
    """The other process."""

    def __init__(self, work: Work) -> None:
        """Start it."""
        self._pipe, end = os.pipe()
        try:
            self._process = os.fork()
        except OSError:
            os.close(self._pipe)
            os.close(end)
            raise
        if self._process == 0:
            os.close(self._pipe)
            _do(work, end)
        os.close(end)
        self._lives = True

    def wait(self) -> list[bytes] | None:
        """What it gave; None when it failed."""
        pieces = list(iter(lambda: os.read(self._pipe, _PIECE), b""))
        return pieces if self._left() == 0 else None

    def end(self) -> None:
        """Interrupt it, unless it has ended: it tidies up and leaves."""
        if self._lives:
            os.kill(self._process, signal.SIGINT)  # until it is waited for, the number is its own
            self._left()
        os.close(self._pipe)

    def _left(self) -> int:
        _, status = os.waitpid(self._process, 0)
        self._lives = False
        return status


def _do(work: Work, end: int) -> NoReturn:
    """The life of the copy. It ends here, without the goodbyes of the process that it was made from."""
    status = 1
    try:
        pieces = [*work()]  # all of it, before the pipe is full and waits for its reader
        with open(end, "wb") as pipe:
            pipe.writelines(pieces)
        status = 0
    finally:
        os._exit(status)
