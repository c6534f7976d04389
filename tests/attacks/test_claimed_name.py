"""A layout of somebody else's says that it is our image, to replace our alerts or to be signed as ours."""

import json

import pytest

from tests.cli.test_image_names import CONTAINERD, annotate, categories, twin
from tests.lab.cosign import PASSWORD
from tests.lab.oci import NAME

__all__ = ["twin"]
OURS = "ghcr.io/acme/app"


def test_a_claimed_name_is_told_in_the_log_the_sarif_file_and_the_verdict(scan, twin):
    annotate(twin, app={CONTAINERD: f"{OURS}:1"})
    for quiet in ([], ["-q"]):
        said = scan("oci:twin:app", *quiet, "--sarif", "a.sarif")
        assert f"SARIF calls this image {OURS}:1" in " ".join((said.out + said.err).split())
    (run,) = said.json("a.sarif")["runs"]
    notes = [note["message"]["text"] for note in run["invocations"][0]["toolExecutionNotifications"]]
    assert any(OURS in note and "unproven" in note for note in notes)
    assert {notice["kind"] for notice in said.verdict["notices"]} >= {"name"}
    assert said.verdict["subject"]["local"] is True


def test_a_claimed_name_does_not_take_the_category_of_the_image_in_one_call_with_it(scan, registry, twin):
    registry.push(twin, "db", "claimed/app:1")
    ours = f"{registry.host}/claimed/app:1"
    annotate(twin, app={CONTAINERD: f"{registry.host}/claimed/app:1"})
    both = categories(scan(ours, "oci:twin:app", "-q", "--sarif", "a.sarif"))
    assert both == categories(scan("oci:twin:app", ours, "-q", "--sarif", "a.sarif"))
    assert len(set(both.values())) == 2


@pytest.mark.parametrize(
    "claim",
    ["app:1", "acme/app", "1.2", "../../acme/app", "ghcr.io/ACME/app", "ghcr.io/acme/app\n::error::x", "\x1b[31m"],
)
@pytest.mark.parametrize("key", [CONTAINERD, NAME])
def test_a_claim_that_is_no_full_reference_is_not_taken(scan, twin, key, claim):
    digest = twin.tagged("app")["digest"]
    annotate(twin, app={key: claim})
    said = scan(f"oci:twin@{digest}", "-q", "--sarif", "a.sarif")
    assert categories(said) == {digest: "gate/twin/"}
    assert said.verdict["subject"]["reported_as"] == ""
    assert "\x1b" not in said.err
    assert "::error::" not in said.err


def test_contradicting_claims_are_not_taken_and_it_is_said(scan, twin):
    annotate(twin, app={CONTAINERD: f"{OURS}:1", NAME: "ghcr.io/acme/web:1"})
    said = scan(f"oci:twin@{twin.tagged('app')['digest']}", "-q", "--sarif", "a.sarif")
    assert set(categories(said).values()) == {"gate/twin/"}
    assert "names itself in several ways" in said.err


@pytest.mark.parametrize("by", ["annotation", "option"])
def test_a_claimed_name_is_not_signed(scan, twin, cosign, signing_key, by):
    annotate(twin, app={CONTAINERD: f"{OURS}:1"})
    name = ["--name", OURS] if by == "option" else []
    env = {"GATE_COSIGN": str(cosign), "COSIGN_PASSWORD": PASSWORD}
    (scan.folder / "gate.yaml").write_text("version: 1\nfail_on: {severity: none, secrets: high, end_of_life: false}\n")
    said = scan("oci:twin:app", "--sign", "--local", "--key", signing_key.private, *name, env=env)
    assert said.verdict["passed"]
    assert said.code == 3
    assert "push it" in said.err


@pytest.mark.parametrize("by", ["annotation", "option"])
def test_vex_about_the_claimed_image_excuses_nothing(scan, twin, by):
    annotate(twin, app={CONTAINERD: f"{OURS}:1"})
    name = ["--name", OURS] if by == "option" else []
    product = {"@id": f"pkg:oci/app?repository_url={OURS}"}
    document = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://example.org/vex",
        "author": "team",
        "timestamp": "2026-05-01T00:00:00Z",
        "version": 1,
        "statements": [
            {
                "vulnerability": {"name": "CVE-2023-38545"},
                "products": [product],
                "status": "not_affected",
                "justification": "vulnerable_code_not_present",
            }
        ],
    }
    (scan.folder / "vex.json").write_text(json.dumps(document))
    said = scan("oci:twin:app", "-q", "--vex", "vex.json", *name)
    assert not said.decided("not-affected")


def test_a_claimed_image_is_no_reason_to_compare_with_its_baseline(scan, registry, twin):
    registry.push(twin, "app", "claimed/before:1")
    scan(f"{registry.host}/claimed/before:1")
    (scan.folder / "verdict.json").rename(scan.folder / "main.json")
    annotate(twin, app={CONTAINERD: f"{registry.host}/claimed/before:1"})
    said = scan("oci:twin:app", "--baseline", "main.json")
    assert said.code == 3
    assert "--baseline-of-any-image" in said.err
