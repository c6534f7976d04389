"""The baseline: what was there before does not refuse again, unless it got worse."""

import json
from dataclasses import replace

import pytest

from gate.errors import InputError
from gate.judging.baseline import of_scan, parse_baseline
from gate.judging.judge import JudgeInputs, judge
from gate.model.findings import Kind, Severity
from gate.model.verdict import Decision, NoticeKind, PolicyRef, VerdictFile
from gate.output.sarif import Options, render, to_bytes
from gate.policy import FailOn, Policy, PolicyException
from tests.builders import NOW, finding, scan

REF = PolicyRef(name="default", sha256="e" * 64)
OLD, NEW = finding("CVE-1"), finding("CVE-2")


def verdict(*findings, before=None, policy=None, **lists):
    return judge(scan(*findings), policy or Policy(), REF, JudgeInputs(baseline=before, **lists), NOW)


def saved(*verdicts):
    return VerdictFile(gate="0.1.0", passed=False, verdicts=verdicts).model_dump_json().encode()


def earlier(*findings, **more):
    return parse_baseline(saved(verdict(*findings, **more)), "before.json").of("ghcr.io/acme/app")


def sarif(*results, name="gate", image="ghcr.io/acme/app:1.0@sha256:00"):
    run = {"tool": {"driver": {"name": name}}, "properties": {"image": image}, "results": results}
    return json.dumps({"version": "2.1.0", "runs": [run]}).encode()


def result(one, severity="critical", number=1, **more):
    said = {"severity": severity} | more.pop("properties", {})
    return {
        "partialFingerprints": {"primaryLocationLineHash": f"{one.fingerprint}:{number}"},
        "properties": said,
    } | more


def test_what_was_there_before_is_known_and_what_is_new_refuses():
    found = verdict(OLD, NEW, before=earlier(OLD))
    assert [(one.finding.id, one.decision) for one in found.findings] == [
        ("CVE-2", Decision.REFUSES),
        ("CVE-1", Decision.KNOWN),
    ]
    known = found.findings[1]
    assert known.rule == "baseline"
    assert "it was there before (before.json)" in known.why
    assert verdict(OLD, before=earlier(OLD)).passed


def notices(found):
    return [one.message for one in found.notices if one.kind is NoticeKind.BASELINE]


def test_what_is_new_because_nobody_had_looked_is_told():
    secret = finding("aws-access-key-id", "", kind=Kind.SECRET)
    before = earlier(OLD)
    assert not notices(verdict(OLD, secret, before=before))
    alone = replace(before, kinds=frozenset({Kind.VULNERABILITY}))
    assert notices(verdict(OLD, secret, before=alone)) == [
        "before.json was not scanned for secrets: all of them are new"
    ]
    assert not notices(verdict(OLD, before=alone))
    elsewhere = replace(before, platforms=frozenset({"linux/s390x"}))
    assert notices(verdict(OLD, before=elsewhere)) == [
        "linux/amd64 was not scanned in before.json: findings only there are new"
    ]


def test_a_document_tells_what_was_looked_for_and_where_as_far_as_it_says():
    before = earlier(OLD)
    assert (before.kinds, before.platforms) == (
        frozenset({Kind.VULNERABILITY, Kind.SECRET}),
        frozenset({"linux/amd64"}),
    )
    rendered = to_bytes(render([verdict(OLD)], Options()).document)
    ours = parse_baseline(rendered, "before.sarif").of("ghcr.io/acme/app")
    assert (ours.kinds, ours.platforms) == (None, frozenset({"linux/amd64"}))
    bare = parse_baseline(sarif(), "before.sarif").of("ghcr.io/acme/app")
    assert (bare.kinds, bare.platforms) == (None, None)


def test_the_difference_is_counted():
    gone = [finding(f"CVE-{number}") for number in (3, 4, 5)]
    found = verdict(OLD, NEW, finding("CVE-6"), before=earlier(OLD, *gone)).baseline
    assert (found.name, found.known, found.fresh, found.gone) == ("before.json", 1, 2, 3)


def test_a_finding_survives_an_upgrade_that_does_not_mend_it():
    upgraded = replace(OLD, installed="1.0-3", purl="pkg:deb/debian/zlib1g@1.0-3", fixed="1.0-4")
    assert verdict(upgraded, before=earlier(OLD)).passed


def test_one_that_got_worse_refuses():
    found = verdict(OLD, before=earlier(replace(OLD, severity=Severity.LOW)))
    assert not found.passed
    assert "it is worse than in the baseline, where it was low" in found.findings[0].why


def test_one_that_got_milder_is_known():
    strict = Policy(fail_on=FailOn(severity=Severity.LOW))
    assert verdict(replace(OLD, severity=Severity.MEDIUM), before=earlier(OLD), policy=strict).passed


def test_one_that_became_exploited_refuses():
    one = finding("CVE-2021-44228")
    policy = Policy(fail_on=FailOn(known_exploited=True))
    lists = {"policy": policy, "known_exploited": frozenset({one.id})}
    found = verdict(one, before=earlier(one), **lists)
    assert not found.passed
    assert "it was not known to be exploited in the baseline" in found.findings[0].why
    assert verdict(one, before=earlier(one, **lists), **lists).passed
    assert verdict(one, before=of_scan(scan(one)), **lists).passed  # what is exploited is so in both images


def test_an_exception_that_ended_is_not_renewed_by_the_baseline():
    accepted = Policy(exceptions=(PolicyException(id="CVE-1", owner="o", reason="r", expires="2026-06-30"),))
    before = earlier(OLD, policy=accepted)
    found = verdict(OLD, before=before)
    assert not found.passed
    assert "accepted or excused" in found.findings[0].why


