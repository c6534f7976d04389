"""What the command says of itself, and how it says no."""

import re
import shlex

import click
import pytest

from gate.cli import gate as program
from gate.cli.command import GROUPS
from gate.cli.commands import load

COMMANDS = [(), ("scan",), ("judge",), ("explain",), ("policy",), ("policy", "check"), ("sarif",), ("sarif", "diff")]


@pytest.mark.parametrize("name", COMMANDS, ids=str)
def test_the_help_is_whole_and_names_no_type_of_the_library(gate, name):
    said = gate(*name, "--help")
    assert said.code == 0
    assert not re.search(r"[a-z,;]\.\.\.", said.out), "a sentence is cut"
    assert "RANGE" not in said.out
    assert "600.0" not in said.out


def test_every_option_that_may_be_given_again_says_so():
    for name in ("scan", "judge", "sign"):
        for option in load(name).params:
            if isinstance(option, click.Option) and option.multiple:
                assert "Repeatable" in (option.help or ""), f"{name} {option.opts[0]}"


@pytest.mark.parametrize("args", [["scan", "--no-such"], ["no-such"], ["scan", "x", "--jobs", "0"], ["judge", "-x"]])
def test_a_bad_command_line_is_told_as_every_other_error(gate, args):
    said = gate(*args)
    assert said.code == 2
    assert re.match(r"error: .+\n hint: see `gate( \w+)? --help`\n$", said.err)


def commands(group, prefix=()):
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*prefix, name))
        else:
            yield (*prefix, name), command


ALL = dict(commands(program))


@pytest.mark.parametrize("name", ALL, ids=" ".join)
def test_every_command_has_examples_that_it_would_take(name):
    assert ALL[name].examples
    for line in ALL[name].examples:
        words = shlex.split(line.rpartition("| ")[2].rpartition("&& ")[2])
        assert words[: len(name) + 1] == ["gate", *name]
        with ALL[name].make_context("gate", words[len(name) + 1 :]):
            pass


@pytest.mark.parametrize("name", ALL, ids=" ".join)
def test_a_long_help_has_every_option_under_a_heading(gate, name):
    said = gate(*name, "--help").out
    headings = re.findall(r"(?m)^(\w+):$", said)
    options = [one for one in ALL[name].get_params(click.Context(ALL[name])) if isinstance(one, click.Option)]
    assert headings[-1] == "Examples"
    if len(options) > 14:
        assert headings[:-1] == [group for group in GROUPS if group in headings]
        assert "Options" not in headings
    else:
        assert headings[:-1] == ["Options"]
    for option in options:
        assert re.search(rf"(?m)^  .*{option.opts[-1]}\b", said)
    assert "<=" not in said
