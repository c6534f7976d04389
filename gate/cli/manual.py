"""Manual pages of the commands, from what their help says."""

from collections.abc import Iterator

import click

from gate import __version__
from gate.errors import ExitCode
from gate.views.manpage import Page

_CODES = {
    ExitCode.PASSED: "It did what was asked: passed, signed, verified.",
    ExitCode.BUG: "A bug of gate.",
    ExitCode.USAGE: "The command line is wrong.",
    ExitCode.INPUT: "A policy, report or other file cannot be used.",
    ExitCode.TOOL_MISSING: "A tool is missing, or too old.",
    ExitCode.TOOL_FAILED: "A tool failed, or took too long.",
    ExitCode.REGISTRY: "The registry or GitHub said no, or could not be reached; something could not be told.",
    ExitCode.REFUSED: "Refused: the policy is broken, or the image may not be signed.",
    ExitCode.UNVERIFIED: "Unverified.",
    ExitCode.INTERRUPTED: "Interrupted: nothing was decided.",
}


def pages(root: click.Group) -> dict[str, Page]:
    """Every page, by the command as it is typed: `gate policy check`."""
    contexts = list(_contexts(root, click.Context(root, info_name="gate", **root.context_settings)))
    names = [context.command_path for context in contexts]
    return {context.command_path: _page(context, names) for context in contexts}


def _contexts(command: click.Command, context: click.Context) -> Iterator[click.Context]:
    yield context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            if one := command.get_command(context, name):
                yield from _contexts(one, click.Context(one, info_name=name, parent=context))


def _page(context: click.Context, names: list[str]) -> Page:
    command, name = context.command, context.command_path
    texts = [command.help or "", command.epilog or ""]
    paragraphs = [" ".join(part.split()) for text in texts for part in text.replace("\b", "").split("\n\n")]
    group = command if isinstance(command, click.Group) else None
    below = [one for one in names if one.rpartition(" ")[0] == name]
    above = name.rpartition(" ")[0]
    return Page(
        name=name,
        summary=command.get_short_help_str(500).rstrip("."),
        usage=" ".join(command.collect_usage_pieces(context)),
        paragraphs=tuple(part for part in paragraphs if part),
        options=tuple(_options(context)),
        commands=tuple((one.rpartition(" ")[2], _summary(group, one)) for one in below) if group else (),
        codes=tuple((int(code), meaning) for code, meaning in _CODES.items()),
        related=(*([above] if above else []), *below),
        version=__version__,
    )


def _summary(group: click.Group, name: str) -> str:
    return group.commands[name.rpartition(" ")[2]].get_short_help_str(500)


def _options(context: click.Context) -> Iterator[tuple[str, str]]:
    """As the help lists them, each with its variable."""
    for one in context.command.get_params(context):
        record = one.get_help_record(context) if isinstance(one, click.Option) else None
        if record is None:
            continue
        term, said = record
        variable = one.envvar if isinstance(one.envvar, str) else ""
        yield term, f"{said} Variable: {variable}." if variable else said