def test_what_was_known_then_stays_known():
    assert verdict(OLD, before=earlier(OLD, before=earlier(OLD))).passed


def test_an_unrated_finding_is_as_bad_in_both_images():
    one = replace(OLD, severity=Severity.UNKNOWN)
    policy = Policy(fail_on=FailOn(severity=Severity.HIGH))
    assert verdict(one, before=of_scan(scan(one)), policy=policy).passed
    assert not verdict(OLD, before=of_scan(scan(one)), policy=policy).passed


def test_a_baseline_of_another_image_is_told():
    other = scan(OLD)
    other = other.model_copy(update={"subject": other.subject.model_copy(update={"name": "docker.io/library/debian"})})
    found = verdict(OLD, before=of_scan(other))
    assert found.passed
    assert [one.kind for one in found.notices] == [NoticeKind.BASELINE]


def test_of_several_verdicts_the_one_of_the_same_image_is_taken():
    mine = verdict(OLD)
    other = mine.model_copy(update={"subject": mine.subject.model_copy(update={"name": "ghcr.io/acme/other"})})
    file = parse_baseline(saved(other, mine), "both.json")
    assert file.of("ghcr.io/acme/app").image == "ghcr.io/acme/app"
    with pytest.raises(InputError, match=r"holds no verdicts of ghcr\.io/acme/third"):
        file.of("ghcr.io/acme/third")
    with pytest.raises(InputError, match="holds 2 verdicts"):
        parse_baseline(saved(mine, mine), "twice.json").of("ghcr.io/acme/app")


def test_our_sarif_is_a_baseline_too():
    before = parse_baseline(
        sarif(result(OLD), result(finding("CVE-3"), suppressions=[{"kind": "external"}])), "a.sarif"
    ).of("x", any_image=True)
    assert verdict(OLD, before=before).passed
    assert not verdict(NEW, before=before).passed
    assert not verdict(finding("CVE-3"), before=before).passed
    assert not verdict(OLD, before=parse_baseline(sarif(result(OLD, "low")), "a.sarif").of("x", any_image=True)).passed


def test_sarif_as_we_write_it_is_read_back_image_by_image():
    mine, other = verdict(OLD), verdict(NEW)
    other = other.model_copy(update={"subject": other.subject.model_copy(update={"name": "localhost:5000/other"})})
    written = parse_baseline(to_bytes(render([mine, other], Options()).document), "both.sarif")
    assert {one.image for one in written.baselines} == {"ghcr.io/acme/app", "localhost:5000/other"}
    before = written.of("ghcr.io/acme/app")
    assert verdict(OLD, before=before).passed
    assert verdict(OLD, before=before).notices == ()
    assert not verdict(NEW, before=before).passed


@pytest.mark.parametrize("image", ["ghcr.io/acme/app", "ghcr.io/acme/app:1.0", "ghcr.io/acme/app:1.0@sha256:00"])
def test_the_image_of_a_run_is_known_however_much_of_its_name_is_told(image):
    assert parse_baseline(sarif(image=image), "a.sarif").of("x", any_image=True).image == "ghcr.io/acme/app"


def test_of_several_results_with_one_fingerprint_the_worst_counts():
    before = parse_baseline(sarif(result(OLD, "low"), result(OLD, "critical", 2)), "a.sarif").of("x", any_image=True)
    assert verdict(OLD, before=before).passed


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"[1]", "not readable"),
        (b"{}", "neither a verdict nor SARIF"),
        (b'{"verdicts": []}', "holds no verdict"),
        (b'{"verdicts": [{}]}', "no verdict of ours"),
        (b'{"verdicts": [7]}', "no verdict of ours"),
        (b'{"verdicts": {}}', "no verdict of ours"),
        (b'{"verdicts": [{"subject": {"name": "a"}, "findings": {}}]}', "none of ours"),
        (b'{"verdicts": [{"subject": {"name": "a"}, "findings": [], "kinds": 0}]}', "none of ours"),
        (b'{"verdicts": [{"subject": {"name": "a"}, "findings": [{}]}]}', "none of ours"),
        (b'{"verdicts": [{"subject": {"name": "a"}, "findings": [7]}]}', "none of ours"),
        (sarif(name="Trivy"), "SARIF by Trivy, whose fingerprints are not comparable"),
        (b'{"runs": [{}]}', "SARIF by an unnamed tool"),
        (b'{"runs": []}', "no run"),
        (b'{"runs": [{"tool": {"driver": {"name": "gate"}}}]}', "none of ours"),
        (sarif(7), "none of ours"),
        (sarif({}), "a result that is none of ours"),
        (sarif({"partialFingerprints": {"primaryLocationLineHash": "abc"}}), "a result that is none of ours"),
        (sarif(result(OLD, "terrible")), "a result that is none of ours"),
        (sarif(result(OLD, properties={"severity": 3})), "a result that is none of ours"),
    ],
)
def test_what_is_no_baseline_is_refused(data, said):
    with pytest.raises(InputError) as caught:
        parse_baseline(data, "b.json")
    assert said in caught.value.problem
    assert caught.value.hint


def test_a_baseline_of_another_image_is_refused_unless_it_is_meant():
    before = parse_baseline(saved(verdict(OLD)), "before.json")
    assert before.of("ghcr.io/acme/app").image == "ghcr.io/acme/app"
    with pytest.raises(InputError, match=r"is of ghcr\.io/acme/app, not of ghcr\.io/acme/other"):
        before.of("ghcr.io/acme/other")
    assert before.of("ghcr.io/acme/other", any_image=True).image == "ghcr.io/acme/app"
