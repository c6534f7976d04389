"""Policy rules on single findings: whether a finding refuses the image, by which key, and why."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gate.model.findings import Finding, Kind, Severity
from gate.policy import Policy

_WORD = re.compile(r"[^\s()]+")


@dataclass(frozen=True, slots=True)
class Ruling:
    """Result of the rules for a finding, before exceptions, VEX and baseline."""

    refuses: bool
    severity: Severity
    """Severity that it is judged as."""
    rule: str
    why: str


class Rules:
    """Applies the rules; similar findings share one `Ruling`, so that a large report needs less memory."""

    def __init__(
        self, policy: Policy, known_exploited: frozenset[str] | None, epss: Mapping[str, float] | None
    ) -> None:
        """`known_exploited` and `epss` are None when the policy does not use the feed."""
        self._policy = policy.fail_on
        self._exploited = known_exploited or frozenset()
        self._epss = epss or {}
        self._licences = {licence.casefold(): licence for licence in policy.fail_on.licences}
        self._rulings: dict[tuple[str, str, str | bool], Ruling] = {}

    def exploited(self, finding: Finding) -> bool:
        """Whether the vulnerability is in the KEV catalog, by its id or an alias."""
        return finding.id in self._exploited or not self._exploited.isdisjoint(finding.aliases)

    def epss(self, finding: Finding) -> float | None:
        """The highest EPSS score of its id and aliases; None when there is none."""
        return max((self._epss[name] for name in (finding.id, *finding.aliases) if name in self._epss), default=None)

    def ruling(self, finding: Finding, *, exploited: bool, epss: float | None) -> Ruling:
        """Apply the rules; `exploited` and `epss` are the results of the methods of that name."""
        if exploited and self._policy.known_exploited:
            why = "it is known to be exploited (CISA's catalogue)"
            return Ruling(True, self.judged_as(finding), "fail_on.known_exploited", why)  # noqa: FBT003 one of four fields
        what = f"{finding.id}\0{finding.message}" if finding.kind is Kind.LICENCE else not finding.fixed
        key = (finding.kind, finding.severity, what)
        found = self._rulings.get(key)
        if found is None:
            found = self._rulings[key] = self._by_kind(finding, self.judged_as(finding))
        limit = self._policy.epss
        if not found.refuses and limit is not None and epss is not None and epss >= limit:
            why = f"its probability of exploitation is {epss:.1%}, at or above {limit:.1%}"
            return Ruling(True, found.severity, "fail_on.epss", why)  # noqa: FBT003 one of four fields
        return found

    def judged_as(self, finding: Finding) -> Severity:
        """The scanner's severity; for an unknown one `fail_on.unknown_severity`, but not for licences."""
        if finding.severity is Severity.UNKNOWN and finding.kind is not Kind.LICENCE:
            return self._policy.unknown_severity
        return finding.severity

    def _by_kind(self, finding: Finding, severity: Severity) -> Ruling:
        if finding.kind is Kind.SECRET:
            return self._measured(finding, severity, self._policy.secrets, "secrets")
        if finding.kind is Kind.MISCONFIGURATION:
            return self._measured(finding, severity, self._policy.misconfigurations, "misconfigurations")
        if finding.kind is Kind.LICENCE:
            return self._licence(finding, severity)
        return self._vulnerability(finding, severity)

    def _vulnerability(self, finding: Finding, severity: Severity) -> Ruling:
        ruling = self._measured(finding, severity, self._policy.severity, "severity")
        if ruling.refuses and self._policy.fixable_only and not finding.fixed:
            why = f"no version fixes it, and the policy counts only what an upgrade fixes; it is {severity}"
            return Ruling(False, severity, "fail_on.fixable_only", why)  # noqa: FBT003 one of four fields
        return ruling

    def _measured(self, finding: Finding, severity: Severity, threshold: Severity | None, key: str) -> Ruling:
        unrated = f"it has no severity rating, so it is judged as {severity}: that"
        what = severity if severity is finding.severity else unrated
        if threshold is None:
            why = f"{what} breaks no rule: the policy sets no threshold (fail_on.{key})"
            return Ruling(False, severity, "", why)  # noqa: FBT003 one of four fields
        if not severity.reaches(threshold):
            return Ruling(False, severity, "", f"{what} is below the threshold {threshold}")  # noqa: FBT003
        return Ruling(True, severity, f"fail_on.{key}", f"{what} is at or above the threshold {threshold}")  # noqa: FBT003

    def _licence(self, finding: Finding, severity: Severity) -> Ruling:
        """A licence, each licence of an expression (`MIT OR AGPL-3.0-only`: any is enough), or its category."""
        names = [finding.id, *_WORD.findall(finding.id), finding.message]
        listed = next((self._licences[name.casefold()] for name in names if name.casefold() in self._licences), None)
        if listed is None:
            return Ruling(False, severity, "", "the policy does not list this licence (fail_on.licences)")  # noqa: FBT003
        return Ruling(True, severity, "fail_on.licences", f"the policy lists {listed} (fail_on.licences)")  # noqa: FBT003
