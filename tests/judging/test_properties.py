"""What holds for every policy and every scan: no traceback for any text, and no pass out of doubt."""

from datetime import timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from gate.errors import InputError
from gate.judging.baseline import of_scan
from gate.judging.judge import JudgeInputs, judge
from gate.model.findings import Kind, Severity
from gate.model.verdict import Decision, PolicyRef
from gate.policy import FailOn, Policy, PolicyException
from gate.policy.loader import dump, parse
from tests.builders import NOW, finding, scan

REF = PolicyRef(name="gate.yaml", sha256="e" * 64)
KEYS = ("version", "fail_on", "severity", "limits", "exceptions", "id", "expires", "size", "max", "vex", "platforms")
MARKS = "- : { } [ ] , ? | ' \" # ~ & &a *a << !!int --- \\ud800 none 2026-12-31 2026-02-30 5d 1 0.5 é"
WORDS = st.sampled_from([*KEYS, *Severity, *MARKS.split(), "\t", "\n", "\n  ", "\n- ", "%YAML 1.2", "\x00"])
SEVERITIES = st.sampled_from(list(Severity))
IDS = st.sampled_from([f"CVE-{number}" for number in range(4)])
PACKAGES = st.sampled_from(["zlib1g", "openssl", "lodash"])


@st.composite
def findings(draw):
    kind = draw(st.sampled_from(list(Kind)))
    package = draw(PACKAGES) if kind in {Kind.VULNERABILITY, Kind.LICENCE} else ""
    return finding(
        draw(IDS),
        package,
        draw(SEVERITIES),
        kind=kind,
        fixed=draw(st.sampled_from(["", "1.0-2", "2.0, 3.0", "?"])),
        path=draw(st.sampled_from(["", "app/a", "usr/b"])),
        score=draw(st.none() | st.floats(0, 10)),
        muted=draw(st.sampled_from(["", "not_affected in x"])),
    )


SCANS = st.lists(findings(), max_size=8).map(lambda some: scan(*some, kinds=tuple(Kind)))
THRESHOLDS = st.none() | SEVERITIES
RULES = st.builds(
    FailOn,
    severity=THRESHOLDS,
    unknown_severity=SEVERITIES,
    fixable_only=st.booleans(),
    known_exploited=st.booleans(),
    epss=st.none() | st.floats(0, 1),
    secrets=THRESHOLDS,
    misconfigurations=THRESHOLDS,
    licences=st.lists(IDS, max_size=2).map(tuple),
)
EXCEPTIONS = st.builds(
    PolicyException,
    id=IDS,
    package=st.none() | PACKAGES,
    path=st.none() | st.sampled_from(["app/*", "**"]),
    owner=st.just("me"),
    reason=st.just("why"),
    expires=st.integers(-30, 30).map(lambda days: NOW.date() + timedelta(days)),
)
POLICIES = st.builds(
    Policy,
    fail_on=RULES,
    limits=st.dictionaries(SEVERITIES, st.integers(0, 3)),
    exceptions=st.lists(EXCEPTIONS, max_size=3).map(tuple),
)
LISTS = {"known_exploited": frozenset({"CVE-0"}), "epss": {"CVE-1": 0.5}}


def problem(read, content):
    """What an input error says; any other error ends the test."""
    try:
        read(content, "file")
    except InputError as exc:
        return exc.problem
    return ""


def verdict(looked, policy, **inputs):
    return judge(looked, policy, REF, JudgeInputs(**LISTS, **inputs), NOW)


@given(st.lists(WORDS, max_size=30).map(" ".join) | st.lists(WORDS, max_size=30).map("".join) | st.text(max_size=80))
@example("a: " + "[" * 5000)
@settings(max_examples=400)
def test_no_text_of_a_policy_ends_in_anything_but_words(text):
    assert problem(parse, text).isprintable()


@given(POLICIES)
def test_every_policy_survives_being_written_and_read(policy):
    assert parse(dump(policy), "gate.yaml") == policy


