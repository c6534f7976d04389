"""Values for the template of the HTML page, shortened and safe to show."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import NamedTuple

from gate.model.findings import Finding, Occurrence, Severity
from gate.model.platforms import Manifests
from gate.model.verdict import Decision, Judged, Verdict
from gate.output import formatting, verdict_text
from gate.text import lines, one_line

_LAYERS, _REFERENCES, _ADVISORY = 15, 6, 4000


class Bar(NamedTuple):
    """A bar of the chart, `width` in percent of the longest."""

    word: str
    found: str
    width: str


class Segment(NamedTuple):
    """A part of a bar, from `x` on; both in percent of the longest bar."""

    word: str
    x: str
    width: str


class HtmlPlace(NamedTuple):
    """A platform or a layer, and how much was found there."""

    name: str
    digest: str
    system: str
    packages: str
    findings: str
    refusing: str
    segments: tuple[Segment, ...] = ()
    counts: str = ""
    """The same in words: `3 critical · 1 high`."""


class More(NamedTuple):
    """What a row shows when it is opened."""

    texts: tuple[str, ...]
    facts: tuple[str, ...]
    links: tuple[str, ...]


class HtmlRow(NamedTuple):
    """One finding."""

    severity: str
    decision: str
    word: str
    id: str
    url: str
    alarm: str
    title: str
    package: str
    versions: str
    where: str
    partly: str
    why: str
    more: More | None


@dataclass(slots=True)
class RowBudget:
    """Number of finding rows that the page may still take, over all its images."""

    rows: int
    detailed: int
    """How many of them, the first ones, carry the text of their advisory."""


def rows(verdict: Verdict, budget: RowBudget) -> Iterator[HtmlRow]:
    """Yield the findings in order until the budget is used up."""
    manifests = Manifests(verdict.platforms)
    for one in verdict.findings[: budget.rows]:
        budget.rows -= 1
        budget.detailed -= 1
        finding = one.finding
        known = verdict.advisories.get(finding.advisory)
        yield HtmlRow(
            severity=one.severity.value,
            decision=one.decision.value,
            word=formatting.DECISIONS[one.decision],
            id=one_line(finding.id, 80),
            url=formatting.link(known.url) if known else "",
            alarm=formatting.exploited(one),
            title=formatting.title(one, verdict, 160),
            package=one_line(finding.package, 160),
            versions=formatting.versions(finding),
            where=formatting.middle(formatting.where(finding), 160),
            partly=formatting.partly(finding, manifests),
            why=one_line(one.why),
            more=_more(one, verdict) if budget.detailed >= 0 else None,
        )


def _more(one: Judged, verdict: Verdict) -> More:
    finding = one.finding
    known = verdict.advisories.get(finding.advisory)
    texts = (lines(text, _ADVISORY) for text in ((known.description, known.resolution) if known else ()))
    score = f"CVSS {finding.score:g} {one_line(finding.vector, 120)}".strip() if finding.score is not None else ""
    layer = next((place for place in finding.occurrences if place.layer or place.created_by), None)
    facts = (
        one_line(finding.message),
        f"rule: {one_line(one.rule, 80)}" if one.rule else "",
        f"rated by {one_line(finding.severity_source, 40)}" if finding.severity_source else "",
        score,
        _layer(layer) if layer else "",
        one_line(finding.purl, 300),
        f"also known as {formatting.listed(finding.aliases, 10)}" if finding.aliases else "",
        formatting.listed(known.weaknesses, 10) if known else "",
    )
    links = (formatting.link(url) for url in (known.references if known else ()))
    return More(
        texts=tuple(text for text in texts if text),
        facts=tuple(text for text in facts if text),
        links=tuple(islice((url for url in links if url), _REFERENCES)),
    )


def _layer(place: Occurrence) -> str:
    parts = ("layer", one_line(place.layer, 80), formatting.instruction(place.created_by))
    return " ".join(part for part in parts if part)


def bars(verdict: Verdict) -> tuple[Bar, ...]:
    """The chart of counts by severity, those that are none included."""
    longest = max(*verdict.counts.values(), 1, 1)
    counts = ((severity.value, verdict.counts.get(severity, 0)) for severity in Severity)
    return tuple(Bar(word, f"{count:,}", f"{count * 100 / longest:.4g}") for word, count in counts)


def platforms(verdict: Verdict) -> tuple[HtmlPlace, ...]:
    """Each platform with the number of open findings in its manifest."""
    manifests = Manifests(verdict.platforms)
    every, refusing = _tally(verdict, manifests.having)
    return tuple(
        HtmlPlace(
            name=one_line(manifests.labels[key], 60),
            digest=one.digest or "",
            system=verdict_text.system(one.os),
            packages=f"{one.packages:,}",
            findings=f"{every[key]:,}",
            refusing=f"{refusing[key]:,}",
        )
        for one in verdict.platforms
        for key in [one.key]
    )


def layers(verdict: Verdict) -> tuple[HtmlPlace, ...]:
    """The layers that brought open findings, those with most that refuses first."""
    every, refusing = _tally(verdict, _layers_of)
    made = {place.layer or place.diff_id: place for one in verdict.findings for place in one.finding.occurrences}
    worst = sorted((key for key in every if key), key=lambda key: (-refusing[key], -every[key], key))[:_LAYERS]
    rated = Counter(
        (key, one.severity) for one in verdict_text.open_findings(verdict) for key in _layers_of(one.finding)
    )
    longest = max((every[key] for key in worst), default=1)
    return tuple(
        HtmlPlace(
            name=formatting.middle(formatting.instruction(made[key].created_by), 240) or "unknown instruction",
            digest=one_line(key, 80),
            system="",
            packages="",
            findings=f"{every[key]:,}",
            refusing=f"{refusing[key]:,}",
            segments=_segments(counts, longest),
            counts=" · ".join(f"{count:,} {severity}" for severity, count in counts),
        )
        for key in worst
        if (counts := [(severity, count) for severity in Severity if (count := rated[key, severity])])
    )


def _segments(counts: Sequence[tuple[Severity, int]], longest: int) -> tuple[Segment, ...]:
    """A bar of several parts, the worst first."""
    ends = list(accumulate((count for _, count in counts), initial=0))
    parts = zip(counts, ends, strict=False)
    return tuple(
        Segment(severity.value, f"{start * 100 / longest:.4g}", f"{count * 100 / longest:.4g}")
        for (severity, count), start in parts
    )


def _tally(verdict: Verdict, places: Callable[[Finding], Iterable[str]]) -> tuple[Counter[str], Counter[str]]:
    """How many open findings each place has, and how many refuse; `places` gives each of a finding once."""
    every: Counter[str] = Counter()
    refusing: Counter[str] = Counter()
    for one in verdict_text.open_findings(verdict):
        there = places(one.finding)
        every.update(there)
        if one.decision is Decision.REFUSES:
            refusing.update(there)
    return every, refusing


def _layers_of(finding: Finding) -> set[str]:
    return {place.layer or place.diff_id for place in finding.occurrences}
