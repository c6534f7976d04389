"""The action in a real workflow runner (act), for each event and mode: what is judged, signed and said."""

import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.action import runner
from tests.lab import act
from tests.lab.github import TOKEN
from tests.lab.sigstore import Sigstore, github_claims
from tests.lab.tools import ROOT

USED = sorted(set(re.findall(r"uses: (\S+/\S+@\S+)", (ROOT / "action.yml").read_text())))
GATE = "octo/gate@v1"
WORKFLOW = """
name: image
on: [push, pull_request, schedule, release, workflow_dispatch]
permissions: {{}}
jobs:
  gate:
    runs-on: ubuntu-latest
    permissions: {{contents: read, packages: write, security-events: write, id-token: write}}
    steps:
      - id: gate
        uses: octo/gate@v1
        with:
{inputs}
"""
SIGNED = {"push to main", "push of a tag", "release", "by hand"}
"""What the policy signs when nothing else is written."""
SAME = {"repo": {"full_name": "octo/app"}}
FORK = {"repo": {"full_name": "stranger/app"}}


def pull_request(head):
    return {"number": 7, "pull_request": {"number": 7, "head": head | {"ref": "topic"}, "base": SAME | {"ref": "main"}}}


EVENTS = {
    "push to main": ("push", "refs/heads/main", {"ref": "refs/heads/main"}),
    "push to a branch": ("push", "refs/heads/topic", {"ref": "refs/heads/topic"}),
    "push of a tag": ("push", "refs/tags/v1.0", {"ref": "refs/tags/v1.0"}),
    "pull request": ("pull_request", "refs/pull/7/merge", pull_request(SAME)),
    "pull request of a fork": ("pull_request", "refs/pull/7/merge", pull_request(FORK)),
    "schedule": ("schedule", "refs/heads/main", {"schedule": "0 3 * * *"}),
    "release": ("release", "refs/tags/v1.0", {"action": "published", "release": {"tag_name": "v1.0"}}),
    "by hand": ("workflow_dispatch", "refs/heads/main", {"inputs": {}}),
}


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    with Sigstore(tmp_path_factory.mktemp("services"), now=datetime.now(UTC)) as served:
        yield served


@pytest.fixture(scope="module")
def actions(tmp_path_factory):
    """The folders of the action, and of what it uses."""
    used = act.stand_ins(tmp_path_factory.mktemp("used"), USED)
    return used | {GATE: act.checkout(tmp_path_factory.mktemp("gate"))}


@pytest.fixture
def job(tmp_path, actions, services, github, trivy, cosign, fresh):
    """Run the action in a job for an event, named as in `EVENTS`."""
    python, _ = runner.stub_python(tmp_path, sys.executable, tmp_path / "pip.txt", env={"GITHUB_API_URL": github.api})
    places = [str(trivy.parent), str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    lab = {
        "tools": "path", "python": python, "trivy-cache": fresh, "offline": "true",
        "signing-config": services.signing_config(), "trusted-root": services.trusted_root,
    }  # fmt: skip

    def call(name, **inputs):
        event, ref, payload = EVENTS[name]
        lab_for = (
            lab
            if inputs.get("mode") != "verify"
            else {k: lab[k] for k in ("tools", "python", "offline", "trusted-root")}
        )
        given = lab_for | {key.replace("_", "-"): value for key, value in inputs.items()}
        lines = "\n".join(f"          {key}: '{value}'" for key, value in given.items())
        branch = ref.removeprefix("refs/heads/") if ref.startswith("refs/heads/") else "main"
        folder = act.repository(
            tmp_path / "app", {".github/workflows/image.yml": WORKFLOW.format(inputs=lines)}, branch=branch
        )
        claims = github_claims(event=event, ref=ref, workflow=".github/workflows/image.yml")
        signs = {name: value for name, value in services.actions_env(**claims).items() if name.startswith("ACTIONS_")}
        env = signs | {
            "PATH": os.pathsep.join(places), "GATE_COSIGN": str(cosign), "GITHUB_TOKEN": TOKEN,
            "GITHUB_WORKFLOW_REF": f"octo/app/.github/workflows/image.yml@{ref}",
        }  # fmt: skip
        jobs = act.run(event, folder, home=tmp_path / "home", actions=actions, payload=payload, env=env)
        print(jobs["gate"].log)
        return jobs["gate"]

    return call


@pytest.mark.parametrize("event", EVENTS)
def test_with_sign_an_event_is_judged_and_signed_where_the_policy_says(job, pushed, event):
    done = job(event, image=pushed["clean"], sign="true", upload="false")
    assert (done.result, done.outputs["gate"]["verdict"]) == ("success", "passed")
    assert "## ✅ Passed" in done.summary
    notices = [text for level, text in done.annotations if level == "notice"]
    if event in SIGNED:
        assert "🔏 signed" in done.summary
        assert not notices
    else:
        assert "🔓 not signed: " in done.summary
        assert "nothing will be signed" in notices[0]


@pytest.mark.parametrize("event", sorted(set(EVENTS) - SIGNED))
def test_with_strict_sign_an_event_that_is_not_signed_fails(job, pushed, event):
    done = job(event, image=pushed["clean"], sign="true", strict_sign="true", upload="false")
    assert (done.result, done.outputs["gate"]["verdict"]) == ("failure", "refused")
    assert "✅ Passed" not in done.summary
    assert any(level == "error" and "was not signed" in text for level, text in done.annotations)


@pytest.mark.parametrize("event", EVENTS)
def test_mode_sign_signs_or_fails_and_scans_for_a_fork(job, pushed, event):
    done = job(event, mode="sign", image=pushed["clean"], upload="false")
    verdict = done.outputs["gate"]["verdict"]
    errors = [text for level, text in done.annotations if level == "error"]
    if event in SIGNED:
        assert (done.result, verdict, errors) == ("success", "signed", [])
    elif event == "pull request of a fork":
        assert (done.result, verdict) == ("success", "passed")
        assert any("nothing was signed" in text for level, text in done.annotations if level == "warning")
    else:
        assert (done.result, verdict) == ("failure", "refused")
        assert any("the policy signs on" in text for text in errors)
        assert done.summary.startswith("## ❌")


@pytest.mark.parametrize("event", EVENTS)
def test_an_unsigned_image_is_unverified_on_every_event_and_the_job_says_why(job, pushed, event):
    done = job(
        event,
        mode="verify",
        image=pushed["multi"],
        repository="octo/app",
        workflow=".github/workflows/w.yml",
        ref="main",
    )
    assert (done.result, done.outputs["gate"]["verdict"]) == ("failure", "unverified")
    assert any("signature: " in text for level, text in done.annotations if level == "error")
    assert done.summary.startswith("## ❌ gate verify: unverified")


@pytest.mark.parametrize("mode", ["scan", "sign", "verify"])
def test_a_registry_that_cannot_be_reached_is_named_in_annotation_and_summary(job, mode):
    trust = {"repository": "octo/app", "workflow": ".github/workflows/w.yml", "ref": "main"} if mode == "verify" else {}
    done = job("push to main", mode=mode, image="127.0.0.1:1/octo/app:1", upload="false", **trust)
    assert (done.result, done.outputs["gate"]["verdict"]) == ("failure", "undecided")
    assert any("127.0.0.1:1" in text for level, text in done.annotations if level == "error")
    assert "127.0.0.1:1" in done.summary
    assert "✅" not in done.summary
