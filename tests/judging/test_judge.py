"""The judge: each rule of the policy, alone and beside the others."""

from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from gate.errors import InputError
from gate.judging.baseline import Baseline, BaselineFinding, of_scan
from gate.judging.judge import JudgeInputs, judge
from gate.judging.scan_rules import judged_kinds, overgrown
from gate.model.findings import Gap, GapKind, Kind, OperatingSystem, Scanner, Severity
from gate.model.verdict import Decision, NoticeKind, PolicyRef, RecordedFeeds
from gate.policy import FailOn, Policy, PolicyException, Size
from tests.builders import DATABASE, NOW, finding, scan

REF = PolicyRef(name="default", sha256="e" * 64)
NOTHING_FOUND = FailOn(severity=None, secrets=None)


def verdict(*findings, fail_on=None, inputs=None, now=NOW, looked=None, **policy):
    looked = looked or scan(*findings)
    policy = Policy(**({"fail_on": FailOn(**fail_on)} if fail_on else {}), **policy)
    return judge(looked, policy, REF, inputs or JudgeInputs(), now)


def only(found):
    (one,) = found.findings
    return one


def rules(found):
    return [reason.rule for reason in found.reasons]


def secret(severity=Severity.HIGH):
    return finding("aws-access-key-id", "", severity, kind=Kind.SECRET, path="app/.env", purl="", fixed="")


def licence(name, category="notice"):
    return finding(name, "left-pad", Severity.LOW, kind=Kind.LICENCE, message=category, purl="", fixed="")


def test_a_clean_scan_passes_and_says_how_old_its_database_is():
    found = verdict()
    assert found.passed
    assert found.reasons == ()
    assert found.database_age == 6.0


@pytest.mark.parametrize("threshold", list(Severity))
@pytest.mark.parametrize("severity", [one for one in Severity if one is not Severity.UNKNOWN])
def test_a_vulnerability_refuses_from_the_threshold_on(severity, threshold):
    found = verdict(finding(severity=severity), fail_on={"severity": threshold})
    assert found.passed == (severity.rank < threshold.rank)
    assert (only(found).decision is Decision.REFUSES) == (not found.passed)
    assert severity in only(found).why
    assert threshold in only(found).why


def test_a_refusal_names_key_and_count():
    found = verdict(finding("CVE-1"), finding("CVE-2"), finding("CVE-3", severity=Severity.LOW))
    assert [(one.rule, one.count) for one in found.reasons] == [("fail_on.severity", 2)]
    assert found.counts == {Severity.CRITICAL: 2, Severity.LOW: 1}
    assert found.decisions == {Decision.REFUSES: 2, Decision.REPORTED: 1}


def test_an_unrated_vulnerability_is_judged_as_the_policy_says():
    one = finding(severity=Severity.UNKNOWN)
    found = verdict(one, fail_on={"severity": Severity.HIGH})
    assert not found.passed
    assert only(found).severity is Severity.HIGH
    assert "it has no severity rating" in only(found).why
    assert found.counts == {Severity.HIGH: 1}
    assert verdict(one, fail_on={"severity": Severity.HIGH, "unknown_severity": Severity.LOW}).passed


def test_an_unrated_secret_is_judged_so_too():
    assert not verdict(secret(Severity.UNKNOWN)).passed


def test_what_nothing_mends_does_not_refuse_when_only_fixable_ones_count():
    one = finding(fixed="")
    assert not verdict(one).passed
    found = verdict(one, fail_on={"fixable_only": True})
    assert found.passed
    assert only(found).rule == "fail_on.fixable_only"
    assert "no version fixes it" in only(found).why


def test_a_known_exploited_one_refuses_however_mild_and_without_a_fix():
    one = finding("GHSA-1", severity=Severity.LOW, fixed="", aliases=("CVE-2021-44228",))
    inputs = JudgeInputs(known_exploited=frozenset({"CVE-2021-44228"}))
    found = verdict(one, fail_on={"known_exploited": True, "fixable_only": True}, inputs=inputs)
    assert rules(found) == ["fail_on.known_exploited"]
    assert only(found).known_exploited
    assert verdict(one, inputs=inputs).passed  # named in a file, and not asked for
    assert only(verdict(one, inputs=inputs)).known_exploited


