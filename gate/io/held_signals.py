"""Hold back signals for a moment."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def held_signals() -> Iterator[None]:
    """Have signals wait: one between the start of a child and our knowing it would leave it behind."""
    if threading.current_thread() is not threading.main_thread():  # no signal is handled there
        yield
        return
    came: list[int] = []
    kinds = [one for one in _STOPPING if signal.getsignal(one) not in {signal.SIG_IGN, None}]
    before = {kind: signal.signal(kind, lambda number, _: came.append(number)) for kind in kinds}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
        for number in came[:1]:
            signal.raise_signal(number)
