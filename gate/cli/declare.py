"""Declare a command by a frozen dataclass: its fields are the options, and its function takes an instance.

Each option can be set by an environment variable too: `--fail-on` is `GATE_FAIL_ON`; each spelling has its own. The
inputs of the action are generated from these declarations (`tests/action/options.py`). An option may stand for a key of
the policy.
"""

from collections.abc import Callable, Sequence
from dataclasses import field, fields
from inspect import cleandoc, get_annotations
from typing import Any, TypeVar

import click

from gate.cli.command import Command, verbose_option
from gate.cli.option_types import Option

Options = TypeVar("Options")
PATH = click.Path(path_type=str)
"""A path or `-`; the module that reads or writes it reports what is wrong with it."""


class Group(click.Group):
    """A command with subcommands; its help lists each with the whole first sentence."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands like click, without cutting sentences."""
        commands = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [(name, subcommand.get_short_help_str(500)) for name, subcommand in commands if subcommand]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def option(*names: str, policy: str = "", group: str = "", **more: Any) -> Any:
    """Declare an option as the field of a dataclass; `policy` is the key of the policy that it stands for.

    `group` is its heading in a long help, by default the `GROUP` of the dataclass.

    `more` goes to `click.Option`. The type of the field is what click makes of the option: `bool` for a flag, a tuple
    where it is `multiple`, None where it was not given and has no default.
    """
    long = [name.split("/")[0] for name in names if name.startswith("--")]
    more.setdefault("envvar", [variable(name) for name in long])
    return field(
        kw_only=True,
        metadata={
            "parameter": lambda name, heading: Option([*names, name], group=group or heading, **more),
            "policy": policy,
            "option": long[0],
        },
    )


def variable(name: str) -> str:
    """Return the environment variable of an option: `--fail-on` is `GATE_FAIL_ON`."""
    return "GATE_" + name.removeprefix("--").upper().replace("-", "_")


def flag(*names: str, **more: Any) -> Any:
    """Declare an option without a value."""
    return option(*names, is_flag=True, **more)


def text(*names: str, **more: Any) -> Any:
    """Declare an option whose default is the empty text."""
    return option(*names, default="", **more)


def file(*names: str, metavar: str = "FILE", **more: Any) -> Any:
    """Declare an option that names a file or directory."""
    return option(*names, type=PATH, metavar=metavar, **more)


def json_file(what: str = "the result", **more: Any) -> Any:
    """Declare `--json[=FILE]`, which means the same in every command."""
    text = f"Write {what} as JSON to FILE, or to standard output."
    return option("--json", type=PATH, metavar="[=FILE]", bare="-", help=text, **more)


def several(*names: str, commas: bool = True, **more: Any) -> Any:
    """Declare an option that may be repeated; with `commas` its value may be a list too: `a,b`."""
    if commas:
        more["help"] = more["help"].replace("Repeatable", "Repeatable or comma-separated")
    return option(*names, multiple=True, commas=commas, **more)


def seconds(name: str, *, least: float = 1, most: float | None = 24 * 3600, **more: Any) -> Any:
    """Declare an option for a time in seconds."""
    return option(name, type=click.FloatRange(least, most), show_default=True, metavar="SECONDS", **more)


def parallel_jobs(**more: Any) -> Any:
    """Declare `--jobs`, how many tools run at the same time."""
    return option("--jobs", type=click.IntRange(1, 64), default=2, show_default=True, metavar="N", **more)


def switch(name: str, **more: Any) -> Any:
    """Declare an option `--x` with a counterpart `--no-x`; None when neither is given."""
    return option(f"{name}/--no-{name.removeprefix('--')}", default=None, **more)


def files(*names: str, metavar: str = "FILE", **more: Any) -> Any:
    """Declare an option that names a file or directory and may be repeated."""
    return file(*names, metavar=metavar, multiple=True, **more)


def argument(metavar: str, **more: Any) -> Any:
    """Declare an argument as the field of a dataclass; `more` goes to `click.Argument`."""
    return field(kw_only=True, metadata={"parameter": lambda name, _: click.Argument([name], metavar=metavar, **more)})


def command(
    options: type[Options], name: str = "", *, examples: Sequence[str] = (), **more: Any
) -> Callable[[Callable[[Options], int]], click.Command]:
    """Make a click command of a function that takes `options`; its docstring is the help."""
    headings = {
        field: vars(parent).get("GROUP", "")
        for parent in reversed(options.__mro__)
        for field in get_annotations(parent)
    }

    def make(function: Callable[[Options], int]) -> click.Command:
        def call(**values: Any) -> int:
            return function(options(**values))

        return Command(
            name or function.__name__.replace("_", "-"),
            callback=call,
            params=[
                *(each.metadata["parameter"](each.name, headings[each.name]) for each in fields(options)),  # type: ignore[arg-type]
                verbose_option(),
            ],
            help=cleandoc(function.__doc__ or ""),
            examples=examples,
            **more,
        )

    return make


def policy_keys(options: Any) -> dict[str, tuple[str, str]]:
    """Return the fields that stand for keys of the policy: by field, the key and the name of the option."""
    return {
        each.name: (each.metadata["policy"], each.metadata["option"])
        for each in fields(options)
        if each.metadata.get("policy")
    }
