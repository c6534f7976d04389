"""The inputs of the action are the options of the command, and nothing of it can be moved or interpolated."""

import re

import click
import pytest

from gate.cli.commands import load
from tests.action.auditors import zizmor
from tests.action.conftest import ACTION
from tests.action.options import LEFT_OUT, MODES, options, shown, spellings, variable, variables_of, written
from tests.lab.tools import ROOT

TEXT = (ROOT / "action.yml").read_text()
OWN = {"image", "mode", "upload", "tools", "cache", "python", "token", "yes"}
OWN |= {"registry", "registry-username", "registry-password"}
STEPS = ACTION["runs"]["steps"]
[RUN] = [step for step in STEPS if step.get("id") == "gate"]


def test_inputs_are_the_options_of_the_commands():
    assert set(ACTION["inputs"]) == OWN | set(options())
    assert written(TEXT) == TEXT, "python -m tests.action.options writes them anew"


def test_an_input_that_is_left_empty_leaves_the_commands_own_default():
    for name, modes in options().items():
        assert "default" not in ACTION["inputs"][name], name
        for one in modes.values():
            if name == spellings(one)[0]:
                assert shown(one) in ACTION["inputs"][name]["description"]


def test_what_is_left_out_is_an_option_still():
    known = {word[2:] for mode in MODES for one in load(mode).params for word in one.opts if word[:2] == "--"}
    assert set(LEFT_OUT) <= known


@pytest.mark.parametrize("name", sorted(options()))
def test_every_input_arrives_as_the_variable_of_its_option(name):
    assert RUN["env"][variable(name)] == f"${{{{ inputs.{name} }}}}"
    for one in options()[name].values():
        assert variable(name) in variables_of(one)
        assert isinstance(one, click.Option)


def test_a_login_arrives_with_the_registry_that_it_is_for():
    assert ACTION["inputs"]["registry"]["default"] == "ghcr.io"
    for name in ("registry", "registry-username", "registry-password"):
        assert RUN["env"][variable(name)] == f"${{{{ inputs.{name} }}}}"


def test_nothing_is_interpolated_into_a_script():
    for step in STEPS:
        assert "${{" not in step.get("run", ""), step["name"]
        assert step.get("shell", "bash") == "bash"


def test_whatever_it_uses_is_pinned_by_commit_with_its_version_beside_it():
    used = re.findall(r"(?m)^ +(?:- )?uses: (.*)$", TEXT)
    assert len(used) == sum("uses" in step for step in STEPS)
    for one in used:
        assert re.fullmatch(r"(actions/cache|github/codeql-action/upload-sarif)@[0-9a-f]{40} # v\d+\.\d+\.\d+", one), (
            one
        )


def test_the_auditor_has_nothing_to_say():
    assert not zizmor("action.yml")
