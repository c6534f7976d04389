"""Print pages and progress as the terminal allows: colours, width, a progress line. Light: every command uses it."""

import shutil
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from gate.cli.printing import say, show
from gate.io.run_context import RunContext

if TYPE_CHECKING:
    from gate.io.progress import Progress

_NARROWEST, _WIDEST = 60, 200


def use_color(context: RunContext, choice: str, *, err: bool = False) -> bool:
    """Whether to print in colour: by `--color`, NO_COLOR (no-color.org), and whether the stream is a terminal."""
    if choice != "auto":
        return choice == "always"
    stream = sys.stderr if err else sys.stdout
    return not context.env.get("NO_COLOR") and context.env.get("TERM") != "dumb" and stream.isatty()


def is_interactive() -> bool:
    """Whether somebody can be asked: both standard input and standard error are a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def show_page(context: RunContext, color: str, render: Callable[..., str], *, err: bool = False) -> None:
    """Print what `render(color=…, width=…)` returns; `color` is the value of `--color`."""
    colored = use_color(context, color, err=err)
    width = max(_NARROWEST, min(shutil.get_terminal_size((100, 24)).columns, _WIDEST))
    show(render(color=colored, width=width), err=err, color=colored)


def show_progress(context: RunContext, *, quiet: bool, color: str = "auto") -> "AbstractContextManager[Progress]":
    """Show progress on standard error, unless `quiet`; `color` is the value of `--color`.

    With `--verbose` there is no progress line, which its lines would tear.
    """
    from gate.io import verbose
    from gate.output import progress_bar

    colored = use_color(context, color, err=True)
    return progress_bar.show_progress(quiet=quiet, color=colored, say=say, live=not verbose.is_on())