@pytest.mark.parametrize(("score", "refused"), [(0.7, True), (0.699, False)])
def test_a_likely_exploited_one_refuses_from_the_threshold_on(score, refused):
    one = finding("CVE-2024-1000", severity=Severity.LOW, fixed="")
    inputs = JudgeInputs(epss={"CVE-2024-1000": score})
    found = verdict(one, fail_on={"epss": 0.7, "fixable_only": True}, inputs=inputs)
    assert found.passed == (not refused)
    assert only(found).epss == score
    assert rules(found) == (["fail_on.epss"] if refused else [])


def test_the_highest_score_of_all_names_decides():
    one = finding("GHSA-1", severity=Severity.LOW, aliases=("CVE-2024-1000", "CVE-2024-2000"))
    inputs = JudgeInputs(epss={"CVE-2024-1000": 0.1, "CVE-2024-2000": 0.9})
    assert only(verdict(one, fail_on={"epss": 0.7}, inputs=inputs)).epss == 0.9


@pytest.mark.parametrize(
    ("fail_on", "problem"),
    [
        (
            {"known_exploited": True},
            "the policy asks for known exploited vulnerabilities, and there is no list of them",
        ),
        ({"epss": 0.5}, "the policy asks for EPSS scores, and there are none"),
    ],
)
def test_a_list_that_is_asked_for_and_not_there_is_an_error(fail_on, problem):
    with pytest.raises(InputError) as caught:
        verdict(fail_on=fail_on)
    assert caught.value.problem == problem


def test_secrets_and_misconfigurations_have_thresholds_of_their_own():
    check = finding("DS-0002", "", Severity.HIGH, kind=Kind.MISCONFIGURATION, path="Dockerfile", fixed="")
    found = verdict(secret(), check)
    assert rules(found) == ["fail_on.secrets"]
    looked = scan(check, kinds=tuple(Kind))
    found = verdict(looked=looked, fail_on={"misconfigurations": Severity.HIGH})
    assert rules(found) == ["fail_on.misconfigurations"]
    assert verdict(secret(Severity.MEDIUM)).passed


@pytest.mark.parametrize(
    ("name", "category", "refused"),
    [
        ("AGPL-3.0-only", "forbidden", True),
        ("agpl-3.0-ONLY", "", True),
        ("MIT OR AGPL-3.0-only", "", True),
        ("(MIT AND AGPL-3.0-only)", "", True),
        ("AGPL-3.0-or-later", "forbidden", False),
        ("Whatever", "Restricted", True),
        ("MIT", "notice", False),
    ],
)
def test_a_licence_refuses_by_its_id_or_category(name, category, refused):
    looked = scan(licence(name, category), kinds=tuple(Kind))
    found = verdict(looked=looked, fail_on={"licences": ("AGPL-3.0-only", "restricted")})
    assert rules(found) == (["fail_on.licences"] if refused else [])


def test_over_a_limit_the_image_is_refused_and_each_finding_says_so():
    some = [finding(f"CVE-{number}", severity=Severity.HIGH) for number in range(3)]
    assert verdict(*some, limits={Severity.HIGH: 3}).passed
    found = verdict(*some, limits={Severity.HIGH: 2})
    assert [(one.rule, one.count) for one in found.reasons] == [("limits.high", 3)]
    assert found.reasons[0].message == "3 high vulnerabilities, and the policy allows 2"
    alone = verdict(some[0], limits={Severity.HIGH: 0})
    assert alone.reasons[0].message == "1 high vulnerability, and the policy allows 0"
    assert {(one.decision, one.rule) for one in found.findings} == {(Decision.REPORTED, "limits.high")}
    assert all("one of 3 high ones, and the policy allows 2" in one.why for one in found.findings)


def test_a_limit_on_unrated_ones_counts_them_whatever_they_are_judged_as():
    found = verdict(finding(severity=Severity.UNKNOWN), limits={Severity.UNKNOWN: 0, Severity.HIGH: 1})
    assert rules(found) == ["limits.unknown"]


