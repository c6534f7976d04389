"""The class of all commands: help in groups with examples, and options whose value may be left out."""

from collections.abc import Iterator, Sequence
from typing import Any

import click

from gate.cli.option_types import Option
from gate.errors import UsageError
from gate.text import one_line

GROUPS = ("Input", "Policy", "Trust", "Scanners", "Output", "Signing", "Registry", "Network", "General")
"""Headings of options in a long help, in the order in which they stand there."""
_LONG = 14
"""Options that need no headings."""
_COLUMN = 30
"""Columns of the names in a help."""


def verbose_option() -> Option:
    """Return `--verbose`, which every command has."""
    return Option(
        ["-v", "--verbose"],
        is_flag=True,
        expose_value=False,
        callback=_listen,
        envvar="GATE_VERBOSE",
        group="General",
        help="Print what is asked of whom, how long it takes, and what comes from a cache.",
    )


def _listen(ctx: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 click's signature
    """Print the lines of `--verbose` on standard error until the command ends."""
    if value and not ctx.resilient_parsing:
        from gate.cli.printing import say
        from gate.io.verbose import listening

        ctx.with_resource(listening(lambda line: say(f"  {line}")))


class Command(click.Command):
    """A command of gate."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), **more: Any) -> None:
        """Declare it; `examples` are command lines that its help shows."""
        super().__init__(*args, **more)
        self.examples = examples

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options like click; many of them under the headings of their groups."""
        options = [parameter for parameter in self.get_params(ctx) if isinstance(parameter, click.Option)]
        groups: dict[str, list[tuple[str, str]]] = {}
        for option in options:
            name = getattr(option, "group", "General") if len(options) > _LONG else "Options"
            if record := option.get_help_record(ctx):
                groups.setdefault(name, []).append((record[0].ljust(_COLUMN), record[1]))
        for name in sorted(groups, key=lambda name: GROUPS.index(name) if name in GROUPS else -1):
            with formatter.section(name):
                formatter.write_dl(groups[name], col_max=_COLUMN)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, each on one line."""
        if self.examples:
            with formatter.section("Examples"):
                for example in self.examples:
                    formatter.write(f"{'':{formatter.current_indent}}{example}\n")
        super().format_epilog(ctx, formatter)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse like click. Raises `UsageError`, too for `--json FILE`, which click would read in two ways.

        The error for an option of another tool names ours.
        """
        try:
            return super().parse_args(ctx, list(self._with_values(args, strict=not ctx.resilient_parsing)))
        except click.NoSuchOption as exc:
            from gate.cli.unsupported_options import foreign_option

            raise foreign_option(exc.option_name) or exc from exc

    def _with_values(self, args: Sequence[str], *, strict: bool) -> Iterator[str]:
        """Yield the arguments, with the value of each option that stands without one."""
        bare = {
            name: option.bare
            for option in self.params
            if isinstance(option, Option)
            for name in option.opts
            if option.bare
        }
        for place, word in enumerate(args):
            if word == "--":
                yield from args[place:]
                return
            following = args[place + 1] if place + 1 < len(args) else ""
            if word in bare and strict and (following.endswith(".json") or following.startswith("/dev/")):
                shown = one_line(following, 200)
                raise UsageError(
                    f"{word} {shown}: a file is named with an equals sign",
                    hint=f"write {word}={shown}; if {shown} is an argument, put {word} after it",
                )
            yield f"{word}={bare[word]}" if word in bare else word
