"""File locks between the processes of this machine."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gate.errors import ToolFailedError
from gate.io.files import NOT_WRITTEN, input_errors
from gate.text import one_line

_POLL = 0.05  # seconds


@contextmanager
def held(path: Path, *, timeout: float, waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the lock file `path`, which is created if needed and is not deleted.

    Waits `timeout` seconds at most; `waiting` is called once when it has to wait. Raises `ToolFailedError` when
    another process holds it for longer, `InputError` when it cannot be made.
    """
    end = time.monotonic() + timeout
    shown = one_line(str(path), 200)
    with input_errors(f"{shown} cannot be made", NOT_WRITTEN):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("ab")
    with file:
        while not _locked(file.fileno(), shown):
            if waiting:
                waiting()
                waiting = None
            if time.monotonic() > end:
                raise ToolFailedError(
                    f"another run has been at the same work for {timeout:.0f} s", hint="wait for it to end, or end it"
                )
            time.sleep(_POLL)
        yield


@contextmanager
def held_if_free(path: Path, *, make: bool = False) -> Iterator[bool]:
    """Hold the lock `path` if no other process does; gives whether it is held. Never waits or raises.

    A file that is not there cannot be held, unless it is to be made; its folder has to be there.
    """
    handle, is_held = -1, False
    try:
        with suppress(OSError):
            handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | (os.O_CREAT if make else 0), 0o600)
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_held = True
        yield is_held
    finally:
        if handle >= 0:
            os.close(handle)


def hold_new(path: Path) -> int:
    """Make the lock `path` and hold it: it is held from the moment that others can see it. Raises `OSError`.

    Gives the handle; it is held until this process and its forks have closed it, or ended.
    """
    part = path.with_name(f"{path.name}.new")
    handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        part.rename(path)
    except OSError:
        os.close(handle)
        raise
    return handle


def _locked(handle: int, shown: str) -> bool:
    with input_errors(f"{shown} cannot be locked", "name a folder on a disk of this machine in GATE_CACHE_DIR"):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
