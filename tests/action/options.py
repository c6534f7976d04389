"""The inputs of action.yml that are options of the command and have a variable, and how they are written there.

`python -m tests.action.options` writes them anew.
"""

import re

import click

from gate.cli.commands import load
from gate.cli.declare import variable
from gate.cli.option_types import variables as variables_of
from tests.lab.tools import ROOT

ACTION = ROOT / "action.yml"
MODES = ("scan", "sign", "verify", "prune", "tags")
WRITTEN = {
    "scan": {"sarif", "json", "markdown", "html", "sbom", "annotations"},
    "sign": {"json"},
    "verify": {"json"},
    "prune": {"record"},
    "tags": {"json"},
}
"""Documents that the action itself asks for, and whose paths are outputs."""
LEFT_OUT = {
    "all": "the reports have all findings",
    "color": "a log has no terminal",
    "github-output": "the tags are outputs always",
    "quiet": "the log shows the table",
    "summary": "the action always writes one, also of what was signed or verified",
    "upload": "an input of its own: it is on unless it is told otherwise, and may be CodeQL's",
}
_BLOCK = re.compile(r"(?ms)^( *)# The options of the command: .*?\n(.*?)^ *# End of the options\.\n")


def options():
    """Name of each option without its dashes, and for each mode that has it, the option."""
    found = {}
    for mode in MODES:
        for one in load(mode).params:
            if isinstance(one, click.Option):
                for name in spellings(one):
                    if name not in {*LEFT_OUT, *WRITTEN[mode]}:
                        found.setdefault(name, {})[mode] = one
    return found


def spellings(one):
    """The inputs of an option, named like its variables; the first is ours, the others are other spellings."""
    return [name.removeprefix("GATE_").lower().replace("_", "-") for name in variables_of(one)]


def described(name, modes):
    """The help of an option; where it means different things, for each of them."""
    ours = spellings(next(iter(modes.values())))[0]
    if name != ours:
        return f"The same as {ours}."
    helps = {}
    for mode, one in modes.items():
        helps.setdefault(_help(one), []).append(mode)
    if len(helps) == 1 and len(modes) == len(MODES):
        return next(iter(helps))
    return " ".join(f"{', '.join(which).capitalize()}: {text}" for text, which in helps.items())


def _help(one):
    text = one.help.replace(" Repeatable or comma-separated.", "").replace(" Repeatable.", "")
    commas = getattr(one, "commas", False)
    several = (" One a line, or separated by commas." if commas else " One a line.") if one.multiple else ""
    return text + several + shown(one)


def shown(one):
    """The default as the help of the command shows it; empty when it shows none."""
    if not one.show_default:
        return ""
    default = one.default if isinstance(one.default, list | tuple) else [one.default]
    return f" [default: {', '.join(f'{each:g}' if isinstance(each, int | float) else each for each in default)}]"


def inputs(indent):
    lines = []
    for name, modes in options().items():
        text = described(name, modes).replace("'", "''")
        lines += [f"{name}:", f"  description: '{text}'"]
    return "".join(f"{indent}{line}\n" for line in lines)


def variables(indent):
    return "".join(f"{indent}{variable(name)}: ${{{{ inputs.{name} }}}}\n" for name in options())


def written(text):
    """`text` with both blocks as they have to be."""
    makers = iter((inputs, variables))

    def put(found):
        indent = found[1]
        first = found[0].splitlines(keepends=True)[0]
        return first + next(makers)(indent) + f"{indent}# End of the options.\n"

    text, count = _BLOCK.subn(put, text)
    assert count == 2
    return text


if __name__ == "__main__":
    ACTION.write_text(written(ACTION.read_text()))
