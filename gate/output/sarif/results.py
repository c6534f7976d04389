"""Results: one for each finding, with its place and its identity."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sarif_om import Result, Suppression

from gate.model.findings import Advisory, Finding, Kind, Occurrence
from gate.model.platforms import Manifests
from gate.model.verdict import SET_ASIDE, Decision, Judged
from gate.output.sarif.locations import Locator
from gate.output.sarif.rule_help import Rule
from gate.output.sarif.serialize import sarif
from gate.output.sarif.severity import LEVELS, WORDS
from gate.output.sarif.texts import message, short

"""Findings that nobody has to act on: they stay, as suppressed results. Those known from a baseline stay open."""

_WORDS = {decision: decision.value for decision in Decision}
_UNFIXED = {
    "will_not_fix": "Its maintainers will not fix it.",
    "fix_deferred": "Its fix is deferred.",
    "end_of_life": "Its version gets no fixes any more.",
    "under_investigation": "Its maintainers are still looking into it.",
}


_ORDER = {Decision.REFUSES: 0, **dict.fromkeys(SET_ASIDE, 2)}


@dataclass(frozen=True)
class Numbered:
    """A finding as it was judged, and its number among those that share its fingerprint, from 1 on."""

    judged: Judged
    number: int = 1


def in_order(judged: Sequence[Judged]) -> list[Numbered]:
    """What refuses first, then the other open findings, then those set aside; each as they came: worst first.

    The numbers are in an order that no rating or version decides.
    """
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(judged):
        groups[one.finding.fingerprint].append(place)
    numbers = [1] * len(judged)
    for places in groups.values():
        places.sort(key=lambda place: _identity(judged[place].finding))
        for number, place in enumerate(places, 1):
            numbers[place] = number
    numbered = map(Numbered, judged, numbers)
    return sorted(numbered, key=lambda one: _ORDER.get(one.judged.decision, 1))


def _identity(one: Finding) -> tuple[object, ...]:
    return one.path, one.purl, one.message, one.start_line, one.platforms


class Results:
    """Makes the results of one run."""

    def __init__(
        self,
        image: str,
        advisories: Mapping[str, Advisory],
        locator: Locator,
        manifests: Manifests,
    ) -> None:
        """`image` is what messages call it."""
        self._image = message(image, 300)
        self._advisories = advisories
        self._locator = locator
        self._manifests = manifests
        self._platforms: dict[tuple[Occurrence, ...], str] = {}

    def plain(self, numbered: Numbered, rule: Rule) -> dict[str, Any]:
        """A finding as SARIF has it."""
        one = numbered.judged
        finding = one.finding
        advisory = self._advisories.get(finding.advisory)
        made = sarif(
            Result,
            message={"text": self._message(one, advisory.title if advisory else "")},
            level=LEVELS[one.severity],
            locations=[self._locator.of(finding)],
            partial_fingerprints={"primaryLocationLineHash": f"{finding.fingerprint}:{numbered.number}"},
            properties=_properties(one),
            rule_id=rule.id,
            rule_index=rule.index,
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
        """Its platforms; findings of one layer have the same occurrences."""
        known = self._platforms.get(occurrences)
        if known is None:
            names = short(", ".join(self._manifests.names(occurrences)))
            known = self._platforms[occurrences] = f" On {names}." if names else ""
        return known


def _suppression(one: Judged) -> dict[str, Any]:
    words = message(one.why, 1000) or _WORDS[one.decision]
    made = sarif(Suppression, kind="external", justification=words)
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
