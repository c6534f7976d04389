"""SARIF results: one for each finding, with its location and fingerprint."""

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
    """Sort findings: those that refuse the image, the other open ones, those set aside; within each the worst first.

    The numbers of findings with one fingerprint follow an order that no rating or version changes.
    """
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for index, entry in enumerate(judged):
        groups[entry.finding.fingerprint].append(index)
    numbers = [1] * len(judged)
    for indexes in groups.values():
        indexes.sort(key=lambda index: _identity(judged[index].finding))
        for number, index in enumerate(indexes, 1):
            numbers[index] = number
    numbered = map(Numbered, judged, numbers)
    return sorted(numbered, key=lambda entry: _ORDER.get(entry.judged.decision, 1))


def _identity(finding: Finding) -> tuple[object, ...]:
    return finding.path, finding.purl, finding.message, finding.start_line, finding.platforms


class Results:
    """Makes the results of one run."""

    def __init__(
        self,
        image: str,
        advisories: Mapping[str, Advisory],
        locator: Locator,
        manifests: Manifests,
    ) -> None:
        """`image` is its name in messages."""
        self._image = message(image, 300)
        self._advisories = advisories
        self._locator = locator
        self._manifests = manifests
        self._platforms: dict[tuple[Occurrence, ...], str] = {}

    def plain(self, numbered: Numbered, rule: Rule) -> dict[str, Any]:
        """Return the SARIF result of a finding."""
        judged = numbered.judged
        finding = judged.finding
        advisory = self._advisories.get(finding.advisory)
        result = sarif(
            Result,
            message={"text": self._message(judged, advisory.title if advisory else "")},
            level=LEVELS[judged.severity],
            locations=[self._locator.of(finding)],
            partial_fingerprints={"primaryLocationLineHash": f"{finding.fingerprint}:{numbered.number}"},
            properties=_properties(judged),
            rule_id=rule.id,
            rule_index=rule.index,
        )
        if judged.decision in SET_ASIDE:
            result["suppressions"] = [_suppression(judged)]
        return result

    def _message(self, judged: Judged, title: str) -> str:
        finding = judged.finding
        title = message(title, 200).rstrip(".")
        tail = f": {title}." if title else "."
        rated = f"{short(finding.id) or '?'} ({WORDS[judged.severity]})"
        if finding.kind is Kind.VULNERABILITY:
            package = message(f"{finding.package} {finding.installed}", 300)
            text = f"{package} in {self._image} has {rated}{tail}"
            if finding.fixed:
                text += f" Fixed in {short(finding.fixed)}."
            else:
                text += f" {_UNFIXED.get(finding.status, 'No fix is known yet.')}"
        elif finding.kind is Kind.LICENCE:
            text = f"{short(finding.package) or 'A file'} in {self._image} is under the licence {rated}."
        elif finding.kind is Kind.SECRET:
            text = f"{self._image} holds a secret, {rated}{tail}"
        else:
            failed = message(finding.message, 300).rstrip(".") or title
            text = f"{self._image} breaks the check {rated}" + (f": {failed}." if failed else ".")
        if finding.path and finding.kind is not Kind.MISCONFIGURATION:
            text += f" Found in {message(finding.path, 400)}."
        return text + self._on(finding.occurrences)

    def _on(self, occurrences: tuple[Occurrence, ...]) -> str:
        """Name the platforms of a finding; findings of one layer have the same occurrences."""
        text = self._platforms.get(occurrences)
        if text is None:
            names = short(", ".join(self._manifests.names(occurrences)))
            text = self._platforms[occurrences] = f" On {names}." if names else ""
        return text


def _suppression(judged: Judged) -> dict[str, Any]:
    reason = message(judged.why, 1000) or judged.decision.value
    suppression = sarif(Suppression, kind="external", justification=reason)
    suppression["status"] = "accepted"  # sarif_om has a draft's name for it, `state`
    return suppression


def _properties(judged: Judged) -> dict[str, Any]:
    """Facts for readers other than GitHub. Nothing here is part of a finding's identity."""
    finding = judged.finding
    texts = {
        "policyRule": judged.rule,
        "installed": finding.installed,
        "fixed": finding.fixed,
        "status": finding.status,
        "vector": finding.vector,
    }
    properties: dict[str, Any] = {"decision": judged.decision.value, "severity": WORDS[judged.severity]}
    properties |= {name: safe for name, text in texts.items() if text and (safe := short(text))}
    if finding.score is not None:
        properties["score"] = finding.score
    if judged.known_exploited:
        properties["knownExploited"] = True
    if judged.epss is not None:
        properties["epss"] = judged.epss
    return properties
