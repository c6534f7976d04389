"""The workflows of `gate init` in a real workflow runner (act): which tags an image gets, and what is signed."""

import json
import os
import re
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path

import pytest

from gate.maintenance.scaffold.pins import pins
from tests.action import runner
from tests.action.test_events import EVENTS, FORK, SAME, USED, pull_request
from tests.lab import act, docker
from tests.lab.github import TOKEN
from tests.lab.sigstore import Sigstore, github_claims
from tests.lab.tools import ROOT

GATE = "octo/gate@0123456789abcdef0123456789abcdef01234567"
PUSHED = {
    "main": ("push", "refs/heads/main", {"latest", "main", "main-{sha}"}),
    "develop": ("push", "refs/heads/develop", {"develop", "develop-{sha}"}),
    "feature": ("push", "refs/heads/feature/x", {"feature-x", "feature-x-{sha}"}),
    "release": ("push", "refs/tags/v1.2.3", {"1.2.3", "1.2", "1", "latest"}),
}
SIGNED = {"main", "release"}


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    with Sigstore(tmp_path_factory.mktemp("services"), now=datetime.now(UTC)) as served:
        yield served


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """The folder of the program `docker`."""
    return tmp_path_factory.mktemp("programs")


@pytest.fixture(scope="module")
def actions(tmp_path_factory, programs):
    """The folders of all actions that the workflows use."""
    used = {*USED, *(f"{name}@{pin.commit}" for name, pin in pins().items())}
    folders = act.stand_ins(tmp_path_factory.mktemp("used"), sorted(used))
    [build] = [folder for name, folder in folders.items() if name.startswith("docker/build-push-action@")]
    docker.install(programs, build)
    return folders | {GATE: act.checkout(tmp_path_factory.mktemp("gate"))}


@pytest.fixture
def workflow(tmp_path, actions, services, programs, github, trivy, cosign, fresh, registry, layouts):
    """Run the generated workflow `name` for an event of a repository with these files.

    Its jobs by their names, and the commit.
    """
    python, _ = runner.stub_python(tmp_path, sys.executable, tmp_path / "pip.txt", env={"GITHUB_API_URL": github.api})
    places = [str(programs), str(trivy.parent), str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    scans = {
        "tools": "path", "python": python, "trivy-cache": fresh, "offline": "true", "upload": "false",
        "signing-config": services.signing_config(), "trusted-root": services.trusted_root,
    }  # fmt: skip
    verifies = {name: scans[name] for name in ("tools", "python", "offline", "trusted-root")}

    def call(event, ref, payload, *options, name="image", files=None, built="clean"):
        branch = ref.removeprefix("refs/heads/") if ref.startswith("refs/heads/") else "main"
        folder = act.repository(tmp_path / name, {"Dockerfile": "FROM scratch\n", **(files or {})}, branch=branch)
        words = ["init", "--action", GATE, "--branch", "main", *options]
        environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, "-m", "gate", *words], cwd=folder, env=environment, check=True)
        path = folder / f".github/workflows/{name}.yml"
        text = path.read_text()
        # What the lab needs is given to the steps that scan, verify and name tags; nothing else is changed.
        text = _added(text, r" {10}dockerfile: .*\n", scans)
        text = _added(text, r" {10}mode: verify\n", verifies)
        text = _added(text, r" {10}mode: tags\n", {"python": python})
        for other in path.parent.iterdir():
            other.unlink()
        path.write_text(text)
        claims = github_claims(event=event, ref=ref, workflow=f".github/workflows/{name}.yml")
        signs = {key: value for key, value in services.actions_env(**claims).items() if key.startswith("ACTIONS_")}
        env = signs | {
            "PATH": os.pathsep.join(places), "GATE_COSIGN": str(cosign), "GITHUB_TOKEN": TOKEN,
            "GITHUB_WORKFLOW_REF": f"octo/app/.github/workflows/{name}.yml@{ref}",
            "LAB_LAYOUT": str(layouts.folder), "LAB_IMAGE": built,
        }  # fmt: skip
        payload = {"repository": {"full_name": "octo/app", "default_branch": "main"}, **payload}
        jobs = act.run(event, folder, home=tmp_path / "home", actions=actions, payload=payload, env=env)
        for job in jobs.values():
            print(job.log)
        head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, check=True)
        return jobs, head.stdout.strip()

    return call


def _added(text, after, inputs):
    lines = "".join(f"          {key}: '{value}'\n" for key, value in inputs.items())
    return re.sub(rf"(?m)^{after}", lambda found: found[0] + lines, text)


