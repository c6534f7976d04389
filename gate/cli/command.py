"""The class of all commands: options whose value may be left out."""

from collections.abc import Iterator, Sequence

import click

from gate.cli.parameters import Option
from gate.errors import UsageError
from gate.text import one_line


class Command(click.Command):
    """A command of gate."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse like click. Raises `UsageError`, too for `--json FILE`, which click would read in two ways."""
        return super().parse_args(ctx, list(self._with_values(args, strict=not ctx.resilient_parsing)))

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
