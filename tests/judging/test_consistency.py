"""A verdict from a file, judged again: what its own findings contradict is named, and what agrees is taken."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gate.judging.baseline import of_scan
from gate.judging.consistency import review
from gate.judging.exceptions import SourcedException
from gate.judging.judge import JudgeInputs, judge
from gate.model.findings import Gap, GapKind, Kind, Occurrence, OperatingSystem, Scanner, Severity
from gate.model.verdict import Decision, ExceptionUse, Notice, NoticeKind, PolicyRef, Reason, RecordedFeeds
from gate.policy import FailOn, Policy, PolicyException
from tests.builders import CHILD, DATABASE, HERE, LAYER, NOW, finding, scan

REF = PolicyRef(name="gate.yaml", sha256="e" * 64)
ANYTHING = Policy()
LATER = NOW + timedelta(minutes=5)
LOW = finding("CVE-1", severity=Severity.LOW)
BAD = finding("CVE-2")


def made(*findings, policy=ANYTHING, inputs=None, looked=None, **more):
    """A verdict as `gate scan` writes it, and then edited."""
    verdict = judge(looked or scan(*findings), policy, REF, inputs or JudgeInputs(), NOW)
    return verdict.model_copy(update=more)


def doubts(verdict, policy=ANYTHING, inputs=None, now=LATER):
    return review(verdict, policy, REF, inputs or JudgeInputs(), now).doubts


def only(verdict, **more):
    (doubt,) = doubts(verdict, **more)
    assert doubt.rule == "verdict"
    assert doubt.message
    return doubt.message


def decided(verdict, place=0, **more):
    """The findings of a verdict with one of them decided in another way."""
    findings = list(verdict.findings)
    findings[place] = replace(findings[place], **more)
    return verdict.model_copy(update={"findings": tuple(findings)})


def accepted(identity, days=10):
    return PolicyException(id=identity, owner="@o", reason="r", expires=NOW.date() + timedelta(days=days))


@pytest.mark.parametrize("findings", [(), (LOW,), (BAD, LOW)])
def test_what_was_judged_and_not_edited_agrees_with_itself(findings):
    verdict = made(*findings)
    again = review(verdict, ANYTHING, REF, JudgeInputs(), LATER)
    assert again.doubts == ()
    assert again.verdict == verdict


def test_the_notices_and_sboms_of_the_file_stay():
    notice = Notice(kind=NoticeKind.DATABASE, message="the registry of the database did not answer")
    verdict = made(LOW, notices=(notice,), sboms=("1" * 64,))
    again = review(verdict, ANYTHING, REF, JudgeInputs(), LATER)
    assert again.doubts == ()
    assert (again.verdict.notices, again.verdict.sboms) == ((notice,), ("1" * 64,))


def test_a_refusal_that_says_it_passed_is_doubted_for_the_answer_alone():
    assert "it says that the image passed" in only(made(BAD, passed=True))
    assert "is refused" in only(made(LOW, passed=False))


def test_reasons_that_are_missing_or_made_up_are_doubted():
    assert "a reason to refuse is not in it" in only(made(BAD, reasons=()))
    made_up = Reason(rule="x", message="nothing of the kind")
    assert "gives a reason that is none" in only(made(LOW, reasons=(made_up,)))


@pytest.mark.parametrize(
    "edit",
    [
        {"decision": Decision.REPORTED},
        {"severity": Severity.LOW},
        {"rule": "fail_on.secrets"},
        {"known_exploited": True},
        {"epss": 0.5},
    ],
)
def test_a_finding_decided_in_another_way_is_doubted(edit):
    assert "CVE-2" in only(decided(made(BAD, LOW), **edit))


@pytest.mark.parametrize(
    ("one", "edit", "said"),
    [
        (LOW, {"rule": "x"}, "CVE-1 in zlib1g is decided by other rules or feeds than it says (no rule)"),
        (BAD, {"rule": "x"}, "CVE-2 in zlib1g is decided by other rules or feeds than it says (fail_on.severity)"),
        (
            replace(LOW, package="", path="app/.env"),
            {"decision": Decision.KNOWN},
            "CVE-1 in app/.env is known (low) in it, and is judged as reported (low)",
        ),
        (
            replace(LOW, package="", path=""),
            {"severity": Severity.HIGH},
            "CVE-1 is reported (high) in it, and is judged as reported (low)",
        ),
        (
            replace(LOW, package="zlib1g", path="usr/lib/z"),
            {"known_exploited": True},
            "CVE-1 in zlib1g is decided by other rules or feeds than it says (no rule)",
        ),
    ],
)
def test_a_doubt_names_the_finding_and_how_it_is_decided(one, edit, said):
    assert only(decided(made(one), **edit)) == f"the verdict contradicts itself: {said}"


def test_a_baseline_of_today_excuses_nothing_in_a_verdict_that_was_made_without_one():
    assert doubts(made(BAD), inputs=JudgeInputs(baseline=of_scan(scan(BAD)))) == ()


def test_the_second_finding_is_looked_at_as_the_first():
    assert "CVE-1" in only(decided(made(BAD, LOW), 1, decision=Decision.ACCEPTED))


def test_of_many_findings_five_are_named_and_the_rest_counted():
    some = [finding(f"CVE-{number}", severity=Severity.LOW) for number in range(7)]

    def edited(count):
        verdict = made(*some)
        for place in range(count):
            verdict = decided(verdict, place, decision=Decision.ACCEPTED)
        return [one.message for one in doubts(verdict)]

    assert len(edited(5)) == 5
    assert len(edited(6)) == 6
    assert "2 more findings" in edited(7)[-1]


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"counts": {}}, "it counts none, and there are 1 low"),
        ({"decisions": {}}, "it counts none, and there are 1 reported"),
        ({"counts": {Severity.HIGH: 1000, Severity.LOW: 2}}, "it counts 1,000 high, 2 low, and there are 1 low"),
    ],
)
def test_counts_that_are_not_those_of_the_findings_are_doubted(edit, said):
    assert only(made(LOW, **edit)) == f"the verdict contradicts itself: {said}"


def test_exceptions_are_those_of_the_policy_and_as_used():
    policy = Policy(exceptions=(accepted("CVE-2"),))
    verdict = made(BAD, policy=policy)
    assert doubts(verdict, policy=policy) == ()
    assert "is not in it" in only(verdict.model_copy(update={"exceptions": ()}), policy=policy)
    use = ExceptionUse(id="CVE-9", owner="@o", reason="r", expires=NOW.date(), source="exceptions", used=0)
    assert "that the policy does not have" in only(made(LOW, exceptions=(use,)))


@pytest.mark.parametrize(("age", "doubted"), [(6.0 + 9e-7, 0), (6.0 - 9e-7, 0), (6.0 + 2e-6, 1), (5.0, 1), (None, 1)])
def test_the_age_of_the_database_is_that_of_its_date(age, doubted):
    assert len(doubts(made(LOW, database_age=age))) == doubted


def test_an_age_without_a_date_is_doubted():
    looked = scan(scanner=Scanner(version="0.76.0"))
    assert doubts(made(looked=looked)) == ()
    assert "database is 6.0 hours, and by its date it is unknown" in only(made(looked=looked, database_age=6.0))


@pytest.mark.parametrize(("age", "doubted"), [(0.0, 0), (9e-7, 0), (1e-6, 1)])
def test_the_age_of_the_database_is_held_to_a_millionth_of_an_hour(age, doubted):
    fresh = scan(scanner=Scanner(version="0.76.0", database=DATABASE.model_copy(update={"updated_at": NOW})))
    assert len(doubts(made(looked=fresh, database_age=age))) == doubted


def test_a_notice_that_is_missing_is_doubted():
    ended = Policy(exceptions=(accepted("CVE-9", days=3),))
    assert "a notice is not in it" in only(made(LOW, policy=ended, notices=()), policy=ended)


def test_a_scan_looks_for_vulnerabilities_and_for_all_that_the_policy_judges():
    kinds = (Kind.SECRET,)
    policy = Policy(fail_on=FailOn(severity=None))
    assert "vulnerabilities" in only(made(policy=policy, looked=scan(kinds=kinds)), policy=policy)
    policy = Policy(fail_on=FailOn(unscanned=False))
    looked = scan(kinds=(Kind.VULNERABILITY,))
    assert "secrets" in only(made(policy=policy, looked=looked), policy=policy)


def test_a_finding_of_a_kind_that_was_not_looked_for_is_doubted():
    check = finding("DS-0002", "", Severity.LOW, kind=Kind.MISCONFIGURATION)
    assert "which were not looked for" in only(made(check))


@pytest.mark.parametrize(
    ("occurrences", "doubted"),
    [
        ((HERE,), 0),
        ((replace(HERE, manifest=CHILD),), 0),
        ((), 1),
        ((Occurrence("linux/arm64"),), 1),
        ((HERE, Occurrence("linux/arm64")), 1),
        ((replace(HERE, manifest="sha256:" + "9" * 64),), 1),
    ],
)
def test_a_finding_is_on_a_platform_that_was_scanned(occurrences, doubted):
    assert len(doubts(made(replace(LOW, occurrences=occurrences)))) == doubted


@pytest.mark.parametrize(
    ("edit", "doubted"),
    [
        ({"os": None}, 0),
        ({"os": None, "packages": 0}, 1),
        ({"packages": 0}, 0),
        ({"os": OperatingSystem(family="", name="")}, 1),
        ({"os": OperatingSystem(family="none", name="")}, 1),
    ],
)
def test_a_platform_on_which_nothing_was_recognised_says_so(edit, doubted):
    [platform] = scan().platforms
    policy = Policy(fail_on=FailOn(unscanned=False))
    looked = scan(platforms=(platform.model_copy(update=edit),))
    assert len(doubts(made(looked=looked, policy=policy), policy=policy)) == doubted
    gap = Gap(kind=GapKind.NO_CONTENT, platform=platform.platform, message="nothing was recognised")
    looked = scan(platforms=(platform.model_copy(update={**edit, "gaps": (gap,)}),))
    assert doubts(made(looked=looked, policy=policy), policy=policy) == ()


@pytest.mark.parametrize(("size", "doubted"), [(LAYER.size, 0), (LAYER.size - 1, 1), (None, 0)])
def test_an_image_is_no_smaller_than_the_layers_of_a_platform(size, doubted):
    looked = scan()
    looked = scan(subject=looked.subject.model_copy(update={"size": size}))
    assert len(doubts(made(looked=looked))) == doubted


def test_the_layers_of_a_platform_count_together():
    [platform] = scan().platforms
    looked = scan(platforms=(platform.model_copy(update={"layers": (LAYER, LAYER, LAYER)}),))
    assert len(doubts(made(looked=looked))) == 1  # 60 MB in all, and three layers of 30 MB
    nothing = scan().subject.model_copy(update={"size": 0})
    for subject in (scan().subject, nothing):
        assert doubts(made(looked=scan(platforms=(), subject=subject))) == ()


def test_what_the_feeds_said_is_taken_from_the_verdict():
    policy = Policy(fail_on=FailOn(known_exploited=True, epss=0.5))
    inputs = JudgeInputs(known_exploited=frozenset({"CVE-1"}), epss={"CVE-1": 0.9})
    verdict = made(LOW, policy=policy, inputs=inputs)
    assert [one.rule for one in verdict.reasons] == ["fail_on.known_exploited"]
    assert doubts(verdict, policy=policy) == ()
    assert doubts(verdict, policy=policy, inputs=JudgeInputs(known_exploited=frozenset(), epss={})) == ()
    without = RecordedFeeds(known_exploited=(), epss={"CVE-1": 0.9})
    assert doubts(verdict.model_copy(update={"feeds": without}), policy=policy)


@pytest.mark.parametrize("feeds", [None, RecordedFeeds(known_exploited=()), RecordedFeeds(epss={})])
def test_a_verdict_without_the_feeds_that_the_policy_asks_for_cannot_be_judged_again(feeds):
    policy = Policy(fail_on=FailOn(known_exploited=True, epss=0.5))
    inputs = JudgeInputs(known_exploited=frozenset(), epss={})
    verdict = made(LOW, policy=policy, inputs=inputs, feeds=feeds)
    again = review(verdict, policy, REF, JudgeInputs(), LATER)
    assert again.verdict == verdict
    [doubt] = again.doubts
    assert doubt.rule == "verdict"
    assert "cannot be judged again" in doubt.message


def test_exceptions_also_have_to_hold_now():
    policy = Policy(exceptions=(accepted("CVE-2", days=0),))
    verdict = made(BAD, policy=policy)
    assert verdict.passed
    assert doubts(verdict, policy=policy, now=NOW + timedelta(hours=11)) == ()
    [doubt] = doubts(verdict, policy=policy, now=NOW + timedelta(hours=12))
    assert doubt.rule == "exceptions"
    assert "CVE-2" in doubt.message


def test_of_many_exceptions_that_ended_five_are_named_and_the_rest_counted():
    def ended(count):
        some = [finding(f"CVE-{number}") for number in range(count)]
        policy = Policy(exceptions=tuple(accepted(one.id, days=0) for one in some))
        return [one.message for one in doubts(made(*some, policy=policy), policy=policy, now=NOW + timedelta(days=1))]

    assert len(ended(5)) == 5
    assert len(ended(6)) == 6
    assert "2 more findings" in ended(7)[-1]


def test_the_exceptions_of_files_count_as_those_of_the_policy():
    inputs = JudgeInputs(exceptions=(SourcedException(accepted("CVE-2"), ".trivyignore", "trivyignore"),))
    verdict = made(BAD, inputs=inputs)
    assert doubts(verdict, inputs=inputs) == ()
    assert doubts(verdict)


def test_a_database_of_another_date_is_judged_at_the_time_of_the_verdict():
    old = scan(scanner=Scanner(version="0.76.0", database=DATABASE))
    assert doubts(made(looked=old), now=NOW + timedelta(days=30)) == ()
