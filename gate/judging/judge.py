"""Judge a scan by a policy: a pure function, from values to one value."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from gate.errors import InputError
from gate.judging import exceptions, scan_rules
from gate.judging.baseline import Baseline
from gate.judging.exceptions import Matcher, SourcedException
from gate.judging.finding_rules import Rules, Ruling
from gate.judging.limits import Limits
from gate.judging.upgrades import upgrades
from gate.judging.vex_matching import Statement, Statements
from gate.model.findings import Finding, Kind, Scan, Severity
from gate.model.verdict import (
    SET_ASIDE,
    BaselineRef,
    Decision,
    Judged,
    Notice,
    NoticeKind,
    PolicyRef,
    Reason,
    RecordedFeeds,
    Verdict,
)
from gate.policy import Policy
from gate.text import one_line

_ORDER = {severity: place for place, severity in enumerate(Severity)}
_OPEN = frozenset({Decision.REFUSES, Decision.REPORTED})
_REFUSED = {
    "fail_on.known_exploited": "vulnerabilities known to be exploited",
    "fail_on.severity": "vulnerabilities at or above the threshold {severity}",
    "fail_on.epss": "vulnerabilities likely to be exploited, at or above {epss}",
    "fail_on.secrets": "secrets at or above the threshold {secrets}",
    "fail_on.misconfigurations": "misconfigurations at or above the threshold {misconfigurations}",
    "fail_on.licences": "findings of licences that the policy lists",
}


@dataclass(frozen=True)
class JudgeInputs:
    """Inputs of a judgement other than scan and policy; a feed is None when the policy does not use it."""

    known_exploited: frozenset[str] | None = None
    epss: Mapping[str, float] | None = None
    statements: tuple[Statement, ...] = ()
    exceptions: tuple[SourcedException, ...] = ()
    """From ignore files; those of the policy itself are taken from the policy."""
    baseline: Baseline | None = None


def judge(scan: Scan, policy: Policy, ref: PolicyRef, inputs: JudgeInputs, now: datetime) -> Verdict:
    """Decide every finding and the image. The same values give the same verdict.

    Raises `InputError` when the policy asks for a list that `inputs` lacks, or holds an exception that may not last
    as long as it says.
    """
    bench = _Bench(scan, policy, inputs, now)
    judged = bench.findings()
    reasons = (*bench.reasons(judged), *scan_rules.reasons(scan, policy, now))
    counts = Counter(one.severity for one in judged if one.decision not in SET_ASIDE)
    decisions = Counter(one.decision for one in judged)
    return Verdict(
        passed=not reasons and Decision.REFUSES not in decisions,
        subject=scan.subject,
        reasons=reasons,
        notices=(*bench.notices(), *scan_rules.notices(scan, policy)),
        policy=ref,
        judged_at=now,
        scanner=scan.scanner,
        scanned_at=scan.scanned_at,
        database_age=scan_rules.database_age(scan, now),
        kinds=scan.kinds,
        platforms=scan.platforms,
        counts={severity: counts[severity] for severity in Severity if severity in counts},
        decisions={decision: decisions[decision] for decision in Decision if decision in decisions},
        upgrades=upgrades(judged),
        exceptions=bench.exceptions.uses(),
        baseline=bench.compared(),
        findings=_ordered(judged),
        advisories=scan.advisories,
        feeds=_recorded(scan, inputs),
    )


def _recorded(scan: Scan, inputs: JudgeInputs) -> RecordedFeeds:
    """The entries of the feeds that are about this scan's findings."""
    exploited, epss = inputs.known_exploited, inputs.epss
    if exploited is None and epss is None:
        return RecordedFeeds()
    names = sorted({name for finding in scan.findings for name in (finding.id, *finding.aliases)})
    return RecordedFeeds(
        known_exploited=None if exploited is None else tuple(name for name in names if name in exploited),
        epss=None if epss is None else {name: epss[name] for name in names if name in epss},
    )


def _ordered(judged: list[Judged]) -> tuple[Judged, ...]:
    """Worst first; what is alike keeps the order of the scan.

    Two sorts by one string and one number are quicker than one by both: a tuple is slow to compare.
    """
    named = sorted(judged, key=_name)
    named.sort(key=_badness)
    return tuple(named)


def _name(one: Judged) -> str:
    finding = one.finding
    return f"{finding.id}\0{finding.package}\0{finding.path}\0{finding.fingerprint}"


def _badness(one: Judged) -> float:
    """Smaller is worse: by decision, then severity, then score, which is never over 10."""
    group = _ORDER[one.severity] if one.decision is Decision.REFUSES else _ORDER[one.severity] + len(_ORDER)
    return 100 * group - (one.finding.score or 0)


