"""Declare a command by a frozen dataclass: its fields are the options, and its function gets one of them.

Each option can be given as a variable too: `--fail-on` is `GATE_FAIL_ON`. The inputs of the action are made from the
same declarations (`tests/action/options.py`), and so are the keys of the policy that an option stands for.
"""

from collections.abc import Callable
from dataclasses import field, fields
from inspect import cleandoc
from typing import Any, TypeVar

import click

Options = TypeVar("Options")
PATH = click.Path(path_type=str)
"""A path that may be `-`; whether it can be read or written is said by the module that does it."""


class Group(click.Group):
    """A command of commands; lists each with its whole first sentence."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """As click does, without cutting a sentence."""
        rows = [(name, self.commands[name].get_short_help_str(500)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def option(*names: str, policy: str = "", **more: Any) -> Any:
    """Declare an option as the field of a dataclass; `policy` is the key of the policy that it stands for.

    `more` goes to `click.Option`. The type of the field is what click makes of the option: `bool` for a flag, a tuple
    where it is `multiple`, None where it was not given and has no default.
    """
    long = next(name for name in names if name.startswith("--")).split("/")[0]
    more.setdefault("envvar", "GATE_" + long[2:].upper().replace("-", "_"))
    return field(
        kw_only=True,
        metadata={
            "parameter": lambda name: click.Option([*names, name], **more),
            "policy": policy,
            "option": long,
        },
    )


def flag(*names: str, **more: Any) -> Any:
    """Declare an option that is given or not."""
    return option(*names, is_flag=True, **more)


def text(*names: str, **more: Any) -> Any:
    """Declare an option whose default is the empty text."""
    return option(*names, default="", **more)


def file(*names: str, metavar: str = "FILE", **more: Any) -> Any:
    """Declare an option that names a file or directory."""
    return option(*names, type=PATH, metavar=metavar, **more)


def several(*names: str, **more: Any) -> Any:
    """Declare an option that may be given again."""
    return option(*names, multiple=True, **more)


def files(*names: str, metavar: str = "FILE", **more: Any) -> Any:
    """Declare an option that names files or directories, and may be given again."""
    return file(*names, metavar=metavar, multiple=True, **more)


def argument(metavar: str, **more: Any) -> Any:
    """Declare an argument as the field of a dataclass; `more` goes to `click.Argument`."""
    return field(kw_only=True, metadata={"parameter": lambda name: click.Argument([name], metavar=metavar, **more)})


def command(options: type[Options], name: str = "", **more: Any) -> Callable[[Callable[[Options], int]], click.Command]:
    """Make a click command of a function of one `options`; its help is the function's docstring."""

    def make(function: Callable[[Options], int]) -> click.Command:
        def call(**values: Any) -> int:
            return function(options(**values))

        return click.Command(
            name or function.__name__.replace("_", "-"),
            callback=call,
            params=[each.metadata["parameter"](each.name) for each in fields(options)],  # type: ignore[arg-type]
            help=cleandoc(function.__doc__ or ""),
            **more,
        )

    return make


def policy_keys(options: Any) -> dict[str, tuple[str, str]]:
    """The fields of `options` that stand for keys of the policy: by field, the key and the option as it is typed."""
    return {
        each.name: (each.metadata["policy"], each.metadata["option"])
        for each in fields(options)
        if each.metadata.get("policy")
    }