def test_limits_do_not_count_what_nothing_mends_when_only_fixable_ones_count():
    one = finding(severity=Severity.HIGH, fixed="")
    assert verdict(one, limits={Severity.HIGH: 0}, fail_on={"fixable_only": True}).passed
    assert not verdict(replace(one, fixed="2"), limits={Severity.HIGH: 0}, fail_on={"fixable_only": True}).passed
    assert not verdict(one, limits={Severity.HIGH: 0}).passed


def test_limits_do_not_count_what_the_baseline_knew():
    one = finding(severity=Severity.HIGH)
    inputs = JudgeInputs(baseline=of_scan(scan(one)))
    assert verdict(one, limits={Severity.HIGH: 0}, inputs=inputs).passed
    assert not verdict(one, finding("CVE-9", severity=Severity.HIGH), limits={Severity.HIGH: 0}, inputs=inputs).passed


@pytest.mark.parametrize(("size", "passed"), [(100, True), (101, False), (None, False)])
def test_an_image_too_big_or_of_unknown_size_is_refused(size, passed):
    looked = scan()
    looked = looked.model_copy(update={"subject": looked.subject.model_copy(update={"size": size})})
    found = verdict(looked=looked, size=Size(max=100))
    assert found.passed == passed
    assert rules(found) == ([] if passed else ["size.max"])
    assert verdict(looked=looked).passed


def test_growth_is_no_matter_of_a_scan_which_knows_of_no_other_image():
    assert verdict(size=Size(growth="0%")).passed
    found = verdict(fail_on={"severity": None, "secrets": None}, size=Size(growth="0%"))
    assert rules(found) == ["fail_on"]


def with_platform(**more):
    looked = scan()
    return looked.model_copy(update={"platforms": (looked.platforms[0].model_copy(update=more),)})


def test_a_distribution_without_updates_refuses_unless_the_policy_says_no():
    looked = with_platform(os=OperatingSystem(family="debian", name="9.1", end_of_life=True))
    assert rules(verdict(looked=looked)) == ["fail_on.end_of_life"]
    found = verdict(looked=looked, fail_on={"end_of_life": False})
    assert found.passed
    assert [one.kind for one in found.notices] == [NoticeKind.END_OF_LIFE]


def test_every_gap_refuses_unless_the_policy_says_no():
    gaps = tuple(Gap(kind=GapKind.NO_CONTENT, platform="linux/amd64", message=f"gap {number}") for number in (1, 2))
    looked = with_platform(gaps=gaps)
    found = verdict(looked=looked)
    assert rules(found) == ["fail_on.unscanned"] * 2
    found = verdict(looked=looked, fail_on={"unscanned": False})
    assert found.passed
    assert [one.kind for one in found.notices] == [NoticeKind.COVERAGE] * 2


def test_a_kind_that_is_judged_and_was_not_looked_for_refuses():
    found = verdict(looked=scan(kinds=(Kind.VULNERABILITY,)))
    assert rules(found) == ["fail_on.unscanned"]
    assert "secrets, which were not looked for" in found.reasons[0].message
    assert verdict(looked=scan(kinds=(Kind.VULNERABILITY,)), fail_on={"secrets": None}).passed


def test_a_scan_without_a_platform_is_refused_whatever_the_policy_says():
    assert "platforms" in rules(verdict(looked=scan(platforms=()), fail_on={"unscanned": False}))


def test_a_platform_that_has_to_pass_and_was_not_scanned_refuses():
    assert verdict(platforms=("linux/amd64",)).passed
    assert rules(verdict(platforms=("linux/amd64", "linux/arm64"))) == ["platforms"]
    assert rules(verdict(looked=with_platform(platform="?"), platforms=("linux/amd64",))) == ["platforms"]


def test_a_policy_that_judges_nothing_refuses():
    assert rules(verdict(fail_on={"severity": None, "secrets": None})) == ["fail_on"]
    assert verdict(fail_on={"severity": None, "secrets": None}, size=Size(max="1GB")).passed


