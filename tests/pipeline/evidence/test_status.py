"""`gate status` on evidence that is there: told as present, and proven only for whom the policy trusts."""

import json
from datetime import timedelta

import pytest

from gate.model.evidence import VERDICT
from tests.builders import NOW
from tests.lab.owner import Owner
from tests.lab.referrers import MemoryRegistry
from tests.pipeline.evidence.conftest import place_of
from tests.pipeline.evidence.staging import POLICY, attach, verdict

RELEASE = "octo/app/.github/workflows/release.yml@refs/heads/main"
TRUST = f"""
version: 1
trust:
  identities:
    - {{repository: octo/app, workflow: .github/workflows/release.yml, refs: [main]}}
  require: [signature, verdict]
  policies: [{POLICY}]
"""


@pytest.fixture
def registry_of_owner():
    with MemoryRegistry() as served:
        yield served


@pytest.fixture
def status(gate, registry_of_owner, layouts, sigstore):
    """Ask for the packages of octo; what is told of `app` is in `.told`."""
    host = registry_of_owner.host
    with Owner(registry_of_owner) as owner:
        owner.add("app", ages={"1": 1})

        def call(*args, policy="version: 1\n", env=None):
            (gate.folder / "gate.yaml").write_text(policy)
            root = ("--trusted-root", sigstore.trusted_root)
            args = ("status", "octo", "--registry", host, *root, "--json=status.json", *args)
            said = gate(*args, env={**owner.env, **(env or {})})
            every = json.loads((gate.folder / "status.json").read_text())["packages"]
            said.every = {one["name"].rpartition("/")[2]: one for one in every}
            said.told = said.every["app"]
            return said

        call.owner = owner
        call.image = f"{host}/octo/app"
        call.digest = registry_of_owner.push(layouts, "single", "octo/app:1")
        yield call


def test_evidence_that_nobody_was_asked_to_prove_is_present_and_not_verified(status, workshop):
    attach(workshop(), status.image, status.digest)
    said = status()
    assert said.code == 0, said.words
    for kind in ("signed", "verdict"):
        assert said.told[kind]["state"] == "present, not verified"
    assert said.told["verdict"]["passed"] is True
    assert RELEASE in said.told["signed"]["why"]
    assert "claimed" in said.told["signed"]["why"]


def test_evidence_by_whom_the_policy_trusts_is_verified(status, workshop):
    attach(workshop(), status.image, status.digest)
    said = status(policy=TRUST)
    assert said.code == 0, said.words
    assert said.told["signed"]["state"] == said.told["verdict"]["state"] == "verified"
    assert said.told["verdict"]["passed"] is True


def test_a_real_registry_tells_the_same(gate, registry, registry_of_owner, layouts, sigstore, workshop, request):
    place = place_of(request)
    digest = registry.push(layouts, "multi", f"{place}:1")
    attach(workshop(), f"{registry.host}/{place}", digest, platforms=platforms(layouts))
    (gate.folder / "gate.yaml").write_text(TRUST)
    root = ("--trusted-root", sigstore.trusted_root)
    with Owner(registry_of_owner) as owner:
        owner.add(place.partition("/")[2], versions={digest: ("1",)})
        said = gate("status", "octo", "--registry", registry.host, *root, "--json=status.json", env=owner.env)
    assert said.code == 0, said.words
    [told] = json.loads((gate.folder / "status.json").read_text())["packages"]
    assert [one["platform"] for one in told["platforms"]] == ["linux/amd64", "linux/arm64/v8"]
    assert told["signed"]["state"] == told["verdict"]["state"] == "verified"
    assert told["verdict"]["passed"] is True


def platforms(layouts):
    """Digests of the images in `multi`, without the attestations in it."""
    index = layouts.document(layouts.tagged("multi")["digest"])
    return [one["digest"] for one in index["manifests"] if one["platform"]["os"] != "unknown"]


def test_evidence_by_somebody_else_is_not_verified_and_that_is_an_answer(status, workshop):
    attach(workshop(repository="evil/app"), status.image, status.digest)
    said = status(policy=TRUST)
    assert said.code == 0, said.words
    assert said.told["signed"]["state"] == said.told["verdict"]["state"] == "not verified"
    assert said.told["verdict"]["passed"] is None


@pytest.mark.parametrize("policy", ["version: 1\n", TRUST])
def test_the_last_verdict_is_told_and_not_the_best(status, workshop, policy):
    one = workshop()
    attach(one, status.image, status.digest, at=NOW - timedelta(hours=2))
    attach(one, status.image, status.digest, signed=False, at=NOW, failed=True)
    said = status(policy=policy)
    assert said.told["verdict"]["passed"] is False
    assert "FAILED" in said.words


@pytest.mark.parametrize("policy", ["version: 1\n", TRUST])
def test_another_tools_summary_is_no_verdict(status, workshop, policy):
    one = workshop()
    other = {**verdict(status.digest, failed=True), "verifier": {"id": "https://example.org/other"}}
    one.attest(f"{status.image}@{status.digest}", VERDICT, other)
    assert status(policy=policy).told["verdict"]["state"] == "none"
    attach(one, status.image, status.digest, at=NOW - timedelta(hours=2))
    assert status(policy=policy).told["verdict"]["passed"] is True


def test_without_cosign_nothing_is_said_to_be_verified_or_unsigned(status, workshop):
    attach(workshop(), status.image, status.digest)
    said = status(policy=TRUST, env={"GATE_COSIGN": "/nowhere/cosign"})
    assert said.code == 6
    assert said.told["signed"]["state"] == said.told["verdict"]["state"] == "unknown"


def test_without_cosign_what_nobody_signed_is_unsigned_all_the_same(status, workshop, registry_of_owner, layouts):
    attach(workshop(), status.image, status.digest)
    registry_of_owner.push(layouts, "clean", "octo/plain:1")
    status.owner.add("plain")
    said = status(policy=TRUST, env={"GATE_COSIGN": "/nowhere/cosign"})
    assert said.told["signed"]["state"] == "unknown"
    assert said.every["plain"]["signed"]["state"] == said.every["plain"]["verdict"]["state"] == "none"


@pytest.mark.parametrize("policy", ["version: 1\n", TRUST])
def test_a_verdict_is_not_the_last_when_a_newer_one_may_be_hidden(status, workshop, registry_of_owner, policy):
    attach(workshop(), status.image, status.digest)
    hidden = registry_of_owner.attach("octo/app", status.digest, b"{}")
    registry_of_owner.fault("GET", f"/v2/octo/app/manifests/{hidden}", status=403, times=99)
    said = status(policy=policy)
    assert said.code == 6
    assert said.told["verdict"]["state"] == "unknown"
    assert said.told["verdict"]["passed"] is None
    assert said.told["signed"]["state"] in {"present, not verified", "verified"}


def test_what_nobody_signed_is_unsigned_for_every_policy(status):
    for policy in ("version: 1\n", TRUST):
        assert status(policy=policy).told["signed"]["state"] == "none"


def test_evidence_about_another_image_counts_for_nothing(status, workshop, registry_of_owner, layouts):
    other = registry_of_owner.push(layouts, "clean", "octo/other:1")
    attach(workshop(), f"{status.image.rpartition('/')[0]}/other", other)
    held = registry_of_owner.repository("octo/other")
    registry_of_owner.repository("octo/app").blobs.update(held.blobs)
    for content in registry_of_owner.bundles("octo/other", other):
        registry_of_owner.attach("octo/app", status.digest, content)
    said = status()
    assert said.told["signed"]["state"] == said.told["verdict"]["state"] == "none"
