"""Print: the only module that writes to standard output and standard error.

What is printed may quote a registry, an image or a checkout. So all of it is escaped first: it contains neither control
sequences of a terminal nor commands of a GitHub Actions runner.
"""

import sys
from collections.abc import Iterable
from contextlib import suppress

import click

from gate.errors import UsageError
from gate.text import one_line, printable, printable_json

_LONGEST = 4_000


def say(text: str, *, fg: str | None = None, bold: bool = False, err: bool = True) -> None:
    """Print one line, line breaks in it replaced; leading blanks are kept."""
    indent = " " * (len(text) - len(text.lstrip(" ")))
    click.secho(indent + printable(one_line(text, _LONGEST)), fg=fg, bold=bold or None, err=err)


def fail(problem: str, hint: str = "", example: str = "") -> None:
    """Print an error, a hint and an example; a closed standard error is ignored, the exit code tells the result."""
    with suppress(OSError):
        say(f"error: {one_line(problem, 2000)}", fg="red")
        if hint:
            advise(hint)
        if example:
            show(example, err=True)


def advise(hint: str) -> None:
    """Print a hint below an error or warning."""
    say(f" hint: {one_line(hint, 1000)}", fg="cyan")


def warn(problem: str, hint: str = "") -> None:
    """Print a warning and a hint: something was not done, but the command continues."""
    say(f"warning: {one_line(problem, 1000)}", fg="yellow", bold=True)
    if hint:
        advise(hint)


def show(text: str, *, err: bool = False, color: bool = False) -> None:
    """Print a text of several lines that ends with a line break; `color` keeps colour codes."""
    click.echo(printable(text, color=color), err=err, color=color, nl=False)


def show_json(document: bytes | str) -> None:
    """Print JSON; characters with an effect on a terminal or a runner are escaped."""
    text = document if isinstance(document, str) else document.decode("utf-8", "surrogatepass")
    click.echo(printable_json(text).encode("utf-8", "surrogatepass"), nl=False)


def write(pieces: Iterable[bytes | memoryview]) -> None:
    """Write a document to standard output unchanged: it is safe already, or must not be altered."""
    sys.stdout.buffer.writelines(pieces)
    sys.stdout.buffer.flush()


def ask(question: str) -> bool:
    """Ask on standard error and read `y` or `n`. Raises `UsageError` when standard input ends without an answer."""
    try:
        return click.confirm(printable(one_line(question, _LONGEST)), err=True)
    except click.Abort as exc:
        raise UsageError("nobody answered, so nothing was written", hint="run it in a terminal, or add --yes") from exc
