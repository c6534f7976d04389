"""act, a runner of GitHub workflows: runs one on this machine, without Docker, every action it uses from a folder."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.lab import tools

PARTS = ("action.yml", "action", "gate", "schemas")
"""What the action needs of the checkout that it is in."""
_STAND_IN = """name: stand-in
description: Does nothing.
inputs: {path: {}, key: {}, restore-keys: {}, sarif_file: {}, token: {}}
runs: {using: composite, steps: [{shell: bash, run: 'true'}]}
"""
_LIMIT = 300
"""Seconds that a workflow may take."""


def program() -> Path:
    """The runner, from its wheel; the test ends where there is none."""
    return tools.need(tools.find("act"), "act")


@dataclass
class Job:
    """What became of a job."""

    result: str = ""
    """`success` or `failure`."""
    steps: dict[str, str] = field(default_factory=dict)
    """Result of each step by its id; of a step in a composite action `outer/inner`."""
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    """Outputs of each step, likewise."""
    annotations: list[tuple[str, str]] = field(default_factory=list)
    """Level (`error`, `warning`, `notice`) and text."""
    summary: str = ""
    log: str = ""


def checkout(folder: Path) -> Path:
    """Copy the parts of this project that the action needs; act copies the folder for each job."""
    for name in PARTS:
        source, target = tools.ROOT / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return folder


def stand_ins(folder: Path, used: Iterable[str]) -> dict[str, Path]:
    """Make actions that do nothing, for `owner/name/path@ref` each; by `owner/name@ref`."""
    places = {}
    for action in used:
        name, _, ref = action.partition("@")
        owner, repository, *path = name.split("/")
        place = places[f"{owner}/{repository}@{ref}"] = folder / owner / repository
        inner = place.joinpath(*path)
        inner.mkdir(parents=True, exist_ok=True)
        (inner / "action.yml").write_text(_STAND_IN)
    return places


def repository(folder: Path, files: Mapping[str, str], *, branch: str = "main") -> Path:
    """A git repository octo/app on `branch` with these files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for words in (
        ["init", "-q", "-b", branch],
        ["remote", "add", "origin", "https://github.com/octo/app.git"],
        ["add", "-A"],
        ["-c", "user.name=octo", "-c", "user.email=octo@example.org", "commit", "-q", "-m", "Begin"],
    ):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


def run(
    event: str,
    folder: Path,
    *,
    home: Path,
    actions: Mapping[str, Path],
    payload: Mapping[str, Any],
    env: Mapping[str, str],
) -> dict[str, Job]:
    """Run the workflows of the repository in `folder` for an event; the jobs by their names.

    `actions` are the folders of `owner/name@ref`. Nothing is fetched: an action that is not among them ends the run.
    """
    home.mkdir(exist_ok=True)
    document = home / "event.json"
    document.write_text(json.dumps(payload))
    words = [str(program()), event, "--json", "--eventpath", str(document)]
    words += ["--platform", "ubuntu-latest=-self-hosted", "--action-offline-mode", "--no-cache-server"]
    words += ["--pull=false", "--use-new-action-cache", "--defaultbranch", "main"]
    words += ["--secret", f"GITHUB_TOKEN={env['GITHUB_TOKEN']}"]
    for name, place in actions.items():
        words += ["--local-repository", f"{name}={place}"]
    for name, value in env.items():
        words += ["--env", f"{name}={value}"]
    own = {"HOME": str(home), "PATH": env.get("PATH", os.defpath), "LANG": "C.UTF-8"}
    done = subprocess.run(
        words, cwd=folder, env=own, stdin=subprocess.DEVNULL, capture_output=True, timeout=_LIMIT, check=False
    )
    return _jobs(done.stdout.decode() + done.stderr.decode())


def _jobs(log: str) -> dict[str, Job]:
    jobs: dict[str, Job] = {}
    for line in log.splitlines():
        entry = json.loads(line) if line.startswith("{") else {"msg": line}
        job = jobs.setdefault(entry.get("jobID", ""), Job())
        job.log += entry.get("msg", "").rstrip("\n") + "\n"
        step = "/".join(entry.get("stepID", ()))
        match entry.get("command"):
            case "set-output":
                job.outputs.setdefault(step, {})[entry["name"]] = entry["arg"]
            case "summary":
                job.summary += entry["content"]
            case "error" | "warning" | "notice" as level:
                job.annotations.append((level, entry["arg"]))
        if step and "stepResult" in entry and entry.get("stage") == "Main":
            job.steps[step] = entry["stepResult"]
        if "jobResult" in entry:
            job.result = entry["jobResult"]
    return jobs