@pytest.mark.parametrize(
    ("age", "passed", "stated"),
    [
        (timedelta(days=5), True, 120.0),
        (timedelta(days=5, hours=1), False, 121.0),
        (-timedelta(hours=23), True, 0.0),
        (-timedelta(days=2), False, None),
    ],
)
def test_the_age_of_the_database_is_limited_and_stated(age, passed, stated):
    database = DATABASE.model_copy(update={"updated_at": NOW - age})
    found = verdict(looked=scan(scanner=Scanner(version="0.76.0", database=database)))
    assert (found.passed, found.database_age) == (passed, stated)
    assert rules(found) == ([] if passed else ["max_database_age"])


def test_a_database_of_unknown_age_refuses_where_it_matters():
    scanner = Scanner(version="0.76.0")
    assert rules(verdict(looked=scan(scanner=scanner))) == ["max_database_age"]
    looked = scan(scanner=scanner, kinds=(Kind.SECRET,))
    assert verdict(looked=looked, fail_on={"severity": None}).passed


def test_what_the_scanner_set_aside_itself_is_judged_all_the_same():
    found = verdict(finding(muted="not_affected in app.openvex.json"))
    assert not found.passed
    assert "the scanner had set it aside (not_affected in app.openvex.json)" in only(found).why
    assert "set 1 finding aside" in found.notices[0].message


def test_findings_stand_worst_first_and_the_order_is_that_of_the_scan_no_more():
    some = [
        finding("CVE-3", severity=Severity.HIGH, score=None),
        finding("CVE-2", severity=Severity.HIGH, score=7.0),
        finding("CVE-1", severity=Severity.HIGH, score=8.0),
        finding("CVE-4", severity=Severity.CRITICAL),
        finding("CVE-0", "b", severity=Severity.LOW),
        finding("CVE-0", "a", severity=Severity.LOW),
        secret(Severity.MEDIUM),
    ]
    fail_on = {"severity": Severity.LOW, "fixable_only": False}
    forwards, backwards = verdict(*some, fail_on=fail_on), verdict(*some[::-1], fail_on=fail_on)
    assert [(one.finding.id, one.finding.package) for one in forwards.findings] == [
        ("CVE-4", "zlib1g"),
        ("CVE-1", "zlib1g"),
        ("CVE-2", "zlib1g"),
        ("CVE-3", "zlib1g"),
        ("CVE-0", "a"),
        ("CVE-0", "b"),
        ("aws-access-key-id", ""),
    ]
    assert forwards.findings == backwards.findings


def test_the_same_values_give_the_same_bytes():
    some = [finding(f"CVE-{number}", severity=severity) for number, severity in enumerate(Severity)]
    assert verdict(*some).model_dump_json() == verdict(*some).model_dump_json()


@pytest.mark.parametrize(
    ("before", "after", "most", "breaks"),
    [
        (1000, 1100, "10%", False),
        (1000, 1101, "10%", True),
        (3, 3, "0%", False),
        (3, 4, "0%", True),
        (0, 1, "10%", True),
        (1000, 900, "0%", False),
        (1000, 1500, 500, False),
        (1000, 1501, 500, True),
        (300, 400, "33.3%", True),
        (300, 399, "33.3%", False),
    ],
)
def test_growth_is_held_to_its_bound_exactly(before, after, most, breaks):
    assert bool(overgrown(before, after, most)) == breaks


def test_a_vulnerability_that_no_list_names_is_neither_exploited_nor_rated_by_epss():
    inputs = JudgeInputs(known_exploited=frozenset({"CVE-9"}), epss={"CVE-9": 0.9})
    found = only(verdict(finding("CVE-1", severity=Severity.LOW), inputs=inputs))
    assert (found.known_exploited, found.epss, found.decision) == (False, None, Decision.REPORTED)


def test_a_licence_that_is_not_listed_is_reported_under_no_rule():
    looked = scan(licence("MIT"), kinds=tuple(Kind))
    found = only(verdict(looked=looked, fail_on={"licences": ("AGPL-3.0-only",)}))
    assert (found.decision, found.rule) == (Decision.REPORTED, "")


