"""Where the command was called: its world, and the paths that were typed there. Light, as every command begins here."""

from collections.abc import Iterable
from pathlib import Path

import click

from gate.cli.printing import show_json, write
from gate.errors import UsageError
from gate.io import files
from gate.io.run_context import World

STDOUT = "-"
"""Standard output, as a path that was typed."""


def here() -> World:
    """The world that the command was called in: a test's own, or the real one."""
    world = click.get_current_context().obj
    return world if isinstance(world, World) else World()


def source(world: World, text: str) -> Path:
    """A path to read from, as typed; `-` is standard input."""
    return files.STDIN if text == str(files.STDIN) else path(world, text)


def check_stdin(*names: str | None) -> None:
    """Refuse `-` for more than one of the files that are read. Raises `UsageError`."""
    if names.count(str(files.STDIN)) > 1:
        raise UsageError("standard input can be read once", hint="give each file its name")


def path(world: World, text: str) -> Path:
    """A path as typed, from the folder that the command was typed in."""
    return world.cwd / Path(text).expanduser()


def output(world: World, text: str) -> Path:
    """A path to write to, as typed. Raises `InputError` where a link in the checkout leads out of it."""
    found = path(world, text).absolute()
    workspace = world.env.get("GITHUB_WORKSPACE", "") if world.in_actions else ""
    files.refuse_escape(found, world.cwd, *([Path(workspace)] if workspace else []))
    return found


def put(world: World, text: str, pieces: Iterable[bytes | memoryview], *, json: bool = False) -> None:
    """Write to a path, as typed; `-` is standard output, where JSON gets other escapes. Raises `InputError`."""
    if text == STDOUT and json:
        show_json(b"".join(pieces))
        return
    if text == STDOUT:
        write(pieces)
        return
    with files.replacing(output(world, text)) as file:
        file.writelines(pieces)
