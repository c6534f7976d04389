"""The group of all commands. Each is imported when it is needed: declaring all their options takes long."""

from importlib import import_module

import click

from gate.cli.declare import Group

NAMES = (
    *("scan", "sign", "verify", "trust", "judge", "explain", "policy", "sarif", "trend", "upload", "tags", "login"),
    *("pull-secret", "inspect", "prune", "status", "doctor", "tools", "init", "completion", "version"),
)


def load(name: str) -> click.Command:
    """Import a command: `pull-secret` is the function `pull_secret` of the module `gate.cli.pull_secret`."""
    attribute = name.replace("-", "_")
    command = getattr(import_module(f"gate.cli.{attribute}"), attribute)
    assert isinstance(command, click.Command)  # noqa: S101 so declared in each of the modules
    return command


class Commands(Group):
    """The group `gate`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 click's signature
        """Return the names of all commands, sorted."""
        return sorted(NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command; None for an unknown name."""
        return load(cmd_name) if cmd_name in NAMES else None
