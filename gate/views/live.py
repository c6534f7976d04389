"""What a person sees while work is long: the step, a spinner, and how much of the download is here."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from gate.progress import Progress, Silent
from gate.text import one_line


@contextmanager
def watching(*, shown: bool, color: bool) -> Iterator[Progress]:
    """Progress on standard error while somebody looks (`shown`); silence otherwise. Gone when it ends."""
    if not shown:
        yield Silent()
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, SpinnerColumn, TextColumn, TransferSpeedColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True, no_color=not color)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    # A threadless display: children are forked while it is shown.
    with Bars(*columns, console=console, transient=True, auto_refresh=False) as bars:
        yield _Live(bars)


class _Live:
    """One line: the step, and the bytes of the download once they are known."""

    def __init__(self, bars: Any) -> None:
        self._bars = bars
        self._task = bars.add_task("starting", total=None)
        self._done = 0
        self._lock = Lock()

    def step(self, what: str) -> None:
        with self._lock:
            self._bars.update(self._task, description=one_line(what, 70))
            self._bars.refresh()

    def bytes(self, done: int, total: int) -> None:
        with self._lock:
            before, self._done = self._done, self._done + done
            self._bars.update(self._task, completed=self._done, total=total)
            if self._done * 50 // max(total, 1) != before * 50 // max(total, 1):
                self._bars.refresh()
