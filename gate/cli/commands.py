"""The group of all commands. Each is imported when it is needed: declaring all their options takes long."""

from importlib import import_module

import click

from gate.cli.declare import Group
from gate.errors import UsageError

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

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse like click. Raises `UsageError` for an option of a command that stands before it."""
        words = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as exc:
            raise _misplaced(exc.option_name, words) or exc from exc

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command like click. Raises `UsageError` that names ours for a command of another tool."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as exc:
            from gate.cli.unsupported_options import foreign_command

            raise foreign_command(args[0]) or exc from exc


def _misplaced(option: str, words: list[str]) -> UsageError | None:
    """Return the error for an option of the command that follows it; None when that command does not have it."""
    name = next((word for word in words if word in NAMES), "")
    if not name or not any(option in parameter.opts for parameter in load(name).params):
        return None
    return UsageError(f"{option} stands before the command", hint=f"put it after: `gate {name} {option}`")