@given(SCANS, POLICIES)
def test_what_passes_holds_nothing_that_refuses_and_no_reason(looked, policy):
    found = verdict(looked, policy)
    refusing = [one for one in found.findings if one.decision is Decision.REFUSES]
    assert found.passed == (not found.reasons)
    assert not (found.passed and refusing)
    told = sum(
        one.count for one in found.reasons if one.rule.startswith("fail_on.") and one.rule != "fail_on.unscanned"
    )
    assert told == len(refusing)


@given(SCANS, POLICIES)
def test_every_finding_is_in_the_verdict_once_with_its_why(looked, policy):
    found = verdict(looked, policy)
    assert sorted(map(id, looked.findings)) == sorted(id(one.finding) for one in found.findings)
    assert all(one.why for one in found.findings)
    assert sum(found.decisions.values()) == len(looked.findings)
    assert all(one.rule for one in found.findings if one.decision is not Decision.REPORTED)


@given(SCANS, POLICIES, EXCEPTIONS)
def test_an_exception_changes_no_finding_but_those_it_names(looked, policy, exception):
    before = {id(one.finding): one.decision for one in verdict(looked, policy).findings}
    wider = policy.model_copy(update={"exceptions": (*policy.exceptions, exception)})
    for one in verdict(looked, wider).findings:
        if one.decision is before[id(one.finding)]:
            continue
        assert one.decision is Decision.ACCEPTED
        assert one.finding.id == exception.id
        assert exception.package in {None, one.finding.package}
        assert NOW.date() <= exception.expires


@given(SCANS, POLICIES)
def test_an_unrated_vulnerability_fails_when_unknown_severity_is_over_the_threshold(looked, policy):
    rules = policy.fail_on
    if rules.severity is None or not rules.unknown_severity.reaches(rules.severity) or rules.fixable_only:
        return
    plain = policy.model_copy(update={"exceptions": ()})
    for one in verdict(looked, plain).findings:
        if one.finding.severity is Severity.UNKNOWN and one.finding.kind is Kind.VULNERABILITY:
            assert one.decision is Decision.REFUSES


@given(SCANS, SCANS, POLICIES)
def test_a_baseline_excuses_nothing_that_was_not_in_it(looked, earlier, policy):
    before = {one.fingerprint for one in earlier.findings}
    plain = {id(one.finding): one.decision for one in verdict(looked, policy).findings}
    for one in verdict(looked, policy, baseline=of_scan(earlier)).findings:
        if one.decision is not plain[id(one.finding)]:
            assert plain[id(one.finding)] is Decision.REFUSES
            assert one.decision is Decision.KNOWN
            assert one.finding.fingerprint in before


@given(SCANS, POLICIES)
def test_a_stricter_threshold_never_refuses_less(looked, policy):
    strict = policy.fail_on.model_copy(update={"severity": Severity.UNKNOWN, "secrets": Severity.UNKNOWN})
    some, more = (
        {id(one.finding) for one in verdict(looked, known).findings if one.decision is Decision.REFUSES}
        for known in (policy, policy.model_copy(update={"fail_on": strict}))
    )
    assert some <= more


@given(SCANS, POLICIES)
def test_the_same_values_give_the_same_bytes(looked, policy):
    assert verdict(looked, policy).model_dump_json() == verdict(looked, policy).model_dump_json()


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_of_a_file_beside_the_policy_end_in_anything_but_words(data):
    from gate.judging import baseline, feeds, trivyignore, vex
    from gate.policy import IgnoreFile

    def ignores(name):
        terms = IgnoreFile(file=name, owner="o", reason="r", expires="2026-12-31")
        return lambda data, _: trivyignore.parse_ignore_file(data, terms)

    readers = [
        baseline.parse_baseline,
        feeds.parse_kev,
        feeds.parse_epss,
        vex.parse_vex,
        ignores("a"),
        ignores("a.yaml"),
    ]
    for read in readers:
        assert problem(read, data).isprintable()
