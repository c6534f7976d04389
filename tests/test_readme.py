"""The README and the pages promise commands, options and exit codes: each promise is held to the program."""

import re
import shlex

import click
import pytest

from gate.cli import gate
from gate.cli.commands import NAMES
from gate.cli.declare import variable
from gate.cli.option_types import variables
from gate.errors import ExitCode
from tests.lab.tools import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
README = PAGES[0].read_text()


def commands(group, prefix=()):
    for name in group.list_commands(None):
        one = group.get_command(None, name)
        if isinstance(one, click.Group):
            yield from commands(one, (*prefix, name))
        else:
            yield (*prefix, name), one


KEYS = {"signing_key": ("GATE_SIGNING_KEY",), "public_key": ("GATE_PUBLIC_KEY",)}
"""A variable for both would hand a private key to who verifies."""
COMMANDS = dict(commands(gate))
TABLE = re.findall(r"(?m)^\| (`gate .+?) \| .+ \|$", (ROOT / "docs" / "commands.md").read_text())


def called(words):
    """The command that these words call, and the words that are left; None when there is no such command."""
    for length in (2, 1):
        if tuple(words[:length]) in COMMANDS:
            return tuple(words[:length]), words[length:]
    return None


def test_the_readme_is_read_in_a_few_minutes():
    assert len(README.split()) <= 900


def test_every_command_stands_in_the_table_of_commands():
    named = {called(one.split()[1:])[0] for row in TABLE for one in re.findall(r"`(gate [^`]+)`", row)}
    assert named == set(COMMANDS)


def examples():
    for page in PAGES:
        text = page.read_text().replace("\\\n", " ")
        for line in re.findall(r"(?m)^\s*\$? ?((?:[a-z]+ .*\| )?gate [a-z].*)$", "\n".join(_blocks(text))):
            yield pytest.param(line.rpartition("| ")[2], id=f"{page.name}: {line[:60]}")
        for code in re.findall(r"`(gate [a-z][^`\n]*)`", text):
            yield pytest.param(code, id=f"{page.name}: {code[:60]}")


def _blocks(text):
    return re.findall(r"(?ms)^```(?:console|bash|sh)\n(.*?)^```", text)


@pytest.mark.parametrize("line", list(examples()))
def test_every_example_calls_a_command_that_exists_with_options_that_it_has(line):
    words = shlex.split(line.partition(" #")[0].replace("…", ""))[1:]
    assert words
    found = called(words)
    if found is None:
        assert words[0] in NAMES, "a group alone"
        return
    name, rest = found
    known = {option for parameter in COMMANDS[name].params for option in (*parameter.opts, *parameter.secondary_opts)}
    for word in rest:
        if re.match(r"-[a-z-]", word):
            assert word.partition("=")[0] in known | {"--help"}, name


def test_the_exit_codes_of_the_page_are_those_of_the_program():
    rows = re.findall(r"(?m)^\| (\d+)(?:, \d+)* \|", (ROOT / "docs" / "exit-codes.md").read_text())
    assert {int(code) for code in rows} == {int(code) for code in ExitCode}


def test_the_pages_name_each_other_rightly():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
            assert target.startswith("https://") or (page.parent / target).exists(), (page.name, target)


def test_every_option_has_its_variable_but_for_what_a_single_look_needs():
    without = {"file", "help"}
    meant = {
        "yes",
        "undo",
        "exit_code",
    }  # what is deleted, or taken back, is said by whoever does it and not by an environment
    for name, command in COMMANDS.items():
        for parameter in command.params:
            if isinstance(parameter, click.Option) and parameter.name not in without | meant:
                long = [one for one in parameter.opts if one.startswith("--")]
                assert variables(parameter) == KEYS.get(parameter.name, tuple(map(variable, long))), (name, long)


def test_every_help_reads_well():
    for name, command in COMMANDS.items():
        assert command.help, name
        assert command.get_short_help_str(200), name
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, (name, parameter.opts)
                assert parameter.help.rstrip("]")[-1:] in ".])" or "[default" in parameter.help, parameter.help