@pytest.fixture
def image(registry, request):
    """An image name of the test's own."""
    return f"{registry.host}/octo/app-{sha256(request.node.name.encode()).hexdigest()[:12]}"


def tags(image):
    """The tags of an image; None when there is no such repository."""
    host, _, repository = image.partition("/")
    with closing(HTTPConnection(host, timeout=30)) as connection:
        connection.request("GET", f"/v2/{repository}/tags/list")
        answer = connection.getresponse()
        document = json.loads(answer.read())
    return set(document["tags"] or ()) if answer.status == 200 else None


def results(jobs):
    return {name: job.result for name, job in jobs.items() if job.result}


@pytest.mark.parametrize("which", PUSHED)
def test_a_push_gets_the_tags_of_the_table_and_is_signed_where_the_policy_says(workflow, image, which):
    event, ref, expected = PUSHED[which]
    jobs, commit = workflow(event, ref, {"ref": ref}, "--image", image)
    assert results(jobs) == {"build": "success", "gate": "success", "tag": "success"}
    found = tags(image)
    evidence = {tag for tag in found if tag.startswith("sha256-")}
    assert found - evidence == {tag.format(sha=commit[:7]) for tag in expected}
    assert bool(evidence) == (which in SIGNED)
    assert ("🔏 signed" in jobs["gate"].summary) == (which in SIGNED)
    assert ("🔓 not signed" in jobs["gate"].summary) == (which not in SIGNED)


def test_what_is_refused_gets_no_tag(workflow, image):
    jobs, _ = workflow(*EVENTS["push to main"], "--image", image, built="single")
    assert results(jobs) == {"build": "success", "gate": "failure"}
    assert not tags(image)


@pytest.mark.parametrize(
    ("head", "options", "found"),
    [(SAME, (), None), (SAME, ("--push-pull-requests",), {"pr-7"}), (FORK, ("--push-pull-requests",), None)],
)
def test_a_pull_request_is_pushed_only_when_asked_and_never_of_a_fork(workflow, image, head, options, found):
    jobs, _ = workflow("pull_request", "refs/pull/7/merge", pull_request(head), "--image", image, *options)
    judged = {"judge": "success"} if found is None else {"build": "success", "gate": "success", "tag": "success"}
    assert results(jobs) == judged
    assert tags(image) == found


def test_each_image_of_a_matrix_is_judged_and_tagged_by_itself(workflow, image):
    files = {"api/Dockerfile": "FROM scratch\n", "web/Dockerfile": "FROM scratch\n"}
    names = [f"{image}-{name}" for name in ("api", "web")]
    words = [word for name in ("api", "web") for word in ("--dockerfile", f"{name}/Dockerfile")]
    words += [word for name in names for word in ("--image", name)]
    jobs, _ = workflow(*EVENTS["push to a branch"], *words, files=files)
    assert results(jobs) == {"image": "success"}
    for name in names:
        assert "topic" in tags(name)


MANIFEST = "apiVersion: v1\nkind: Pod\nmetadata: {{name: app}}\nspec:\n  containers:\n    - image: {image}:latest\n"


def kubectl(programs, folder):
    """A program that keeps what is applied; the file that it keeps."""
    applied, program = folder / "applied.yaml", programs / "kubectl"
    program.write_text(f'#!/bin/sh\ncp "$5" "{applied}"\n')
    program.chmod(0o755)
    return applied


def test_only_what_is_verified_is_deployed(workflow, image, registry, layouts, programs, tmp_path):
    applied = kubectl(programs, tmp_path)
    registry.push(layouts, "clean", f"{image.partition('/')[2]}:latest")
    files = {"deploy/app.yaml": MANIFEST.format(image=image)}
    jobs, _ = workflow(*EVENTS["by hand"], "--image", image, name="deploy", files=files)
    assert results(jobs) == {"deploy": "failure"}
    assert "unverified" in jobs["deploy"].summary
    assert not applied.exists()


def test_what_was_signed_is_verified_pinned_and_deployed(workflow, image, programs, tmp_path):
    applied = kubectl(programs, tmp_path)
    workflow(*EVENTS["push to main"], "--image", image)
    files = {"deploy/app.yaml": MANIFEST.format(image=image)}
    jobs, _ = workflow(*EVENTS["by hand"], "--image", image, name="deploy", files=files)
    assert results(jobs) == {"deploy": "success"}
    assert re.search(rf"image: {re.escape(image)}\S*@sha256:[0-9a-f]{{64}}", applied.read_text())