REFUSES, REPORTED = Decision.REFUSES, Decision.REPORTED


@pytest.mark.parametrize(
    ("one", "fail_on", "expected"),
    [
        (finding(), {}, (REFUSES, "fail_on.severity", "critical is at or above the threshold critical")),
        (finding(severity=Severity.LOW), {}, (REPORTED, "", "low is below the threshold critical")),
        (
            finding(severity=Severity.UNKNOWN),
            {"unknown_severity": Severity.LOW},
            (REPORTED, "", "it has no severity rating, so it is judged as low: that is below the threshold critical"),
        ),
        (
            finding(),
            {"severity": None},
            (REPORTED, "", "critical breaks no rule: the policy sets no threshold (fail_on.severity)"),
        ),
        (
            finding(fixed=""),
            {"fixable_only": True},
            (
                REPORTED,
                "fail_on.fixable_only",
                "no version fixes it, and the policy counts only what an upgrade fixes; it is critical",
            ),
        ),
        (
            finding("CVE-9", severity=Severity.LOW),
            {"known_exploited": True, "epss": 0.7},
            (REFUSES, "fail_on.known_exploited", "it is known to be exploited (CISA's catalogue)"),
        ),
        (
            finding("CVE-9", severity=Severity.LOW),
            {"epss": 0.7},
            (REFUSES, "fail_on.epss", "its probability of exploitation is 90.0%, at or above 70.0%"),
        ),
        (secret(), {}, (REFUSES, "fail_on.secrets", "high is at or above the threshold high")),
        (
            licence("MIT"),
            {"licences": ("AGPL-3.0-only",)},
            (REPORTED, "", "the policy does not list this licence (fail_on.licences)"),
        ),
        (
            licence("agpl-3.0-ONLY"),
            {"licences": ("AGPL-3.0-only",)},
            (REFUSES, "fail_on.licences", "the policy lists AGPL-3.0-only (fail_on.licences)"),
        ),
    ],
)
def test_each_finding_says_what_was_decided_by_which_rule_and_why(one, fail_on, expected):
    inputs = JudgeInputs(known_exploited=frozenset({"CVE-9"}), epss={"CVE-9": 0.9})
    found = verdict(looked=scan(one, kinds=tuple(Kind)), fail_on=fail_on, inputs=inputs)
    assert (only(found).decision, only(found).rule, only(found).why) == expected
    assert found.passed == (expected[0] is REPORTED)


def decisions(found):
    return [one.decision for one in found.findings]


def test_of_two_findings_with_one_id_only_the_one_that_an_upgrade_mends_refuses():
    some = [finding("CVE-1", "a"), finding("CVE-1", "b", fixed="")]
    for both in (some, some[::-1]):
        assert decisions(verdict(*both, fail_on={"fixable_only": True})) == [REFUSES, REPORTED]


def test_each_licence_is_judged_by_its_own_name_and_category():
    some = [licence("A", "restricted"), licence("A", "notice"), licence("B", "notice")]
    for all_three in (some, some[::-1]):
        found = verdict(looked=scan(*all_three, kinds=tuple(Kind)), fail_on={"licences": ("restricted",)})
        assert decisions(found) == [REFUSES, REPORTED, REPORTED]
        found = verdict(looked=scan(*all_three, kinds=tuple(Kind)), fail_on={"licences": ("B",)})
        assert decisions(found) == [REFUSES, REPORTED, REPORTED]


@pytest.mark.parametrize(
    ("rules", "kind"),
    [
        ({"fail_on": {"severity": Severity.LOW}}, Kind.VULNERABILITY),
        ({"fail_on": {"known_exploited": True}}, Kind.VULNERABILITY),
        ({"fail_on": {"epss": 0.0}}, Kind.VULNERABILITY),
        ({"limits": {Severity.LOW: 0}}, Kind.VULNERABILITY),
        ({"fail_on": {"secrets": Severity.LOW}}, Kind.SECRET),
        ({"fail_on": {"misconfigurations": Severity.LOW}}, Kind.MISCONFIGURATION),
        ({"fail_on": {"licences": ("MIT",)}}, Kind.LICENCE),
    ],
)
def test_each_rule_alone_judges_findings_of_its_kind(rules, kind):
    off = {"severity": None, "secrets": None}
    policy = Policy(**rules | {"fail_on": FailOn(**off | rules.get("fail_on", {}))})
    assert judged_kinds(policy) == (kind,)


