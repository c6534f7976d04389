"""Where the command was called: its world, and the paths that were typed there. Light, as every command begins here."""

from pathlib import Path

import click

from gate import files
from gate.world import World


def here() -> World:
    """The world that the command was called in: a test's own, or the real one."""
    world = click.get_current_context().obj
    return world if isinstance(world, World) else World()


def source(world: World, text: str) -> Path:
    """A path to read from, as typed; `-` is standard input."""
    return files.STDIN if text == str(files.STDIN) else path(world, text)


def path(world: World, text: str) -> Path:
    """A path as typed, from the folder that the command was typed in."""
    return world.cwd / Path(text).expanduser()
