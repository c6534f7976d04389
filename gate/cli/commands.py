"""The commands, each imported when it is asked for: to declare the options of all twenty takes longer than to parse."""

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import NoReturn

import click

_NAMES = (
    *("scan", "sign", "verify", "judge", "explain", "policy", "sarif", "trend", "upload", "tags", "login"),
    *("pull-secret", "inspect", "prune", "status", "doctor", "tools", "init", "completion"),
)


class Commands(MutableMapping[str, click.Command]):
    """By name; click asks for no more than this of a group's commands, and calls it mutable."""

    def __getitem__(self, name: str) -> click.Command:
        """The command, imported."""
        if name not in _NAMES:
            raise KeyError(name)
        attribute = name.replace("-", "_")
        command = getattr(import_module(f"gate.cli.{attribute}"), attribute)
        assert isinstance(command, click.Command)  # noqa: S101 so declared in each of the modules
        return command

    def __iter__(self) -> Iterator[str]:
        """Their names."""
        return iter(_NAMES)

    def __len__(self) -> int:
        """How many there are."""
        return len(_NAMES)

    def __setitem__(self, name: str, command: click.Command) -> NoReturn:
        """There are no others."""
        raise TypeError(name)

    def __delitem__(self, name: str) -> NoReturn:
        """None goes."""
        raise TypeError(name)
