"""Hints name options that the command has which runs, or the command that they name."""

import re
from functools import cache

import click

from gate.cli import gate
from gate.cli.commands import NAMES, load

_OURS = re.compile(r"`gate ([^`]+)`|\bgate ((?:" + "|".join(NAMES) + r")\b[^;,)|]*)")
_OTHERS = re.compile(r"`(?!gate )[^`]*`|\b(?:apk|cosign|docker|gh|git|npm|pip|podman|skopeo|trivy) [^;,]*")
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*[a-z0-9]")


@cache
def options(words):
    """The options of the command that these words call; of a group, those of all its commands."""
    command = load(words[0]) if words and words[0] in NAMES else gate
    commands = [command]
    if isinstance(command, click.Group) and command is not gate:
        named = command.commands.get(words[1]) if len(words) > 1 else None
        commands = [named] if named else list(command.commands.values())
    names = {name for one in commands for option in one.params for name in (*option.opts, *option.secondary_opts)}
    return names | {"--help", "--version"}


def check_hints(err, args):
    """Every hint in a standard error names options of the command `args`, or of the one that it names."""
    for line in err.splitlines():
        if line.startswith(" hint: "):
            assert not wrong(line, [str(arg) for arg in args]), f"a hint of another command: {line}"


def wrong(text, words):
    """The options in a text that the command `words` does not have, or the command that the text names."""
    found = []
    for call in _OURS.findall(text):
        named = (call[0] or call[1]).split()
        names = _OPTION.findall(" ".join(named))
        found += [f"gate {named[0]} {name}" for name in names if name not in options(tuple(named[:2]))]
    alone = _OTHERS.sub("", _OURS.sub("", text))
    return found + [name for name in _OPTION.findall(alone) if name not in options(tuple(words[:2]))]
