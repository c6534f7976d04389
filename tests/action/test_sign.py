"""Signing and verifying through the action: real cosign, a private Sigstore that has the real time."""

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from tests.lab.sigstore import Sigstore, github_claims

TRUST = {"repository": "octo/app", "workflow": ".github/workflows/release.yml", "ref": "main"}


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    with Sigstore(tmp_path_factory.mktemp("services"), now=datetime.now(UTC)) as served:
        yield served


@pytest.fixture
def signs(act, services, github):
    """Run the action as the release workflow of octo/app does."""
    lab = {"signing_config": services.signing_config(), "trusted_root": services.trusted_root}

    def call(**inputs):
        job = services.actions_env(**github_claims()) | {"GITHUB_API_URL": github.api}
        return act(env=job, **lab, **inputs)

    return call


@pytest.fixture
def clean(registry, layouts, request):
    place = f"action/{request.node.name.replace('_', '-')[:60]}"
    return f"{registry.host}/{place}@{registry.push(layouts, 'clean', f'{place}:1')}"


def test_what_passes_is_signed_and_verified_afterwards(act, signs, services, clean):
    root = {"trusted_root": services.trusted_root}
    before = act(mode="verify", image=clean, **TRUST, **root)
    assert (before.codes["Decide"], before.outputs["verdict"]) == (11, "unverified"), before.said
    assert "missing" in before.summary

    ran = signs(image=clean, sign="true", upload="false")
    assert not ran.failed, ran.said
    assert ran.outputs["verdict"] == "passed"
    assert "🔏 signed" in ran.summary  # with what lies beside it, which the documents of a scan do not tell

    (act.workspace / "deploy.yaml").write_text(
        f"apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: app\n      image: {clean}\n"
    )
    after = act(mode="verify", file="deploy.yaml", **TRUST, **root)
    assert not after.failed, after.said
    assert after.outputs["verdict"] == "verified"
    assert after.outputs["digest"] == clean.rpartition("@")[2]
    assert "✅" in after.summary
    assert after.outputs["sarif"] == after.outputs["critical"] == ""


def test_a_verdict_of_the_scan_is_signed_under_by_another_job(act, signs, clean):
    scanned = act(image=clean, upload="false")
    assert not scanned.failed, scanned.said
    verdict, digest = Path(scanned.outputs["json"]), scanned.outputs["verdict-sha256"]
    assert sha256(verdict.read_bytes()).hexdigest() == digest
    given = {"mode": "sign", "image": clean, "verdict": verdict, "sbom": scanned.outputs["sbom"]}
    ran = signs(**given, verdict_sha256=digest)
    assert not ran.failed, ran.said
    assert ran.outputs["verdict"] == "signed"
    assert "not bound" not in ran.said
    assert clean.rpartition("@")[2] in ran.summary

    assert "not bound" in signs(**given).said
    verdict.write_bytes(verdict.read_bytes() + b"\n")
    ran = signs(**given, verdict_sha256=digest)
    assert (ran.codes["Decide"], ran.outputs["verdict"]) == (3, "undecided")


def test_a_refused_image_is_not_signed(signs, pushed):
    ran = signs(mode="sign", image=pushed["single"])
    assert (ran.codes["Decide"], ran.outputs["verdict"]) == (10, "refused")
    assert "❌" in ran.summary


def test_a_forks_sign_is_a_scan(act, fork, layouts):
    ran = act(mode="sign", image=f"oci:{layouts.folder}:clean", patience="1", env=fork)
    assert not ran.failed, ran.said
    assert ran.outputs["verdict"] == "passed"
    assert "nothing was signed" in ran.said
