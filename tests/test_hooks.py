"""The hooks for pre-commit: those for users run as pre-commit runs them, those for this repository are `make lint`."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gate.io import yaml_document
from tests.lab.tools import ROOT

OFFERED = ROOT / ".pre-commit-hooks.yaml"
OWN = ROOT / ".pre-commit-config.yaml"
BIN = Path(sys.executable).parent
POLICY = "version: 1\nfail_on: {severity: high}\n"
RESULT = {
    "ruleId": "x",
    "message": {"text": "x"},
    "locations": [{"physicalLocation": {"artifactLocation": {"uri": "a.py"}, "region": {"startLine": 1}}}],
}
RUN = {"tool": {"driver": {"name": "x", "rules": [{"id": "x"}]}}, "results": [RESULT]}
SARIF = json.dumps({"version": "2.1.0", "runs": [RUN]})
REFUSED = SARIF.replace("a.py", "https:a b")
"""GitHub's parser takes no such URI."""
GOOD = {"gate-policy-check": POLICY, "gate-sarif-check": SARIF}
BAD = {"gate-policy-check": POLICY.replace("high", "highest"), "gate-sarif-check": REFUSED}
TAKEN = {
    "gate-policy-check": ["gate.yaml", "gate.yml", ".github/gate.yaml", "services/a/gate.yaml"],
    "gate-sarif-check": ["a.sarif", "out/a.sarif.json"],
}
LEFT = {
    "gate-policy-check": ["floodgate.yaml", "gate.yaml.md", "gate/values.yaml"],
    "gate-sarif-check": ["a.json", "sarif.md", "a.sarif.gz.txt"],
}


def read(path):
    return yaml_document.read(path.read_bytes(), path.name).value


HOOKS = {hook["id"]: hook for hook in read(OFFERED)}


def shell(folder, *command):
    env = {
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "HOME": str(folder),
        "PRE_COMMIT_HOME": str(folder / ".git" / "pre-commit"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "LANG": "C.UTF-8",
    }
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def repository(tmp_path):
    """A repository of a user: pre-commit runs in it what `.pre-commit-hooks.yaml` declares, with this `gate`."""
    assert (BIN / "pre-commit").is_file(), "make venv"
    assert shutil.which("git"), "git is needed"
    shell(tmp_path, "git", "init", "-q")
    hooks = [{**hook, "language": "system"} for hook in HOOKS.values()]  # this gate, in place of an installed one
    config = {"repos": [{"repo": "local", "hooks": hooks}]}
    (tmp_path / ".pre-commit-config.yaml").write_text(json.dumps(config))

    def run(hook, files):
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        shell(tmp_path, "git", "add", "-A")
        return shell(tmp_path, str(BIN / "pre-commit"), "run", hook, "--all-files", "--verbose", "--color=never")

    return run


def test_both_checks_are_offered_and_installed_with_this_package():
    assert {hook["entry"] for hook in HOOKS.values()} == {"gate policy check", "gate sarif check"}
    assert {hook["language"] for hook in HOOKS.values()} == {"python"}
    assert set(HOOKS) == set(GOOD) == set(BAD)


@pytest.mark.parametrize("file", [OFFERED, OWN], ids=lambda path: path.name)
def test_pre_commit_takes_the_file(tmp_path, file):
    kind = "validate-manifest" if file is OFFERED else "validate-config"
    done = shell(tmp_path, str(BIN / "pre-commit"), kind, str(file))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_passes_good_files_and_sees_all_of_them(repository, hook):
    done = repository(hook, dict.fromkeys(TAKEN[hook], GOOD[hook]))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed" in done.stdout
    assert all(name in done.stdout for name in TAKEN[hook])


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_fails_when_one_of_several_files_is_bad(repository, hook):
    *good, bad = TAKEN[hook]
    done = repository(hook, {**dict.fromkeys(good, GOOD[hook]), bad: BAD[hook]})
    assert done.returncode == 1
    assert bad in done.stdout
    code = {"gate-policy-check": 3, "gate-sarif-check": 10}[hook]
    assert f"exit code: {code}" in done.stdout


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_leaves_other_files_alone(repository, hook):
    done = repository(hook, dict.fromkeys(LEFT[hook], BAD[hook]))
    assert done.returncode == 0
    assert "(no files to check)" in done.stdout


def test_the_hooks_of_the_page_exist_at_the_version_that_it_names():
    from gate import __version__

    page = (ROOT / "docs" / "commands.md").read_text()
    [example] = [one for one in re.findall(r"(?ms)^```yaml\n(.*?)^```", page) if "hooks:" in one]
    [repo] = yaml_document.read(example.encode(), "commands.md").value["repos"]
    assert {hook["id"] for hook in repo["hooks"]} == set(HOOKS)
    assert repo["rev"] == f"v{__version__}"


def test_the_hooks_of_this_repository_are_the_commands_of_make_lint():
    lint = re.search(r"(?m)^lint: .*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text())[1]
    commands = [line.strip().replace("$(PY)", ".venv/bin/python").removesuffix(" .") for line in lint.splitlines()]
    [repo] = read(OWN)["repos"]
    assert repo["repo"] == "local", "nothing is downloaded: versions are those of requirements/constraints.txt"
    assert [hook["entry"].removesuffix(" --force-exclude") for hook in repo["hooks"]] == commands
