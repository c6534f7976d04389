"""Runs the steps of a composite action as a runner does: inputs, `if`, environment files; what it uses is recorded."""

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from tests.action.expressions import evaluated, interpolated
from tests.lab.github import TOKEN


@dataclass
class Ran:
    """What a run of the action left."""

    failed: bool = False
    outputs: dict[str, str] = field(default_factory=dict)
    steps: dict[str, dict[str, str]] = field(default_factory=dict)
    used: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    summary: str = ""
    said: str = ""
    codes: dict[str, int] = field(default_factory=dict)


def run(action, inputs, env, *, folder, workspace, path):
    """Run `action`, a document, in `env`; `path` is the checkout that it is in."""
    known = {
        name: interpolated(str(one.get("default", "")), _context({}, {})) for name, one in action["inputs"].items()
    }
    assert set(inputs) <= set(known)
    ran = Ran()
    context = _context(known | inputs, ran.steps)
    for step in action["runs"]["steps"]:
        context["failed"] = ran.failed
        condition = str(step.get("if", "success()"))
        wanted = evaluated(re.sub(r"^\$\{\{(.*)\}\}$", r"\1", condition), context)
        if not wanted or (ran.failed and "always()" not in condition):
            continue
        if "uses" in step:
            ran.used.append((step["uses"], {k: interpolated(str(v), context) for k, v in step.get("with", {}).items()}))
            continue
        assert step["shell"] == "bash"
        files = {name: folder / f"{name}-{uuid4().hex}" for name in ("OUTPUT", "ENV", "PATH", "STEP_SUMMARY")}
        for file in files.values():
            file.touch()
        script = folder / f"{uuid4().hex}.sh"
        script.write_text(interpolated(step["run"], context))
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
            env=env
            | {f"GITHUB_{name}": str(file) for name, file in files.items()}
            | {"GITHUB_ACTION_PATH": str(path), "GITHUB_WORKSPACE": str(workspace)}
            | {name: interpolated(str(value), context) for name, value in step.get("env", {}).items()},
            cwd=workspace,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert not files["ENV"].read_text(), "nothing is left in the environment of later steps"
        assert not files["PATH"].read_text()
        ran.said += done.stdout
        ran.summary += files["STEP_SUMMARY"].read_text()
        ran.codes[step["name"]] = done.returncode
        ran.failed = ran.failed or done.returncode != 0
        if "id" in step:
            ran.steps[step["id"]] = {"outputs": told(files["OUTPUT"].read_text())}
    ran.outputs = {name: interpolated(one["value"], context) for name, one in action["outputs"].items()}
    return ran


def _context(inputs, steps):
    return {
        "inputs": inputs,
        "steps": steps,
        "runner": {"os": "Linux", "arch": "X64"},
        "github": {"token": TOKEN},
        "failed": False,
    }


def told(text):
    """The outputs in an environment file: `name=value`, or `name<<MARK`, lines, `MARK`."""
    found, lines = {}, iter(text.splitlines())
    for line in lines:
        name, equals, value = line.partition("=")
        if not equals or "<<" in name:
            name, _, mark = line.partition("<<")
            value = "\n".join(iter(lambda: next(lines), mark))
        found[name] = value
    return found


def stub_python(folder, real, record, *, env=None):
    """A Python whose environments are the one that the tests run in, and whose pip installs nothing but is recorded.

    `env` is set for what it runs.
    """
    inner, outer = folder / "inner-python", folder / "python"
    site = folder / "site"
    site.mkdir()
    inner.write_text(
        f"#!/bin/sh\n"
        f'case "$3" in *purelib*) echo "{site}"; exit 0;; esac\n'
        + "".join(f"export {name}='{value}'\n" for name, value in (env or {}).items())
        + f'exec "{real}" "$@"\n'
    )
    outer.write_text(
        f'#!/bin/sh\nif [ "$2 $3" = "-m pip" ]; then printf "%s\\n" "$@" >>"{record}"; exit 0; fi\n'
        f'if [ "$2 $3" = "-m venv" ]; then mkdir -p "$5/bin"; cp "{inner}" "$5/bin/python"; exit 0; fi\n'
        f'exec "{real}" "$@"\n'
    )
    for one in (inner, outer):
        one.chmod(0o755)
    return Path(outer), site


def commands(said):
    """What a runner would obey in what was said."""
    stopped, found = "", []
    for line in said.splitlines():
        if stopped:
            stopped = "" if line == f"::{stopped}::" else stopped
        elif line.startswith("::stop-commands::"):
            stopped = line.removeprefix("::stop-commands::")
        elif line.startswith("::"):
            found.append(line)
    return found
