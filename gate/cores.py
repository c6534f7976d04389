"""How many processor cores there are, and work for another one: a copy of this process does it meanwhile.

A copy is made by forking, so it knows all that we know and nothing has to be handed over; what comes back is bytes.
Where it cannot be made, or does not end well, the work is done here: that costs time and nothing else, and what goes
wrong with it is raised where it is understood.
"""

import mmap
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NoReturn, Self

Piece = bytes | memoryview  # as in `gate.strictjson`, a room beside this one
Work = Callable[[], Iterable[Piece]]

_HEARD = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PIECE = 1 << 24  # bytes


@contextmanager
def beside(work: Work, *, worth: bool) -> Iterator[Callable[[], list[Piece]]]:
    """Begin `work` on another core, if it is `worth` some milliseconds; what is given waits for its bytes.

    They come in pieces of any size. Who leaves the `with` without waiting breaks the work off.
    """
    copy = None
    with suppress(OSError):  # no more processes, no /proc
        copy = _Copy(work) if worth and can() else None

    def wait() -> list[Piece]:
        made = copy.wait() if copy else None
        return [*work()] if made is None else made

    try:
        yield wait
    finally:
        if copy:
            copy.end()


class Twin:
    """A copy that does on its own what this process does too, to go on with another part of the rest.

    What takes long to make and is large, both make: to share it costs a fault for each page that either touches.
    """

    def __init__(
        self,
        work: Callable[[Callable[[], None]], Iterable[Piece]],
        *,
        worth: bool,
        into: IO[bytes] | None = None,
    ) -> None:
        """Begin `work`, if it is `worth` it; it calls what it is given before anything that others can see.

        That waits until `go` is called here, or never returns. What it makes is added to the file `into`, if there is
        one: then nobody has to copy it.
        """
        self._copy: _Copy | None = None
        self._made: list[Piece] | None = None
        self._permit = -1
        with suppress(OSError):  # no more processes, no /proc
            if worth and can():
                self._start(work, into)

    def _start(self, work: Callable[[Callable[[], None]], Iterable[Piece]], into: IO[bytes] | None) -> None:
        waits, self._permit = os.pipe()

        def wait() -> None:
            if not os.read(waits, 1):
                _tidy_up()

        def begin() -> Iterable[Piece]:
            os.close(self._permit)  # or what is waited for could not end
            return work(wait)

        try:
            self._copy = _Copy(begin, into)
        finally:
            os.close(waits)

    def __bool__(self) -> bool:
        """Whether there is one."""
        return self._copy is not None

    def go(self) -> None:
        """Let it go on to what others can see."""
        with suppress(OSError):  # it is gone: `wait` will tell
            os.write(self._permit, b".")

    def wait(self) -> list[Piece] | None:
        """What it made; None when it failed, or there is none."""
        if self._copy and not self._copy.done:
            self._made = self._copy.wait()
        return self._made

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Break it off, unless it has ended."""
        if self._permit >= 0:
            os.close(self._permit)  # first: a copy that ignores interrupts (a shell's `&` has it so) waits for this
        if self._copy:
            self._copy.end()


def usable() -> int:
    """How many cores this process, and what it starts, may use."""
    if sys.platform != "linux":
        return os.cpu_count() or 1
    return len(os.sched_getaffinity(0))


def can() -> bool:
    """Whether there is another core, and no thread but this one: a copy has no other, and locks held by one stay so."""
    if sys.platform != "linux":
        return False
    return usable() > 1 and len(list(Path("/proc/self/task").iterdir())) == 1


class _Copy:
    """The other process. What it makes lies where both can look at it: a pipe takes longer than to make it."""

    def __init__(self, work: Work, into: IO[bytes] | None = None) -> None:
        """Start it."""
        self._begins = into.tell() if into else 0
        self._made = os.dup(into.fileno()) if into else os.memfd_create("gate")
        self._hears, tells = os.pipe()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)  # or a copy that is interrupted goes on as another us
        try:
            self._process = os.fork()
            if self._process == 0:
                _do(work, self._made, tells, before)
        except OSError:
            os.close(self._made)
            os.close(self._hears)
            raise
        finally:
            os.close(tells)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self.done = False

    def wait(self) -> list[Piece] | None:
        """What it gave; None when it failed. That it is done it tells itself: to be gone takes it much longer."""
        told = os.read(self._hears, 1)
        self.done = True
        if not told:
            return None
        size = os.fstat(self._made).st_size
        if size <= self._begins:
            return []
        try:
            made = memoryview(mmap.mmap(self._made, size, access=mmap.ACCESS_READ))  # lives for as long as it is seen
        except OSError:  # not every file system can show a file as memory
            return None
        return [made[place : place + _PIECE] for place in range(self._begins, size, _PIECE)]

    def end(self) -> None:
        """Interrupt it, unless it is done: it tidies up and leaves."""
        if not self.done:
            os.kill(self._process, signal.SIGINT)  # until it is waited for, the number is its own
        os.waitpid(self._process, 0)
        os.close(self._made)
        os.close(self._hears)


def _do(work: Work, made: int, tells: int, hearing: set[int]) -> NoReturn:
    """The life of the copy, which hears no signal yet.

    It ends here, without the goodbyes of the process that it was made from, whenever it is interrupted.
    """
    try:
        with suppress(BaseException):
            for one in _HEARD:
                if signal.getsignal(one) != signal.SIG_IGN:
                    signal.signal(one, _tidy_up)
            signal.pthread_sigmask(signal.SIG_SETMASK, hearing)
            with open(made, "wb") as file:
                file.writelines(work())
            os.write(tells, b".")
        signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)  # or it would be interrupted on its way out
    finally:  # and when it is interrupted before that
        os._exit(0)


def _tidy_up(*_: object) -> NoReturn:
    """End as on Ctrl-C. It often comes twice, from the terminal and from who waits: that stops no tidying up."""
    for one in _HEARD:
        signal.signal(one, _hear_nothing)
    raise KeyboardInterrupt


def _hear_nothing(*_: object) -> None:
    """What was on its way when its handler was changed to `SIG_IGN`, Python complains about."""
