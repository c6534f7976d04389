"""The rules of the policy that look at one finding: does it refuse, by which key, and in what words."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gate.model.findings import Finding, Kind, Severity
from gate.policy import Policy

_WORD = re.compile(r"[^\s()]+")


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the policy says of a finding, before exceptions, VEX and baseline."""

    refuses: bool
    severity: Severity
    """What it is judged as."""
    rule: str
    why: str


class Rules:
    """Rules on findings; findings alike get one and the same ruling."""

    def __init__(
        self, policy: Policy, known_exploited: frozenset[str] | None, epss: Mapping[str, float] | None
    ) -> None:
        """`exploited` and `epss` are None when the policy does not use the feed."""
        self._policy = policy.fail_on
        self.with_lists = bool(known_exploited or epss)
        """Whether there is anything to look up."""
        self._exploited = known_exploited or frozenset()
        self._epss = epss or {}
        self._licences = {licence.casefold(): licence for licence in policy.fail_on.licences}
        self._rulings: dict[tuple[str, str, str | bool], Ruling] = {}
        self._of: dict[Kind, Callable[[Finding, Severity], Ruling]] = {
            Kind.VULNERABILITY: self._vulnerability,
            Kind.SECRET: self._secret,
            Kind.MISCONFIGURATION: self._misconfiguration,
            Kind.LICENCE: self._licence,
        }

    def exploited(self, finding: Finding) -> bool:
        """Whether the vulnerability, by any of its names, is on the list of exploited ones."""
        return bool(self._exploited) and (
            finding.id in self._exploited or not self._exploited.isdisjoint(finding.aliases)
        )

    def epss(self, finding: Finding) -> float | None:
        """The highest probability of exploitation by any of its names; None when there is no score."""
        if not self._epss:
            return None
        return max((self._epss[name] for name in (finding.id, *finding.aliases) if name in self._epss), default=None)

    def ruling(self, finding: Finding, *, exploited: bool, epss: float | None) -> Ruling:
        """Apply the rules to a finding; `exploited` and `epss` are the results of the methods of that name."""
        if exploited and self._policy.known_exploited:
            why = "it is known to be exploited (CISA's catalogue)"
            return Ruling(True, self.judged_as(finding), "fail_on.known_exploited", why)  # noqa: FBT003 one of four fields
        what = f"{finding.id}\0{finding.message}" if finding.kind is Kind.LICENCE else not finding.fixed
        key = (finding.kind, finding.severity, what)
        found = self._rulings.get(key)
        if found is None:
            found = self._rulings[key] = self._of[finding.kind](finding, self.judged_as(finding))
        limit = self._policy.epss
        if not found.refuses and limit is not None and epss is not None and epss >= limit:
            why = f"its probability of exploitation is {epss:.1%}, at or above {limit:.1%}"
            return Ruling(True, found.severity, "fail_on.epss", why)  # noqa: FBT003 one of four fields
        return found

    def judged_as(self, finding: Finding) -> Severity:
        """The scanner's severity, or the policy's stand-in for an unknown one."""
        if finding.severity is Severity.UNKNOWN and finding.kind is not Kind.LICENCE:
            return self._policy.unknown_severity
        return finding.severity

    def _vulnerability(self, finding: Finding, severity: Severity) -> Ruling:
        ruling = self._measured(finding, severity, self._policy.severity, "severity")
        if ruling.refuses and self._policy.fixable_only and not finding.fixed:
            why = f"no version mends it, and only those that an upgrade mends count; it is {severity}"
            return Ruling(False, severity, "fail_on.fixable_only", why)  # noqa: FBT003 one of four fields
        return ruling

    def _secret(self, finding: Finding, severity: Severity) -> Ruling:
        return self._measured(finding, severity, self._policy.secrets, "secrets")

    def _misconfiguration(self, finding: Finding, severity: Severity) -> Ruling:
        return self._measured(finding, severity, self._policy.misconfigurations, "misconfigurations")

    def _measured(self, finding: Finding, severity: Severity, threshold: Severity | None, key: str) -> Ruling:
        rated = (
            f"it has no severity rating, so it is judged as {severity}: that"
            if severity is not finding.severity
            else ""
        )
        if threshold is None:
            said = f"{rated or severity} breaks no rule: the policy sets no threshold (fail_on.{key})"
            return Ruling(False, severity, "", said)  # noqa: FBT003 one of four fields
        if not severity.reaches(threshold):
            return Ruling(False, severity, "", f"{rated or severity} is below the threshold {threshold}")  # noqa: FBT003
        return Ruling(True, severity, f"fail_on.{key}", f"{rated or severity} is at or above the threshold {threshold}")  # noqa: FBT003

    def _licence(self, finding: Finding, severity: Severity) -> Ruling:
        """A licence, each licence of an expression (`MIT OR AGPL-3.0-only`: any is enough), or its category."""
        names = [finding.id, *_WORD.findall(finding.id), finding.message]
        listed = next((self._licences[name.casefold()] for name in names if name.casefold() in self._licences), None)
        if listed is None:
            return Ruling(False, severity, "", "the policy does not list this licence (fail_on.licences)")  # noqa: FBT003
        return Ruling(True, severity, "fail_on.licences", f"the policy lists {listed} (fail_on.licences)")  # noqa: FBT003
