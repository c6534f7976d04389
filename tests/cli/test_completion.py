"""Completion offers what the help lists, in a real shell."""

import os
import subprocess
import sys

import pytest

from gate.cli import run
from tests.lab.tools import ROOT


@pytest.fixture
def bash(context, tmp_path):
    """Complete a command line in a real bash that has read our script."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "gate").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gate "$@"\n')
    (folder / "gate").chmod(0o755)
    env = {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": context.env["HOME"], "PYTHONPATH": str(ROOT)}

    def complete(*words):
        script = 'source <(gate completion bash) && _gate_completion gate && printf "%s\\n" "${COMPREPLY[@]}"'
        typed = " ".join(f"'{word}'" for word in words)
        script = f"COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}; {script}; complete -p gate"
        args = ["bash", "--norc", "-c", script]
        done = subprocess.run(args, capture_output=True, text=True, check=True, env=env, cwd=context.cwd)
        *found, bound = done.stdout.splitlines()
        assert bound == "complete -o nosort -F _gate_completion gate"
        return found

    return complete


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("gate", "sc"), ["scan"]),
        (("gate", "policy", ""), ["check", "export", "import", "show"]),
        (("gate", "scan", "--mark"), ["--markdown"]),
        (("gate", "scan", "--fail-on", "cr"), ["critical"]),
        (("gate", "completion", ""), ["bash", "fish", "zsh"]),
    ],
)
def test_bash_completes_commands_options_and_their_values(bash, words, expected):
    assert sorted(bash(*words)) == expected


@pytest.mark.parametrize(("shell", "binds"), [("zsh", "compdef _gate_completion gate"), ("fish", "--command gate")])
def test_other_shells_get_a_script_of_their_own(context, capfd, shell, binds):
    assert run(["completion", shell], context) == 0
    out = capfd.readouterr().out
    assert binds in out
    assert f"_GATE_COMPLETE={shell}_complete" in out


def test_an_unknown_shell_is_refused(context):
    assert run(["completion", "csh"], context) == 2
