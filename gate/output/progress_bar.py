"""Show progress: on a terminal a spinner, the current step and the share of the download, elsewhere lines."""

import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from gate.io.progress import Progress, Silent
from gate.output import formatting
from gate.output.terminal_page import cells
from gate.text import one_line

_EVERY = 5.0
"""Seconds at least between two lines about the same step in a log."""
_NUMBERS = re.compile(r"[0-9][0-9,.]*")
_SPINNER = 3
"""Columns that the spinner takes, with the gap after it, and the last one, which is left free."""


@contextmanager
def show_progress(*, quiet: bool, color: bool, say: Callable[[str], None], live: bool = True) -> Iterator[Progress]:
    """Show progress on standard error: on a terminal a line that is removed at the end, else lines printed by `say`.

    Without `live` there are only lines on a terminal too.
    """
    if quiet or not live or not sys.stderr.isatty():
        yield Silent() if quiet else Lines(say)
        return
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import SpinnerColumn, TextColumn

    console = Console(stderr=True, no_color=not color)
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False))
    # A threadless display: children are forked while it is shown.
    with Bars(*columns, console=console, transient=True, auto_refresh=False) as bars:
        yield _Live(bars, console)


class Lines:
    """Progress as lines, for a standard error that is no terminal: one for each step, and for a long one some more.

    Steps that differ in numbers only, and shares of a download, are at least some seconds apart.
    """

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        """Print with `say`; `clock` gives seconds."""
        self._say, self._clock = say, clock
        self._kinds: set[str] = set()
        self._last = 0.0
        self._done = 0
        self._lock = Lock()

    def step(self, what: str) -> None:
        """Print a step that was not printed yet, or is due."""
        with self._lock:
            kind = _NUMBERS.sub("", what)
            if kind not in self._kinds or self._is_due():
                self._kinds.add(kind)
                self._print(what)

    def bytes(self, done: int, total: int) -> None:
        """Print the share of the download, when it is due."""
        with self._lock:
            self._done += done
            if self._is_due():
                share = f"{min(self._done / max(total, 1), 1):.0%}".replace("%", " %")
                self._print(f"pulled {share} of {formatting.size(total)}")

    def note(self, what: str) -> None:
        """Print a note."""
        with self._lock:
            self._print(what)

    def _is_due(self) -> bool:
        return self._clock() - self._last >= _EVERY

    def _print(self, what: str) -> None:
        self._last = self._clock()
        self._say(one_line(what, 200))


class _Live:
    """Progress as one line that never wraps: the step, and the share of the download."""

    def __init__(self, bars: Any, console: Any) -> None:
        self._bars = bars
        self._console = console
        self._task = bars.add_task("starting", total=None)
        self._step = ""
        self._done = 0
        self._lock = Lock()

    def step(self, what: str) -> None:
        with self._lock:
            self._step = one_line(what, 200)
            self._show("")

    def bytes(self, done: int, total: int) -> None:
        with self._lock:
            before, self._done = self._done, self._done + done
            if self._done * 50 // max(total, 1) != before * 50 // max(total, 1):
                share = f"{min(self._done / max(total, 1), 1):.0%}".replace("%", " %")
                self._show(f"  {share} of {formatting.size(total)}")

    def note(self, what: str) -> None:
        with self._lock:
            self._console.print(one_line(what, 200), markup=False, highlight=False)

    def _show(self, download: str) -> None:
        """Show the step, its middle shortened to fit: the end names the platform."""
        available = max(self._console.width - _SPINNER - len(download), 8)
        text = self._step
        while cells(text) > available:
            text = formatting.middle(self._step, len(text) - 1)
        self._bars.update(self._task, description=text + download)
        self._bars.refresh()
