"""Print: the only module that writes to standard output and standard error.

What is printed may quote a registry, an image or a checkout, so all of it is made inert first: it commands neither the
terminal nor a runner of GitHub Actions.
"""

import sys
from collections.abc import Iterable
from contextlib import suppress

import click

from gate.text import one_line, printable, printable_json

_LONGEST = 4_000


def say(text: str, *, fg: str | None = None, bold: bool = False, err: bool = True) -> None:
    """Print one line, whatever line breaks are in it; blanks that it begins with stay."""
    indent = " " * (len(text) - len(text.lstrip(" ")))
    click.secho(indent + printable(one_line(text, _LONGEST)), fg=fg, bold=bold or None, err=err)


def fail(problem: str, hint: str = "") -> None:
    """Print an error and what to try; when nobody reads standard error any more, the exit code has to say it all."""
    with suppress(OSError):
        say(f"error: {one_line(problem, 2000)}", fg="red")
        if hint:
            advise(hint)


def advise(hint: str) -> None:
    """Print what to try, below the line that says what is wrong."""
    say(f" hint: {one_line(hint, 1000)}", fg="cyan")


def warn(problem: str, hint: str = "") -> None:
    """Print that something was not done although the command goes on, and what to try."""
    say(f"warning: {one_line(problem, 1000)}", fg="yellow", bold=True)
    if hint:
        advise(hint)


def show(text: str, *, err: bool = False, color: bool = False) -> None:
    """Print a text of several lines, which ends its last one itself; with `color` codes of colours are kept."""
    click.echo(printable(text, color=color), err=err, color=color, nl=False)


def show_json(document: bytes | str) -> None:
    """Print JSON, the same values in other escapes where they would do something to a terminal or a runner."""
    text = document if isinstance(document, str) else document.decode("utf-8", "surrogatepass")
    click.echo(printable_json(text).encode("utf-8", "surrogatepass"), nl=False)


def write(pieces: Iterable[bytes | memoryview]) -> None:
    """Write a document for a program to standard output as it is: its writer has made it inert, or may not alter it."""
    sys.stdout.buffer.writelines(pieces)
    sys.stdout.buffer.flush()