def said(found):
    return [reason.message for reason in found.reasons]


@pytest.mark.parametrize("platform", ["linux/amd64", "linux/" + "a" * 60])
def test_what_is_wrong_with_one_platform_names_it(platform):
    gap = Gap(kind=GapKind.NO_CONTENT, platform=platform, message="no packages were found")
    ended = OperatingSystem(family="debian", name="9.1", end_of_life=True)
    label = platform if len(platform) < 60 else platform[:59] + "…"
    assert said(verdict(looked=with_platform(platform=platform, os=ended, gaps=(gap,)))) == [
        f"debian 9.1 gets no security updates any more ({label})",
        f"no packages were found ({label})",
    ]


def test_a_kind_that_was_not_looked_for_is_a_matter_of_the_whole_image():
    assert said(verdict(looked=scan(kinds=(Kind.VULNERABILITY,)))) == [
        "the policy judges secrets, which were not looked for"
    ]


def with_database(updated_at):
    return scan(scanner=Scanner(version="0.76.0", database=DATABASE.model_copy(update={"updated_at": updated_at})))


@pytest.mark.parametrize(
    "updated_at",
    [
        DATABASE.updated_at.replace(tzinfo=None),
        DATABASE.updated_at.astimezone(timezone(timedelta(hours=2))),
        DATABASE.updated_at.astimezone(timezone(-timedelta(hours=9))),
    ],
)
def test_the_date_of_the_database_is_read_in_its_time_zone_and_without_one_in_utc(updated_at):
    assert verdict(looked=with_database(updated_at)).database_age == 6.0


def test_a_database_may_be_stamped_one_day_ahead_and_no_moment_more():
    day, moment = timedelta(days=1), timedelta(microseconds=1)
    assert verdict(looked=with_database(NOW + day)).passed
    found = verdict(looked=with_database(NOW + day + moment))
    assert said(found) == ["the vulnerability database is of 2026-06-02, in the future: its age is unknown"]


@pytest.mark.parametrize(("hours", "age"), [(25, "25 hours"), (47, "47 hours"), (48, "2.0 days"), (84, "3.5 days")])
def test_a_database_that_is_too_old_says_its_age(hours, age):
    found = verdict(looked=with_database(NOW - timedelta(hours=hours)), max_database_age="1d")
    assert said(found) == [f"the vulnerability database is {age} old, older than max_database_age (1d) allows"]


def test_a_verdict_says_what_was_scanned_when_and_with_what():
    looked = scan(finding())
    found = verdict(looked=looked)
    for name in ("subject", "scanner", "scanned_at", "kinds", "platforms", "advisories"):
        assert getattr(found, name) == getattr(looked, name)
        assert getattr(found, name)
    assert (found.judged_at, found.policy) == (NOW, REF)


@pytest.mark.parametrize("exploited", [None, frozenset({"CVE-1", "GHSA-1", "CVE-9"})])
@pytest.mark.parametrize("epss", [None, {"CVE-1": 0.5, "GHSA-1": 0.1, "CVE-9": 0.9}])
def test_of_each_feed_what_is_about_the_findings_is_recorded(exploited, epss):
    found = verdict(finding("CVE-1", aliases=("GHSA-1",)), inputs=JudgeInputs(known_exploited=exploited, epss=epss))
    assert found.feeds == RecordedFeeds(
        known_exploited=None if exploited is None else ("CVE-1", "GHSA-1"),
        epss=None if epss is None else {"CVE-1": 0.5, "GHSA-1": 0.1},
    )


