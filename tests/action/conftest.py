"""The action, run as a runner would, on real parts and the real clock."""

import json
import os
import sys
from pathlib import Path

import pytest

from gate.io.yaml_document import read
from tests.action import runner
from tests.lab import tools
from tests.lab.github import GitHub

ACTION = read((tools.ROOT / "action.yml").read_bytes(), "action.yml").value


@pytest.fixture
def github():
    with GitHub() as served:
        yield served


@pytest.fixture
def act(tmp_path, github, trivy, cosign, fresh):
    """Run the action in a job for a push; `env` is added to the variables of the job."""
    workspace, temporary, files = tmp_path / "workspace", tmp_path / "temp", tmp_path / "files"
    for folder in (workspace, temporary, files):
        folder.mkdir()
    record = tmp_path / "pip.txt"
    python, site = runner.stub_python(tmp_path, sys.executable, record)
    places = [str(trivy.parent), str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    job = github.env | {
        "HOME": str(tmp_path), "PATH": os.pathsep.join(places), "LANG": "C.UTF-8", "GATE_COSIGN": str(cosign),
        "RUNNER_TEMP": str(temporary), "RUNNER_OS": "Linux",
    }  # fmt: skip

    def call(*, env=None, lab=True, **inputs):
        given = {name.replace("_", "-"): str(value) for name, value in inputs.items()}
        if lab:
            given |= {"offline": "true"} | ({} if given.get("mode") == "verify" else {"trivy-cache": str(fresh)})
        return runner.run(
            ACTION, {"tools": "path", "python": str(python), **given}, job | (env or {}),
            folder=files, workspace=workspace, path=tools.ROOT,
        )  # fmt: skip

    call.workspace, call.temporary, call.record, call.site, call.job = workspace, temporary, record, site, job
    return call


@pytest.fixture
def fork(tmp_path):
    """The variables of a job for a pull request from a fork."""
    event = tmp_path / "event.json"
    head, base = {"repo": {"full_name": "stranger/app"}}, {"repo": {"full_name": "acme/app"}}
    event.write_text(json.dumps({"pull_request": {"head": head, "base": base}}))
    return {
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_REF": "refs/pull/7/merge",
    }


@pytest.fixture(scope="session")
def pushed(registry, layouts):
    """References of the sample images by digest, by name."""
    return {
        name: f"{registry.host}/action/{name}@{registry.push(layouts, name, f'action/{name}:1')}"
        for name in ("single", "clean", "multi")
    }