class _Bench:
    """One scan being judged: what is needed for each finding, made ready once."""

    def __init__(self, scan: Scan, policy: Policy, inputs: JudgeInputs, now: datetime) -> None:
        if policy.fail_on.known_exploited and inputs.known_exploited is None:
            raise InputError("the policy asks for known exploited vulnerabilities, and there is no list of them")
        if policy.fail_on.epss is not None and inputs.epss is None:
            raise InputError("the policy asks for EPSS scores, and there are none")
        excepted = (*(SourcedException(one) for one in policy.exceptions), *inputs.exceptions)
        exceptions.check(excepted, policy.max_exception, now.astimezone(UTC).date())
        self.exceptions = Matcher(excepted, now)
        digests = (one.digest for one in scan.platforms if one.digest)
        self._statements = Statements(inputs.statements, scan.subject, digests)
        self._rules = Rules(policy, inputs.known_exploited, inputs.epss)
        self._scan, self._policy, self._baseline = scan, policy, inputs.baseline
        self._limits = Limits(policy)

    def findings(self) -> list[Judged]:
        """Every finding, decided."""
        rules, limits, lists = self._rules, self._limits, self._rules.with_lists
        plain = not (self.exceptions or self._statements or self._baseline)
        refuses, reported, exploited, epss = Decision.REFUSES, Decision.REPORTED, False, None
        judged: list[Judged] = []
        counted: list[int] = []
        for finding in self._scan.findings:
            vulnerability = finding.kind is Kind.VULNERABILITY
            if lists:
                exploited = vulnerability and rules.exploited(finding)
                epss = rules.epss(finding) if vulnerability else None
            ruling = rules.ruling(finding, exploited=exploited, epss=epss)
            if plain and not finding.muted:  # a report may hold 100,000 findings, and nothing more to ask of them
                decision, rule, why = refuses if ruling.refuses else reported, ruling.rule, ruling.why
            else:
                decision, rule, why = self._decision(finding, ruling, exploited=exploited)
            if limits and vulnerability and decision in _OPEN:
                before = self._outgrown(finding, ruling, exploited=exploited)
                if (before is None or before) and limits.counts(finding, ruling):
                    counted.append(len(judged))
            judged.append(Judged(finding, decision, ruling.severity, rule, why, exploited, epss))
        limits.apply(judged, counted)
        return judged

    def _decision(self, finding: Finding, ruling: Ruling, *, exploited: bool) -> tuple[Decision, str, str]:
        """What becomes of a finding, by which key, and why. Exceptions are asked even when VEX has spoken."""
        accepted = self.exceptions.match(finding) if self.exceptions else None
        if self._statements and finding.kind is Kind.VULNERABILITY and (said := self._statements.match(finding)):
            return Decision.NOT_AFFECTED, "vex", f"{said.status}: {said.why} ({said.source})"
        if accepted:
            return Decision.ACCEPTED, accepted.rule, accepted.why
        rule, why = ruling.rule, ruling.why
        decision = Decision.REFUSES if ruling.refuses else Decision.REPORTED
        before = self._outgrown(finding, ruling, exploited=exploited) if ruling.refuses else None
        if before:
            why = f"{why}, and {before}"
        elif before is not None and self._baseline:
            decision, rule = Decision.KNOWN, "baseline"
            why = f"{why}, but it was there before ({self._baseline.name})"
        if finding.muted:
            why = f"{why}; the scanner had set it aside ({finding.muted}), which is not trusted"
        return decision, rule, why

    def _outgrown(self, finding: Finding, ruling: Ruling, *, exploited: bool) -> str | None:
        """Why the baseline does not excuse a finding; empty when it does, None when it was not there before."""
        known = self._baseline.findings.get(finding.fingerprint) if self._baseline else None
        if known is None:
            return None
        return known.outgrown(ruling.severity, unrated=finding.severity is Severity.UNKNOWN, exploited=exploited)

    def reasons(self, judged: list[Judged]) -> list[Reason]:
        """Ways in which the findings break the policy."""
        broken: defaultdict[str, Counter[Severity]] = defaultdict(Counter)
        for one in judged:
            if one.decision is Decision.REFUSES:
                broken[one.rule][one.severity] += 1
        terms = self._policy.fail_on.model_dump()
        terms["epss"] = f"{self._policy.fail_on.epss or 0:.1%}"
        found = []
        for rule, what in _REFUSED.items():
            if rule not in broken:
                continue
            counts = ", ".join(f"{broken[rule][one]:,} {one}" for one in Severity if one in broken[rule])
            count = broken[rule].total()
            found.append(Reason(rule=rule, message=f"{what.format(**terms)}: {counts}", count=count))
        found.extend(self._limits.reasons())
        return found

    def notices(self) -> list[Notice]:
        """What to know of exceptions, VEX and baseline."""
        found = [*self.exceptions.notices(), *self._statements.notices()]
        before, name = self._baseline, self._scan.subject.name
        if before and before.image != name:
            said = (
                f"compared with {one_line(before.name, 200)}, which is of another image: {one_line(before.image, 200)}"
            )
            found.append(Notice(kind=NoticeKind.BASELINE, message=said))
        if before:
            found += [Notice(kind=NoticeKind.BASELINE, message=said) for said in self._unseen_before(before)]
        return found

    def _unseen_before(self, before: Baseline) -> Iterator[str]:
        """Notices about findings that are new only because the baseline was not scanned for them."""
        name, scan = one_line(before.name, 200), self._scan
        if before.kinds is not None:
            found = {one.kind for one in scan.findings}
            kinds = [kind.plural for kind in Kind if kind in found and kind not in before.kinds]
            if kinds:
                yield f"{name} was not scanned for {', '.join(kinds)}: all of them are new"
        if before.platforms is not None:
            platforms = [one_line(one.platform, 60) for one in scan.platforms if one.platform not in before.platforms]
            if platforms:
                yield f"{', '.join(platforms)} was not scanned in {name}: findings only there are new"

    def compared(self) -> BaselineRef | None:
        """How the findings differ from the baseline's, whatever was decided of them."""
        if self._baseline is None:
            return None
        before = self._baseline.findings
        known = sum(finding.fingerprint in before for finding in self._scan.findings)
        gone = len(before.keys() - {finding.fingerprint for finding in self._scan.findings})
        return BaselineRef(
            name=one_line(self._baseline.name, 200), known=known, fresh=len(self._scan.findings) - known, gone=gone
        )
