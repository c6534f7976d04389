"""Judge a scan by a policy: a pure function, from values to one value."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from gate.errors import InputError
from gate.judging import scan_rules
from gate.judging.baseline import Baseline
from gate.judging.exceptions import Matcher, SourcedException, collect_exceptions
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
    """What is judged by besides the policy; a feed is None when the policy does not use it."""

    known_exploited: frozenset[str] | None = None
    epss: Mapping[str, float] | None = None
    statements: tuple[Statement, ...] = ()
    exceptions: tuple[SourcedException, ...] = ()
    """From ignore files; those of the policy itself are taken from the policy."""
    baseline: Baseline | None = None


def judge(scan: Scan, policy: Policy, ref: PolicyRef, inputs: JudgeInputs, now: datetime) -> Verdict:
    """Decide every finding and the image. The same values give the same verdict.

    Raises `InputError` when `inputs` lacks a feed that the policy uses, or an exception lasts too long.
    """
    judgement = _Judgement(scan, policy, inputs, now)
    findings = judgement.findings()
    reasons = (*judgement.reasons(findings), *scan_rules.reasons(scan, policy, now))
    counts = Counter(judged.severity for judged in findings if judged.decision not in SET_ASIDE)
    decisions = Counter(judged.decision for judged in findings)
    return Verdict(
        passed=not reasons and Decision.REFUSES not in decisions,
        subject=scan.subject,
        reasons=reasons,
        notices=(*judgement.notices(), *scan_rules.notices(scan, policy)),
        policy=ref,
        judged_at=now,
        scanner=scan.scanner,
        scanned_at=scan.scanned_at,
        database_age=scan_rules.database_age(scan, now),
        kinds=scan.kinds,
        platforms=scan.platforms,
        counts={severity: counts[severity] for severity in Severity if severity in counts},
        decisions={decision: decisions[decision] for decision in Decision if decision in decisions},
        upgrades=upgrades(findings),
        exceptions=judgement.exceptions.uses(),
        baseline=judgement.compared(),
        findings=tuple(sorted(findings, key=_order)),
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


def _order(judged: Judged) -> tuple[bool, int, float, str, str, str, str]:
    """Sort key: refusing findings first, then by severity and score, the worst first, then by name."""
    finding = judged.finding
    name = (finding.id, finding.package, finding.path, finding.fingerprint)
    return judged.decision is not Decision.REFUSES, -judged.severity.rank, -(finding.score or 0), *name


class _Judgement:
    """Judges the findings of one scan."""

    def __init__(self, scan: Scan, policy: Policy, inputs: JudgeInputs, now: datetime) -> None:
        if policy.fail_on.known_exploited and inputs.known_exploited is None:
            raise InputError("the policy asks for known exploited vulnerabilities, and there is no list of them")
        if policy.fail_on.epss is not None and inputs.epss is None:
            raise InputError("the policy asks for EPSS scores, and there are none")
        self.exceptions = Matcher(collect_exceptions(policy, inputs.exceptions, now), now)
        digests = (platform.digest for platform in scan.platforms if platform.digest)
        self._statements = Statements(inputs.statements, scan.subject, digests)
        self._rules = Rules(policy, inputs.known_exploited, inputs.epss)
        self._scan, self._policy, self._baseline = scan, policy, inputs.baseline
        self._limits = Limits(policy)

    def findings(self) -> list[Judged]:
        """Decide every finding, in the order of the scan."""
        rules, limits = self._rules, self._limits
        judged: list[Judged] = []
        counted: list[int] = []
        for finding in self._scan.findings:
            vulnerability = finding.kind is Kind.VULNERABILITY
            exploited = vulnerability and rules.exploited(finding)
            epss = rules.epss(finding) if vulnerability else None
            ruling = rules.ruling(finding, exploited=exploited, epss=epss)
            decision, rule, why = self._decision(finding, ruling, exploited=exploited)
            is_open = vulnerability and decision in _OPEN and limits.counts(finding, ruling)
            if is_open and self._outgrown(finding, ruling, exploited=exploited) != "":
                counted.append(len(judged))
            judged.append(Judged(finding, decision, ruling.severity, rule, why, exploited, epss))
        limits.apply(judged, counted)
        return judged

    def _decision(self, finding: Finding, ruling: Ruling, *, exploited: bool) -> tuple[Decision, str, str]:
        """Return decision, deciding policy key and reason. An exception counts as used even when VEX excuses too."""
        accepted = self.exceptions.match(finding)
        if finding.kind is Kind.VULNERABILITY and (statement := self._statements.match(finding)):
            return Decision.NOT_AFFECTED, "vex", f"{statement.status}: {statement.why} ({statement.source})"
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
        """Why a finding of the baseline counts again; empty when it does not, None when it is not in the baseline."""
        known = self._baseline.findings.get(finding.fingerprint) if self._baseline else None
        if known is None:
            return None
        return known.outgrown(ruling.severity, unrated=finding.severity is Severity.UNKNOWN, exploited=exploited)

    def reasons(self, judged: list[Judged]) -> list[Reason]:
        """Ways in which the findings break the policy."""
        broken: defaultdict[str, Counter[Severity]] = defaultdict(Counter)
        for finding in judged:
            if finding.decision is Decision.REFUSES:
                broken[finding.rule][finding.severity] += 1
        terms = self._policy.fail_on.model_dump()
        terms["epss"] = f"{self._policy.fail_on.epss or 0:.1%}"
        reasons = []
        for rule, what in _REFUSED.items():
            if rule in broken:
                severities = (severity for severity in Severity if severity in broken[rule])
                counts = ", ".join(f"{broken[rule][severity]:,} {severity}" for severity in severities)
                message = f"{what.format(**terms)}: {counts}"
                reasons.append(Reason(rule=rule, message=message, count=broken[rule].total()))
        return [*reasons, *self._limits.reasons()]

    def notices(self) -> list[Notice]:
        """Notices about exceptions, VEX and baseline."""
        messages = self._baseline_notices(self._baseline) if self._baseline else ()
        baseline = [Notice(kind=NoticeKind.BASELINE, message=message) for message in messages]
        return [*self.exceptions.notices(), *self._statements.notices(), *baseline]

    def _baseline_notices(self, baseline: Baseline) -> Iterator[str]:
        """Say when the baseline is of another image, or was not scanned for what counts as new now."""
        name, scan = one_line(baseline.name, 200), self._scan
        if baseline.image != scan.subject.name:
            yield f"compared with {name}, which is of another image: {one_line(baseline.image, 200)}"
        found = {finding.kind for finding in scan.findings}
        if baseline.kinds is not None and (kinds := [kind for kind in Kind if kind in found - baseline.kinds]):
            yield f"{name} was not scanned for {', '.join(kind.plural for kind in kinds)}: all of them are new"
        platforms = [
            one_line(one.platform, 60) for one in scan.platforms if one.platform not in (baseline.platforms or ())
        ]
        if baseline.platforms is not None and platforms:
            yield f"{', '.join(platforms)} was not scanned in {name}: findings only there are new"

    def compared(self) -> BaselineRef | None:
        """Count findings that are in the baseline, new, and gone; None without a baseline."""
        if self._baseline is None:
            return None
        before, now = self._baseline.findings, [finding.fingerprint for finding in self._scan.findings]
        known = sum(fingerprint in before for fingerprint in now)
        gone = len(before.keys() - set(now))
        return BaselineRef(name=one_line(self._baseline.name, 200), known=known, fresh=len(now) - known, gone=gone)
