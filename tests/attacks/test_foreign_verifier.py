"""A verification summary by another tool, signed by a trusted identity, is no verdict: neither PASSED nor FAILED."""

import json
from datetime import timedelta

import pytest

from gate.model.evidence import CYCLONEDX, VERDICT
from tests.builders import NOW
from tests.lab.referrers import MemoryRegistry
from tests.lab.sigstore import github_claims, workflow_uri
from tests.pipeline.evidence.conftest import gate, place_of, verify, workshop
from tests.pipeline.evidence.staging import BILL, verdict

__all__ = ["gate", "verify", "workshop"]

OTHER = "https://example.org/other-verifier"
ALIKE = ("pkg:pypi/ghcr-gate@1.0", "PKG:pypi/ghcr-gate", " pkg:pypi/ghcr-gate", "pkg:pypi/ghcr-gate/", "pkg:pypi/ghcr")
IDENTITY = "{repository: octo/app, workflow: .github/workflows/release.yml, refs: [main]}"


@pytest.fixture
def image(layouts, request):
    """A registry, a repository of the test's own in it, and the digest of the clean sample there."""
    asked = request.node.callspec.params if hasattr(request.node, "callspec") else {}
    with MemoryRegistry(referrers=asked.get("referrers", True)) as registry:
        place = place_of(request)
        digest = registry.push(layouts, "clean", f"{place}:1")
        yield f"{registry.host}/{place}", digest


@pytest.fixture
def trusting(gate, verify):
    """Verify under a policy that takes verdicts of any policy, and summaries by `verifiers`."""

    def call(name, *, verifiers=()):
        policy = f"trust: {{identities: [{IDENTITY}], policies: any, verifiers: {json.dumps(list(verifiers))}}}\n"
        (gate.folder / "gate.yaml").write_text(policy)
        return verify(f"{name}:1", trust=())

    return call


@pytest.fixture
def evidence(workshop, image):
    """Sign the image and attach an SBOM, then summaries: `(verifier, at)`, failed where it says so."""
    name, digest = image
    release = workshop()
    release.sign(f"{name}@{digest}")
    release.attest(f"{name}@{digest}", CYCLONEDX, BILL)

    def attach(*, verifier=None, ago=0, failed=False, **options):
        document = verdict(digest, at=NOW - timedelta(hours=ago), failed=failed)
        if verifier is not None:
            document["verifier"] = {"id": verifier} if isinstance(verifier, str) else verifier["verifier"]
        release.attest(f"{name}@{digest}", VERDICT, document, **options)

    return attach


@pytest.mark.parametrize("options", [{}, {"legacy": True}], ids=["bundle", "legacy"])
@pytest.mark.parametrize("referrers", [True, False])
def test_another_tools_passed_is_no_verdict_whatever_policies_are_taken(evidence, trusting, image, options, referrers):
    evidence(verifier=OTHER, **options)
    said = trusting(image[0])
    assert said.code == 11, said.words
    row = said.row("verdict")
    assert row["state"] == "missing"
    assert OTHER in row["why"]
    assert "trust.verifiers" in row["hint"]


@pytest.mark.parametrize("verifier", ALIKE)
def test_an_id_that_looks_like_gates_is_not_gates(evidence, trusting, image, verifier):
    evidence(verifier=verifier)
    said = trusting(image[0])
    assert (said.code, said.state("verdict")) == (11, "missing")


def test_another_tools_newer_passed_does_not_beat_gates_refusal(evidence, trusting, image):
    evidence(ago=2, failed=True)
    evidence(verifier=OTHER)
    said = trusting(image[0])
    assert (said.code, said.state("verdict")) == (11, "refused")


def test_another_tools_failed_refuses_nothing_and_hides_nothing(evidence, trusting, image):
    evidence(ago=2)
    evidence(verifier=OTHER, failed=True)
    said = trusting(image[0])
    assert (said.code, said.state("verdict")) == (0, "good"), said.words


def test_a_verifier_that_the_policy_names_counts_both_ways(evidence, trusting, image):
    evidence(verifier=OTHER, ago=2)
    assert trusting(image[0], verifiers=[OTHER]).code == 0
    assert trusting(image[0], verifiers=["https://example.org/a-third"]).code == 11
    evidence(verifier=OTHER, ago=1, failed=True)
    said = trusting(image[0], verifiers=[OTHER])
    assert (said.code, said.state("verdict")) == (11, "refused")


@pytest.mark.parametrize(
    "verifier", [None, {}, {"id": ""}, {"id": None}, {"id": ["pkg:pypi/ghcr-gate"]}, "pkg:pypi/ghcr-gate", []]
)
def test_a_summary_that_names_no_verifier_is_not_passed_over(evidence, trusting, image, verifier):
    evidence(ago=2)
    evidence(verifier={"verifier": verifier}, failed=True)
    said = trusting(image[0])
    assert (said.code, said.state("verdict")) == (11, "mismatched")


def test_gate_inspect_does_not_call_it_a_verdict(evidence, gate, image):
    evidence(verifier=OTHER, failed=True)
    said = gate("inspect", f"{image[0]}:1", "--json")
    assert said.code == 0, said.words
    found = json.loads(said.out)["evidence"]
    kinds = [one["kind"] for one in found]
    assert f"verification summary by {OTHER}" in kinds
    assert "verdict" not in kinds


def test_another_tools_summary_does_not_stand_in_for_the_verdict_that_is_to_be_signed(
    gate, verify, workshop, sigstore, database, trivy, image
):
    """What it says is what gate would say: only the verifier is another."""
    name, digest = image
    services = ["--signing-config", sigstore.signing_config(), "--trusted-root", sigstore.trusted_root]
    options = [*services, "--offline", "--trivy-cache", database, "--attach", "verdict", "--json=answers.json"]
    job = sigstore.actions_env(**github_claims())
    assert gate("sign", f"{name}:1", *options, env=job).code == 0
    [mine] = workshop().program.statements(f"{name}@{digest}", VERDICT, workflow_uri(github_claims()))
    later = {**mine["predicate"], "verifier": {"id": OTHER}, "verificationResult": "FAILED"}
    workshop().attest(f"{name}@{digest}", VERDICT, later)
    again = gate("sign", f"{name}:1", *options, env=job)
    assert again.code == 0, again.words
    assert {step["state"] for step in again.results[0]["steps"]} == {"there already"}
    assert verify(f"{name}:1", "--require", "verdict", "--accept-policy", "any").code == 0


@pytest.mark.parametrize("target", ["kyverno", "policy-controller", "ratify", "connaisseur"])
def test_an_export_asks_for_the_verifier_or_says_that_it_does_not(gate, target):
    policy = f"trust: {{identities: [{IDENTITY}], policies: any, verifiers: [{json.dumps(OTHER)}]}}\n"
    (gate.folder / "gate.yaml").write_text(policy)
    said = gate("policy", "export", "--to", target, "--image", "ghcr.io/octo/app")
    assert said.code == 0, said.words
    head = "\n".join(line for line in said.out.splitlines() if line.startswith("#"))
    body = said.out.replace(head, "")
    if target in {"kyverno", "policy-controller"}:
        assert "verifier.id in" in body
        assert OTHER in body
        assert "pkg:pypi/ghcr-gate" in body
    else:
        assert "the tool that made it" in head.replace("\n#   ", " ")
