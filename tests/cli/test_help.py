"""What the command says of itself, and how it says no."""

import re

import click
import pytest

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
