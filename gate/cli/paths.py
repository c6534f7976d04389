"""The run context of a command, and paths as typed: relative to its working directory, `-` for a stream."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from gate.cli.printing import show_json, write
from gate.errors import UsageError
from gate.io import files
from gate.io.run_context import RunContext

STDOUT = "-"
"""Standard output as a path."""


def here() -> RunContext:
    """Return the `RunContext` that a test passed to `run`, or the real one."""
    context = click.get_current_context().obj
    return context if isinstance(context, RunContext) else RunContext()


def source(context: RunContext, text: str) -> Path:
    """Return a path to read from; `-` is standard input."""
    return files.STDIN if text == str(files.STDIN) else path(context, text)


def check_stdin(*names: str | None) -> None:
    """Check that at most one input is standard input. Raises `UsageError`."""
    if names.count(str(files.STDIN)) > 1:
        raise UsageError("standard input can be read once", hint="give each file its name")


def path(context: RunContext, text: str) -> Path:
    """Return a path, relative to the working directory."""
    return context.cwd / Path(text).expanduser()


def output(context: RunContext, text: str) -> Path:
    """Return a path to write to. Raises `InputError` where a link in the checkout leads out of it."""
    target = path(context, text).absolute()
    workspace = context.env.get("GITHUB_WORKSPACE", "") if context.in_actions else ""
    files.refuse_escape(target, context.cwd, *([Path(workspace)] if workspace else []))
    return target


def check_output(context: RunContext, text: str | None) -> None:
    """Check that a path, as typed, can be written. Raises `InputError`."""
    if text and text != STDOUT:
        files.check_writable(output(context, text))


def check_outputs(context: RunContext, texts: Sequence[str]) -> None:
    """Check that all these paths, as typed, can be written, each its own file. Raises `UsageError`, `InputError`."""
    named = [text for text in texts if text != STDOUT]
    if len(texts) - len(named) > 1:
        raise UsageError("only one document can go to standard output", hint="name a file for the others")
    if len({resolved(output(context, text)) for text in named}) < len(named):
        raise UsageError("two documents cannot go to one file", hint="name a file for each of them")
    for text in named:
        check_output(context, text)


def resolved(path: Path) -> Path:
    """Resolve the directory of a path, but not the file itself if it is a link."""
    return path.parent.resolve() / path.name


def put(context: RunContext, text: str, pieces: Iterable[bytes | memoryview], *, json: bool = False) -> None:
    """Write to a path; `-` is standard output, where JSON is escaped for terminals. Raises `InputError`."""
    if text == STDOUT and json:
        show_json(b"".join(pieces))
        return
    if text == STDOUT:
        write(pieces)
        return
    with files.replacing(output(context, text)) as file:
        file.writelines(pieces)
