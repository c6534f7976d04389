"""Limits: how many vulnerabilities of a severity the policy allows."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from gate.judging.finding_rules import Ruling
from gate.model.findings import Finding, Severity
from gate.model.verdict import Decision, Judged, Reason
from gate.policy import Policy
from gate.text import plural


class Limits:
    """Counts open vulnerabilities, and reports the limits that they exceed."""

    def __init__(self, policy: Policy) -> None:
        """Take the limits from `limits` of the policy."""
        self._limits = policy.limits
        self._fixable_only = policy.fail_on.fixable_only
        self._over: dict[Severity, int] = {}

    def counts(self, finding: Finding, ruling: Ruling) -> bool:
        """Whether an open vulnerability counts. With `fixable_only`, one without a fix counts only when it refuses."""
        return bool(self._limits) and (not self._fixable_only or bool(finding.fixed) or ruling.refuses)

    def apply(self, judged: list[Judged], counted: Iterable[int]) -> None:
        """Count the findings at the indexes `counted`; one that refuses only by a limit gets that as its rule."""
        places: defaultdict[Severity, list[int]] = defaultdict(list)
        for place in counted:
            one = judged[place]
            places[one.severity].append(place)
            if one.finding.severity is Severity.UNKNOWN is not one.severity:
                places[Severity.UNKNOWN].append(place)
        for severity in Severity:
            most, count = self._limits.get(severity), len(places[severity])
            if most is None or count <= most:
                continue
            self._over[severity] = count
            also = f"it is one of {count:,} {severity} ones, and the policy allows {most:,}"
            for place in places[severity]:
                one = judged[place]
                if one.decision is Decision.REPORTED:
                    judged[place] = replace(one, rule=f"limits.{severity}", why=f"{one.why}, but {also}")

    def reasons(self) -> Iterator[Reason]:
        """One for each limit that is exceeded."""
        for severity, count in self._over.items():
            message = f"{plural(count, f'{severity} vulnerability')}, and the policy allows {self._limits[severity]:,}"
            yield Reason(rule=f"limits.{severity}", message=message, count=count)
