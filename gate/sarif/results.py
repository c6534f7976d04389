"""Results: one for each finding, with its place and its identity."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gate.findings import Advisory, Finding, Kind, Occurrence
from gate.platforms import Manifests
from gate.sarif.om import plain, shape
from gate.sarif.places import Locator
from gate.sarif.rules import Rule
from gate.sarif.severity import LEVELS, WORDS
from gate.sarif.texts import message, short
from gate.verdict import Decision, Judged

SET_ASIDE = frozenset({Decision.ACCEPTED, Decision.NOT_AFFECTED})
"""Findings that nobody has to act on: they stay, as suppressed results. Those known from a baseline stay open."""

_WORDS = {decision: decision.value for decision in Decision}
_UNFIXED = {
    "will_not_fix": "Its maintainers will not fix it.",
    "fix_deferred": "Its fix is deferred.",
    "end_of_life": "Its version gets no fixes any more.",
    "under_investigation": "Its maintainers are still looking into it.",
}


def in_order(judged: Iterable[Judged]) -> list[Judged]:
    """What refuses first, then the other open findings, then those set aside; each as they came: worst first."""
    refusing, open_, aside = [], [], []
    for one in judged:
        if one.decision is Decision.REFUSES:
            refusing.append(one)
        elif one.decision in SET_ASIDE:
            aside.append(one)
        else:
            open_.append(one)
    return refusing + open_ + aside


def numbers(judged: Sequence[Judged]) -> dict[int, int]:
    """For findings that share a fingerprint, by `id()`: 1, 2, … in an order that no rating or version decides.

    Findings that are alone with theirs are not in it.
    """
    if len({one.finding.fingerprint for one in judged}) == len(judged):
        return {}
    shared = Counter(one.finding.fingerprint for one in judged)
    groups: defaultdict[str, list[Finding]] = defaultdict(list)
    for one in judged:
        if shared[one.finding.fingerprint] > 1:
            groups[one.finding.fingerprint].append(one.finding)
    found = {}
    for group in groups.values():
        group.sort(key=lambda one: (one.path, one.purl, one.message, one.start_line, one.platforms))
        found.update({id(finding): number for number, finding in enumerate(group, 1)})
    return found


class Results:
    """Makes the results of one run."""

    def __init__(
        self,
        image: str,
        advisories: Mapping[str, Advisory],
        locator: Locator,
        numbers: dict[int, int],
        manifests: Manifests,
    ) -> None:
        """`image` is what messages call it."""
        from sarif_om._result import Result

        self._result = shape(
            Result, "message", "level", "locations", "partial_fingerprints", "properties", "rule_id", "rule_index"
        )
        self._image = message(image, 300)
        self._advisories = advisories
        self._locator = locator
        self._numbers = numbers
        self._manifests = manifests
        self._platforms: dict[int, str] = {}

    def plain(self, one: Judged, rule: Rule) -> dict[str, Any]:
        """A finding as SARIF has it."""
        finding = one.finding
        advisory = self._advisories.get(finding.advisory)
        number = self._numbers.get(id(finding), 1)
        made = self._result(
            {"text": self._message(one, advisory.title if advisory else "")},
            LEVELS[one.severity],
            [self._locator.of(finding)],
            {"primaryLocationLineHash": f"{finding.fingerprint}:{number}"},
            _properties(one),
            rule.id,
            rule.index,
        )
        if one.decision in SET_ASIDE:
            made["suppressions"] = [_suppression(one)]
        return made

    def _message(self, one: Judged, title: str) -> str:
        finding = one.finding
        words = message(title, 200).rstrip(".")
        rated = f"{short(finding.id) or '?'} ({WORDS[one.severity]})"
        if finding.kind is Kind.VULNERABILITY:
            package = message(f"{finding.package} {finding.installed}", 300)
            said = f"{package} in {self._image} has {rated}" + (f": {words}." if words else ".")
            if finding.fixed:
                said += f" Fixed in {short(finding.fixed)}."
            else:
                said += f" {_UNFIXED.get(finding.status, 'No fix is known yet.')}"
        elif finding.kind is Kind.LICENCE:
            said = f"{short(finding.package) or 'A file'} in {self._image} is under the licence {rated}."
        elif finding.kind is Kind.SECRET:
            said = f"{self._image} holds a secret, {rated}" + (f": {words}." if words else ".")
        else:
            seen = message(finding.message, 300).rstrip(".") or words
            said = f"{self._image} breaks the check {rated}" + (f": {seen}." if seen else ".")
        if finding.path and finding.kind is not Kind.MISCONFIGURATION:
            said += f" Found in {message(finding.path, 400)}."
        return said + self._on(finding.occurrences)

    def _on(self, occurrences: tuple[Occurrence, ...]) -> str:
        """Its platforms; findings of one layer share their occurrences."""
        known = self._platforms.get(id(occurrences))
        if known is None:
            names = short(", ".join(self._manifests.names(occurrences)))
            known = self._platforms[id(occurrences)] = f" On {names}." if names else ""
        return known


def _suppression(one: Judged) -> dict[str, Any]:
    from sarif_om._suppression import Suppression

    words = message(one.why, 1000) or _WORDS[one.decision]
    made: dict[str, Any] = plain(Suppression(kind="external", justification=words))
    made["status"] = "accepted"  # sarif_om has a draft's name for it, `state`
    return made


def _properties(one: Judged) -> dict[str, Any]:
    """For readers other than GitHub. Nothing here is part of a finding's identity."""
    finding = one.finding
    found: dict[str, Any] = {"decision": _WORDS[one.decision], "severity": WORDS[one.severity]}
    if one.rule and (rule := short(one.rule)):
        found["policyRule"] = rule
    if finding.installed and (installed := short(finding.installed)):
        found["installed"] = installed
    if finding.fixed and (fixed := short(finding.fixed)):
        found["fixed"] = fixed
    if finding.status and (status := short(finding.status)):
        found["status"] = status
    if finding.vector and (vector := short(finding.vector)):
        found["vector"] = vector
    if finding.score is not None:
        found["score"] = finding.score
    if one.known_exploited:
        found["knownExploited"] = True
    if one.epss is not None:
        found["epss"] = one.epss
    return found
