"""One at a time among the processes of this machine: a door to the file system's locks."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gate.errors import InputError, ToolFailedError
from gate.text import one_line

_POLL = 0.05  # seconds


@contextmanager
def held(path: Path, *, timeout: float) -> Iterator[None]:
    """Hold the lock `path`, a file that is made where it is not there and stays.

    Waits `timeout` seconds at most. Raises `ToolFailedError` when somebody else holds it for longer, `InputError`
    when it cannot be made.
    """
    end = time.monotonic() + timeout
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("ab")
    except OSError as exc:
        raise InputError(f"{one_line(str(path), 200)} cannot be made: {exc.strerror}") from exc
    with file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as exc:
                if time.monotonic() > end:
                    raise ToolFailedError(
                        f"another run has been at the same work for {timeout:.0f} s",
                        hint="wait for it to end, or end it",
                    ) from exc
                time.sleep(_POLL)
        yield
