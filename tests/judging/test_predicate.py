"""A verdict as an attestation: what is written is read back, and what is not told plainly is no verdict."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate import predicate
from gate.findings import Kind
from gate.predicate import PredicateError
from tests.builders import CHILD, DIGEST, NOW, finding, judged, verdict


def test_the_summary_that_is_written_is_read_back():
    one = verdict(judged(finding()))
    read = predicate.summary(json.loads(predicate.verdict(one)))
    assert (read.passed, read.at, read.policy) == (False, NOW, one.policy.sha256)
    assert read.digests == {CHILD}
    assert read.database == "2026-06-01T06:00:00Z"
    assert read.verifier == predicate.VERIFIER


def test_a_summary_has_what_the_specification_asks_for():
    document = json.loads(predicate.verdict(verdict()))
    assert document["verificationResult"] == "PASSED"
    assert document["resourceUri"] == f"ghcr.io/acme/app@{DIGEST}"
    assert document["policy"]["digest"]["sha256"] == "e" * 64
    assert document["policy"]["uri"]
    assert document["verifier"]["id"]
    assert document["verifiedLevels"]
    assert not any(level.startswith("SLSA_") for level in document["verifiedLevels"])


def test_a_summary_of_a_platform_names_the_platform_s_manifest():
    assert json.loads(predicate.verdict(verdict(), digest=CHILD))["resourceUri"].endswith(CHILD)


def numbers(node):
    if isinstance(node, dict):
        return [one for value in node.values() for one in numbers(value)]
    if isinstance(node, list):
        return [one for value in node for one in numbers(value)]
    return [node] if isinstance(node, int | float) and not isinstance(node, bool) else []


@pytest.mark.parametrize("make", [predicate.verdict, predicate.vulnerabilities])
def test_no_number_goes_through_cosign_s_floating_point(make):
    assert numbers(json.loads(make(verdict(judged(finding()))))) == []


@pytest.mark.parametrize("make", [predicate.verdict, predicate.vulnerabilities])
def test_the_same_verdict_gives_the_same_bytes(make):
    assert make(verdict(judged(finding()))) == make(verdict(judged(finding())))


def test_the_same_findings_judged_later_are_the_same_judgement_and_others_are_not():
    def made(one):
        return predicate.summary(json.loads(predicate.verdict(one))).judgement

    one = verdict(judged(finding()))
    assert made(one) == made(one.model_copy(update={"judged_at": NOW + timedelta(hours=3)}))
    assert made(one) != made(verdict(judged(finding("CVE-2024-1"))))
    assert made(one) != made(one.model_copy(update={"policy": one.policy.model_copy(update={"sha256": "f" * 64})}))


def test_vulnerabilities_are_told_with_what_was_decided_and_secrets_are_not():
    one = verdict(judged(finding()), judged(finding("aws-key", kind=Kind.SECRET, message="AKIA…")))
    document = json.loads(predicate.vulnerabilities(one, run="https://github.com/o/app/actions/runs/7"))
    [told] = document["scanner"]["result"]["vulnerabilities"]
    assert (told["id"], told["decision"], told["severity"][0]["score"]) == ("CVE-2023-45853", "refuses", "critical")
    assert document["scanner"]["db"]["lastUpdate"] == "2026-06-01T06:00:00Z"
    assert document["metadata"]["scanFinishedOn"]
    assert predicate.fingerprints(document) == {one.findings[0].finding.fingerprint}
    assert "AKIA" not in json.dumps(document)


GOOD = {
    "verifier": {"id": "https://example.org/verifier"},
    "verificationResult": "PASSED",
    "timeVerified": "2026-06-01T00:00:00Z",
}


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "PASSED",
        {},
        GOOD | {"verificationResult": "passed"},
        GOOD | {"verificationResult": ["PASSED"]},
        GOOD | {"verificationResult": True},
        GOOD | {"timeVerified": None},
        GOOD | {"timeVerified": 7},
        GOOD | {"timeVerified": "yesterday"},
        GOOD | {"timeVerified": "2026-06-01T00:00:00"},
        GOOD | {"ghcrGate": {"platforms": "all"}},
        GOOD | {"ghcrGate": {"platforms": ["all"]}},
        GOOD | {"verifier": None},
        GOOD | {"verifier": "https://example.org/verifier"},
        GOOD | {"verifier": {"id": ""}},
        GOOD | {"verifier": {"id": ["https://example.org/verifier"]}},
    ],
)
def test_what_is_not_told_plainly_is_no_verdict(document):
    with pytest.raises(PredicateError):
        predicate.summary(document)


def test_another_tool_s_summary_is_read_without_what_is_ours():
    read = predicate.summary(GOOD | {"policy": {"digest": {"sha256": "a" * 64}}, "ghcrGate": None, "more": 1})
    assert (read.passed, read.policy, read.digests) == (True, "a" * 64, frozenset())
    assert read.verifier == "https://example.org/verifier"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [*GOOD, "policy", "digest", "ghcrGate", "platforms", "scanner", "result", "vulnerabilities"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(anything)
def test_whatever_a_signer_attached_is_read_or_refused_in_words(document):
    predicate.fingerprints(document)
    try:
        read = predicate.summary(document)
    except PredicateError:
        return
    assert read.passed == (document["verificationResult"] == "PASSED")


@pytest.mark.parametrize(
    ("document", "when"),
    [
        ({"metadata": {"timestamp": "2026-06-01T12:00:00Z"}}, NOW),
        ({"metadata": {"timestamp": "2026-06-01T14:00:00+02:00"}}, NOW),
        ({"creationInfo": {"created": "2026-06-01T12:00:00Z"}}, NOW),
        ({"metadata": {"scanStartedOn": "x", "scanFinishedOn": "2026-06-01T12:00:00Z"}}, NOW),
        ({"metadata": {"timestamp": "2026-06-01T12:00:00"}}, None),
        ({"metadata": {"timestamp": 7}}, None),
        ({"metadata": []}, None),
        ([], None),
        (None, None),
    ],
)
def test_a_document_says_itself_when_it_was_made(document, when):
    assert predicate.made_at(document) == (when or datetime.min.replace(tzinfo=UTC))


def test_verdicts_are_sorted_by_judgement_and_a_tie_by_refusal():
    old, passed, failed = (
        predicate.summary(json.loads(predicate.verdict(verdict(*findings, judged_at=at))))
        for findings, at in (((), NOW - timedelta(days=1)), ((), NOW), ((judged(finding()),), NOW))
    )
    assert max([failed, passed, old], key=lambda one: one.order) is failed
    assert min([failed, passed, old], key=lambda one: one.order) is old
