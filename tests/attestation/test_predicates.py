"""A verdict as an attestation: what is written is read back, and what is not told plainly is no verdict."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate import __version__
from gate.attestation import predicates
from gate.attestation.predicates import PredicateError
from gate.model.findings import Kind, Occurrence, Scanner, Severity
from gate.model.verdict import Decision
from tests.builders import CHILD, DIGEST, HERE, NOW, finding, judged, verdict


def test_the_summary_that_is_written_is_read_back():
    one = verdict(judged(finding()))
    read = predicates.summary(json.loads(predicates.verdict(one)))
    assert (read.passed, read.at, read.policy) == (False, NOW, one.policy.sha256)
    assert read.digests == {CHILD}
    assert read.database == "2026-06-01T06:00:00Z"
    assert read.verifier == predicates.VERIFIER


def test_a_summary_has_what_the_specification_asks_for():
    document = json.loads(predicates.verdict(verdict()))
    assert document["verificationResult"] == "PASSED"
    assert document["resourceUri"] == f"ghcr.io/acme/app@{DIGEST}"
    assert document["policy"]["digest"]["sha256"] == "e" * 64
    assert document["policy"]["uri"]
    assert document["verifier"]["id"]
    assert document["verifiedLevels"]
    assert not any(level.startswith("SLSA_") for level in document["verifiedLevels"])


def test_a_summary_of_a_platform_names_the_platform_s_manifest():
    assert json.loads(predicates.verdict(verdict(), digest=CHILD))["resourceUri"].endswith(CHILD)


def numbers(node):
    if isinstance(node, dict):
        return [one for value in node.values() for one in numbers(value)]
    if isinstance(node, list):
        return [one for value in node for one in numbers(value)]
    return [node] if isinstance(node, int | float) and not isinstance(node, bool) else []


@pytest.mark.parametrize("make", [predicates.verdict, predicates.vulnerabilities])
def test_no_number_goes_through_cosign_s_floating_point(make):
    assert numbers(json.loads(make(verdict(judged(finding()))))) == []


@pytest.mark.parametrize("make", [predicates.verdict, predicates.vulnerabilities])
def test_the_same_verdict_gives_the_same_bytes(make):
    assert make(verdict(judged(finding()))) == make(verdict(judged(finding())))


def test_the_same_findings_judged_later_are_the_same_judgement_and_others_are_not():
    def made(one):
        return predicates.summary(json.loads(predicates.verdict(one))).judgement

    one = verdict(judged(finding()))
    assert made(one) == made(one.model_copy(update={"judged_at": NOW + timedelta(hours=3)}))
    assert made(one) != made(verdict(judged(finding("CVE-2024-1"))))
    assert made(one) != made(one.model_copy(update={"policy": one.policy.model_copy(update={"sha256": "f" * 64})}))


def test_vulnerabilities_are_told_with_what_was_decided_and_secrets_are_not():
    one = verdict(judged(finding()), judged(finding("aws-key", kind=Kind.SECRET, message="AKIA…")))
    document = json.loads(predicates.vulnerabilities(one, run="https://github.com/o/app/actions/runs/7"))
    [told] = document["scanner"]["result"]["vulnerabilities"]
    assert (told["id"], told["decision"], told["severity"][0]["score"]) == ("CVE-2023-45853", "refuses", "critical")
    assert document["scanner"]["db"]["lastUpdate"] == "2026-06-01T06:00:00Z"
    assert document["metadata"]["scanFinishedOn"]
    assert predicates.fingerprints(document) == {one.findings[0].finding.fingerprint}
    assert "AKIA" not in json.dumps(document)


GOOD = {
    "verifier": {"id": "https://example.org/verifier"},
    "verificationResult": "PASSED",
    "timeVerified": "2026-06-01T00:00:00Z",
}


NO_OBJECT = "the verdict is no object"
NO_VERIFIER = "the verdict does not name its verifier"
NO_RESULT = "the verdict says neither PASSED nor FAILED"
NO_TIME = "the verdict does not say when it was made"
NO_PLATFORMS = "the platforms of the verdict are no list"


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (None, NO_OBJECT),
        ([], NO_OBJECT),
        ("PASSED", NO_OBJECT),
        ({}, NO_VERIFIER),
        (GOOD | {"verificationResult": "passed"}, NO_RESULT),
        (GOOD | {"verificationResult": ["PASSED"]}, NO_RESULT),
        (GOOD | {"verificationResult": True}, NO_RESULT),
        (GOOD | {"timeVerified": None}, NO_TIME),
        (GOOD | {"timeVerified": 7}, NO_TIME),
        (GOOD | {"timeVerified": "yesterday"}, NO_TIME),
        (
            GOOD | {"timeVerified": "2026-06-01T00:00:00"},
            "the verdict does not say in which time zone it was made",
        ),
        (GOOD | {"ghcrGate": {"platforms": "all"}}, NO_PLATFORMS),
        (GOOD | {"ghcrGate": {"platforms": ["all"]}}, NO_PLATFORMS),
        (GOOD | {"verifier": None}, NO_VERIFIER),
        (GOOD | {"verifier": "https://example.org/verifier"}, NO_VERIFIER),
        (GOOD | {"verifier": {"id": ""}}, NO_VERIFIER),
        (GOOD | {"verifier": {"id": ["https://example.org/verifier"]}}, NO_VERIFIER),
    ],
)
def test_what_is_not_told_plainly_is_no_verdict(document, problem):
    with pytest.raises(PredicateError) as caught:
        predicates.summary(document)
    assert str(caught.value) == problem


def test_another_tool_s_summary_is_read_without_what_is_ours():
    read = predicates.summary(GOOD | {"policy": {"digest": {"sha256": "a" * 64}}, "ghcrGate": None, "more": 1})
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
    predicates.fingerprints(document)
    try:
        read = predicates.summary(document)
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
    assert predicates.made_at(document) == (when or datetime.min.replace(tzinfo=UTC))


def test_verdicts_are_sorted_by_judgement_and_a_tie_by_refusal():
    old, passed, failed = (
        predicates.summary(json.loads(predicates.verdict(verdict(*findings, judged_at=at))))
        for findings, at in (((), NOW - timedelta(days=1)), ((), NOW), ((judged(finding()),), NOW))
    )
    assert max([failed, passed, old], key=lambda one: one.order) is failed
    assert min([failed, passed, old], key=lambda one: one.order) is old


AMSTERDAM = timezone(timedelta(hours=2))


def test_a_summary_is_written_in_full():
    one = verdict(judged(finding()), judged(finding("CVE-1", severity=Severity.LOW), Decision.REPORTED))
    document = json.loads(predicates.verdict(one))
    result = document["ghcrGate"].pop("result")
    lines = sorted(
        f"{each.finding.fingerprint} {severity} {decision}\n"
        for each, severity, decision in zip(one.findings, ("critical", "low"), ("refuses", "reported"), strict=True)
    )
    assert result == sha256("".join(lines).encode()).hexdigest()
    assert document == {
        "verifier": {"id": "pkg:pypi/ghcr-gate", "version": {"gate": __version__, "trivy": "0.76.0"}},
        "timeVerified": "2026-06-01T12:00:00Z",
        "resourceUri": f"ghcr.io/acme/app@{DIGEST}",
        "policy": {"uri": f"urn:ghcr-gate:policy:{'e' * 64}", "digest": {"sha256": "e" * 64}},
        "verificationResult": "FAILED",
        "verifiedLevels": ["FAILED"],
        "ghcrGate": {
            "platforms": [{"platform": "linux/amd64", "digest": CHILD}],
            "kinds": ["vulnerability", "secret"],
            "counts": {"critical": "1", "low": "1"},
            "decisions": {"refuses": "1", "reported": "1"},
            "reasons": ["fail_on.severity"],
            "database": {"version": "2", "updatedAt": "2026-06-01T06:00:00Z"},
        },
    }


def test_a_summary_says_nothing_of_what_is_not_known():
    base = verdict(scanner=Scanner(version="0.76.0"), judged_at=NOW.astimezone(AMSTERDAM))
    nameless = base.platforms[0].model_copy(update={"digest": None})
    document = json.loads(predicates.verdict(base.model_copy(update={"platforms": (nameless,)})))
    assert document["ghcrGate"]["platforms"] == [{"platform": "linux/amd64", "digest": ""}]
    assert document["ghcrGate"]["database"] == {}
    assert document["timeVerified"] == "2026-06-01T12:00:00Z"
    assert document["policy"]["uri"] == f"urn:ghcr-gate:policy:{'e' * 64}"
    assert (document["verificationResult"], document["verifiedLevels"]) == ("PASSED", ["GATE_PASSED"])
    read = predicates.summary(document)
    assert (read.digests, read.database) == (frozenset(), "")


def test_each_part_of_a_judgement_makes_it_another():
    one = verdict(judged(finding()), judged(finding("CVE-1"), Decision.REPORTED))
    first, second = one.findings
    others = [
        one.model_copy(update={"passed": True}),
        one.model_copy(update={"scanner": Scanner(version="0.76.0")}),
        one.model_copy(update={"findings": (first,)}),
        one.model_copy(update={"findings": (first, replace(second, severity=Severity.LOW))}),
        one.model_copy(update={"findings": (first, replace(second, decision=Decision.ACCEPTED))}),
    ]
    read = [predicates.summary(json.loads(predicates.verdict(each))) for each in [one, *others]]
    assert len({each.judgement for each in read}) == len(read)
    assert len({each.result for each in read}) == 4  # neither the answer nor the database is a finding
    turned = one.model_copy(update={"findings": (second, first)})
    assert predicates.summary(json.loads(predicates.verdict(turned))).judgement == read[0].judgement
    assert replace(read[0], verifier="https://other.example").judgement != read[0].judgement


def test_vulnerabilities_are_written_in_full():
    one = verdict(judged(finding(severity_source="")), judged(finding("CVE-1"), Decision.ACCEPTED, why="by @base"))
    document = json.loads(predicates.vulnerabilities(one, builder="https://b.example/w", run="https://b.example/run/7"))
    found = document["scanner"]["result"].pop("vulnerabilities")
    assert document == {
        "invocation": {
            "parameters": [],
            "uri": "https://b.example/run/7",
            "event_id": "",
            "builder.id": "https://b.example/w",
        },
        "scanner": {
            "uri": "pkg:github/aquasecurity/trivy@0.76.0",
            "version": "0.76.0",
            "db": {"uri": "", "version": "2", "lastUpdate": "2026-06-01T06:00:00Z"},
            "result": {"resource": f"ghcr.io/acme/app@{DIGEST}"},
        },
        "metadata": {"scanStartedOn": "2026-06-01T11:59:00Z", "scanFinishedOn": "2026-06-01T11:59:00Z"},
    }
    known = {
        "id": "CVE-2023-45853",
        "severity": [{"method": "scanner", "score": "critical"}],
        "package": "zlib1g",
        "purl": "pkg:deb/debian/zlib1g@1.0-1?arch=amd64&distro=debian-12.4",
        "installed": "1.0-1",
        "fixed": "1.0-2",
        "status": "fixed",
        "platforms": ["linux/amd64"],
        "fingerprint": one.findings[0].finding.fingerprint,
        "decision": "refuses",
    }
    accepted = {"id": "CVE-1", "fingerprint": one.findings[1].finding.fingerprint, "decision": "accepted"}
    rated = {"severity": [{"method": "nvd", "score": "critical"}], "why": "by @base"}
    assert found == [known, known | accepted | rated]


def test_vulnerabilities_say_nothing_of_what_is_not_known():
    bare = verdict(scanner=Scanner(version="0.76.0"), scanned_at=None)
    document = json.loads(predicates.vulnerabilities(bare, digest=CHILD))
    assert document["invocation"]["uri"] == document["invocation"]["builder.id"] == ""
    assert document["scanner"]["db"] == {"uri": "", "version": "", "lastUpdate": ""}
    assert document["metadata"]["scanStartedOn"] == "2026-06-01T12:00:00Z"
    assert document["scanner"]["result"] == {"resource": f"ghcr.io/acme/app@{CHILD}", "vulnerabilities": []}


@pytest.mark.parametrize("decision", Decision)
def test_only_what_was_set_aside_says_why(decision):
    document = json.loads(predicates.vulnerabilities(verdict(judged(finding(), decision))))
    [told] = document["scanner"]["result"]["vulnerabilities"]
    assert ("why" in told) == (decision in {Decision.ACCEPTED, Decision.NOT_AFFECTED})


OTHER = "sha256:" + "d" * 64


@pytest.mark.parametrize(
    ("places", "digest", "platforms"),
    [
        ((replace(HERE, manifest=CHILD), Occurrence("linux/arm64", manifest=OTHER)), CHILD, ["linux/amd64"]),
        ((replace(HERE, manifest=CHILD), Occurrence("linux/arm64", manifest=OTHER)), OTHER, ["linux/arm64"]),
        ((replace(HERE, manifest=CHILD),), OTHER, None),
        (
            (replace(HERE, manifest=CHILD), Occurrence("linux/arm64", manifest=OTHER)),
            "",
            ["linux/amd64", "linux/arm64"],
        ),
        ((replace(HERE, manifest=CHILD),), DIGEST, ["linux/amd64"]),
        ((replace(HERE, manifest=CHILD), replace(HERE, manifest=CHILD)), CHILD, ["linux/amd64"]),
        ((HERE,), CHILD, ["linux/amd64"]),
        ((), CHILD, []),
    ],
)
def test_the_vulnerabilities_of_a_platform_are_those_found_in_its_manifest(places, digest, platforms):
    one = verdict(judged(finding(occurrences=places)))
    found = json.loads(predicates.vulnerabilities(one, digest=digest))["scanner"]["result"]["vulnerabilities"]
    assert [each["platforms"] for each in found] == ([] if platforms is None else [platforms])


@pytest.mark.parametrize(
    ("document", "other"),
    [
        ({"verifier": {"id": "pkg:pypi/ghcr-gate"}}, ""),
        ({"verifier": {"id": "https://named.example"}}, ""),
        ({"verifier": {"id": "https://other.example"}}, "https://other.example"),
        ({"verifier": {"id": ""}}, ""),
        ({"verifier": {"id": ["https://other.example"]}}, ""),
        ({"verifier": "https://other.example"}, ""),
        ({}, ""),
        (None, ""),
        (["https://other.example"], ""),
    ],
)
def test_another_tool_is_one_that_names_itself_and_that_nobody_named(document, other):
    assert predicates.other_verifier(document, ("https://named.example",)) == other


def test_a_time_of_judgement_is_kept_in_utc_wherever_the_machine_is(in_zone):
    in_zone("JST-9")
    read = predicates.summary(GOOD | {"timeVerified": "2026-06-01T14:00:00+02:00"})
    assert (read.at, read.at.tzinfo) == (NOW, UTC)


def test_the_digests_of_a_summary_are_those_that_are_text():
    places = [{"digest": CHILD}, {"digest": 7}, {"digest": ""}, {}, {"platform": OTHER}]
    read = predicates.summary(GOOD | {"ghcrGate": {"platforms": places, "result": 7, "database": []}})
    assert (read.digests, read.result, read.database) == ({CHILD}, "", "")
    assert predicates.summary(GOOD | {"policy": {"digest": "e" * 64}}).policy == ""
    assert predicates.summary(GOOD | {"policy": []}).policy == ""


FOUND = [
    {"fingerprint": "a", "decision": "refuses"},
    {"fingerprint": "", "decision": ""},
    {"fingerprint": 7},
    "b",
    None,
]


def test_what_makes_two_lists_of_vulnerabilities_one():
    document = {"scanner": {"db": {"lastUpdate": "2026-06-01"}, "result": {"vulnerabilities": FOUND}}}
    assert predicates.scanned(document) == ("2026-06-01", {("a", "refuses"), ("", "")})
    assert predicates.fingerprints(document) == {"a"}
    for empty in (None, [], {}, {"scanner": {"result": {"vulnerabilities": "a"}}}, {"scanner": {"result": []}}):
        assert predicates.scanned(empty) == ("", frozenset())
        assert predicates.fingerprints(empty) == frozenset()


def test_what_makes_two_sboms_one():
    parts = [
        {"purl": "pkg:deb/debian/zlib1g@1", "name": "zlib1g", "version": "1"},
        {"name": "a", "version": "1", "versionInfo": "2"},
        {"name": "b", "versionInfo": "2"},
        {"name": 7},
        "c",
    ]
    expected = {"pkg:deb/debian/zlib1g@1", "a 1", "b 2", " "}
    assert predicates.components({"components": parts}) == expected
    assert predicates.components({"packages": parts}) == expected
    assert predicates.components({"components": parts, "packages": []}) == expected
    for empty in (None, [], {}, {"components": "a"}, {"components": [], "packages": parts}):
        assert predicates.components(empty) == frozenset()


def test_the_time_of_a_document_is_that_of_its_first_place_that_says_one():
    both = {"metadata": {"timestamp": "2026-06-01T12:00:00Z", "scanFinishedOn": "2026-06-02T12:00:00Z"}}
    assert predicates.made_at(both) == NOW
    assert predicates.made_at(both | {"creationInfo": {"created": "2026-06-03T12:00:00Z"}}) == NOW
    assert predicates.made_at({"creationInfo": {"created": 7}, "metadata": both["metadata"]}) == NOW