def test_a_finding_without_a_score_stands_after_those_of_its_severity_that_have_one():
    some = [finding("CVE-1", score=None), finding("CVE-2", score=0.5), finding("CVE-3", score=0.0)]
    assert [one.finding.id for one in verdict(*some).findings] == ["CVE-2", "CVE-1", "CVE-3"]


def test_only_vulnerabilities_are_looked_up_in_the_feeds():
    inputs = JudgeInputs(known_exploited=frozenset({"CVE-9"}), epss={"CVE-9": 0.9})
    key = finding("CVE-9", "", Severity.LOW, kind=Kind.SECRET, path="app/.env", purl="", fixed="")
    found = verdict(key, fail_on={"known_exploited": True, "epss": 0.7}, inputs=inputs)
    assert (only(found).known_exploited, only(found).epss, only(found).decision) == (False, None, REPORTED)


def test_limits_count_vulnerabilities_that_are_open_and_nothing_else():
    none = dict.fromkeys(Severity, 0)
    assert verdict(secret(Severity.LOW), limits=none).passed
    accepted = PolicyException(id="CVE-1", owner="o", reason="r", expires=NOW.date())
    assert verdict(finding("CVE-1", severity=Severity.LOW), limits=none, exceptions=(accepted,)).passed
    assert not verdict(finding("CVE-1", severity=Severity.LOW), limits=none).passed


def test_limits_count_what_the_baseline_knew_and_what_is_exploited_only_since_then():
    one = finding("CVE-1", severity=Severity.LOW)
    before = Baseline(
        "before", {one.fingerprint: BaselineFinding(Severity.LOW, known_exploited=False, excused=False)}, "image"
    )
    limits = {Severity.LOW: 0}
    assert verdict(one, limits=limits, inputs=JudgeInputs(baseline=before)).passed
    since = JudgeInputs(baseline=before, known_exploited=frozenset({"CVE-1"}))
    assert rules(verdict(one, limits=limits, inputs=since)) == ["limits.low"]


def test_what_breaks_no_rule_stays_so_beside_exceptions_and_in_a_baseline():
    mild = finding("CVE-1", severity=Severity.LOW)
    expected = (REPORTED, "", "low is below the threshold critical")
    other = PolicyException(id="CVE-9", owner="o", reason="r", expires=NOW.date())
    for one in (
        only(verdict(mild, exceptions=(other,))),
        only(verdict(mild, inputs=JudgeInputs(baseline=of_scan(scan(mild))))),
    ):
        assert (one.decision, one.rule, one.why) == expected


def test_each_rule_has_one_reason_that_counts_its_findings_by_severity():
    check = finding("DS-0002", "", Severity.MEDIUM, kind=Kind.MISCONFIGURATION, path="Dockerfile", fixed="")
    some = [
        finding("CVE-1"),
        finding("CVE-2", severity=Severity.HIGH),
        finding("CVE-3", severity=Severity.HIGH),
        finding("CVE-8", severity=Severity.LOW),
        finding("CVE-9", severity=Severity.LOW),
        secret(),
        check,
        licence("MIT"),
    ]
    found = verdict(
        looked=scan(*some, kinds=tuple(Kind)),
        fail_on={
            "severity": Severity.HIGH,
            "known_exploited": True,
            "epss": 0.7,
            "misconfigurations": Severity.MEDIUM,
            "licences": ("MIT",),
        },
        inputs=JudgeInputs(known_exploited=frozenset({"CVE-9"}), epss={"CVE-8": 0.7}),
    )
    assert [(one.rule, one.message, one.count) for one in found.reasons] == [
        ("fail_on.known_exploited", "vulnerabilities known to be exploited: 1 low", 1),
        ("fail_on.severity", "vulnerabilities at or above the threshold high: 1 critical, 2 high", 3),
        ("fail_on.epss", "vulnerabilities likely to be exploited, at or above 70.0%: 1 low", 1),
        ("fail_on.secrets", "secrets at or above the threshold high: 1 high", 1),
        ("fail_on.misconfigurations", "misconfigurations at or above the threshold medium: 1 medium", 1),
        ("fail_on.licences", "findings of licences that the policy lists: 1 low", 1),
    ]
