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
    """Counts open vulnerabilities and tells which limits they are over."""

    def __init__(self, policy: Policy) -> None:
        """Without limits in the policy it is false, and nothing has to be counted."""
        self._limits = policy.limits
        self._fixable_only = policy.fail_on.fixable_only
        self._over: dict[Severity, int] = {}

    def __bool__(self) -> bool:
        """Whether there is any limit."""
        return bool(self._limits)

    def counts(self, finding: Finding, ruling: Ruling) -> bool:
        """Whether an open vulnerability counts: under `fixable_only`, what nothing mends only when it refuses."""
        return not self._fixable_only or bool(finding.fixed) or ruling.refuses

    def apply(self, judged: list[Judged], counted: Iterable[int]) -> None:
        """Count what stands at the places `counted`, and say so where one that is over a limit does not refuse."""
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
            said = f"{plural(count, f'{severity} vulnerability')}, and the policy allows {self._limits[severity]:,}"
            yield Reason(rule=f"limits.{severity}", message=said, count=count)
