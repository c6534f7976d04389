"""Recognise errors that come from a lack of memory, threads, processes or file handles."""

import errno
import re
from collections.abc import Iterator

from gate.errors import ToolFailedError

_HANDLES = ("there are no file handles left", "raise the limit (ulimit -n), or run fewer things at once with --jobs")
_MEMORY = ("there is no memory left", "give the job more memory, or raise its limit (ulimit -v)")
_THREADS = (
    "no thread or process could be started",
    "raise the limit of processes (ulimit -u, pids of the container), or run fewer things at once with --jobs",
)
_NUMBERS = {
    errno.EMFILE: _HANDLES,
    errno.ENFILE: _HANDLES,
    errno.ENOMEM: _MEMORY,
    errno.EAGAIN: _THREADS,
}
_WORDS = (
    (re.compile(r"Too many open files"), _HANDLES),
    (re.compile(r"Cannot allocate memory|failed to map segment|MemoryError|out of memory"), _MEMORY),
    (re.compile(r"can't start new thread|Resource temporarily unavailable"), _THREADS),
)
_DEEPEST = 50


def exhausted(exc: BaseException) -> ToolFailedError | None:
    """Return the error that says what ran out, if `exc` or one of its causes comes from that; else None."""
    for cause in _chain(exc):
        if problem_and_hint := _kind(cause):
            problem, hint = problem_and_hint
            return ToolFailedError(problem, hint=hint)
    return None


def _kind(exc: BaseException) -> tuple[str, str] | None:
    if isinstance(exc, MemoryError):
        return _MEMORY
    if isinstance(exc, OSError) and exc.errno in _NUMBERS:
        return _NUMBERS[exc.errno]
    # Threads, the library loader and a child that could not start report it by message only.
    if isinstance(exc, RuntimeError | ImportError | SystemError) or type(exc).__name__ == "ForkException":
        return next((kind for words, kind in _WORDS if words.search(str(exc))), None)
    return None


def _chain(exc: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = exc
    for _ in range(_DEEPEST):
        if cause is None:
            return
        yield cause
        cause = cause.__cause__ or cause.__context__
