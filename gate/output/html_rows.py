"""Values for the template of the HTML page, shortened and safe to show."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import Any, NamedTuple

from gate.model.findings import Finding, Occurrence, Severity
from gate.model.platforms import Manifests
from gate.model.verdict import Decision, Judged, Verdict
from gate.output import formatting, verdict_text
from gate.text import lines, one_line

_LAYERS, _REFERENCES, _ADVISORY = 15, 6, 4000


Values = dict[str, Any]
"""Variables of a part of the template."""


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
    more: Values | None
    """Texts, facts and links, shown when the row is opened."""


@dataclass(slots=True)
class RowBudget:
    """Number of finding rows that the page may still take, over all its images."""

    rows: int
    detailed: int
    """Number of rows, the first ones, that may have the text of their advisory."""


def rows(verdict: Verdict, budget: RowBudget) -> Iterator[HtmlRow]:
    """Yield the findings in order until the budget is used up."""
    manifests = Manifests(verdict.platforms)
    for judged in verdict.findings[: budget.rows]:
        budget.rows -= 1
        budget.detailed -= 1
        finding = judged.finding
        known = verdict.advisories.get(finding.advisory)
        yield HtmlRow(
            severity=judged.severity.value,
            decision=judged.decision.value,
            word=formatting.DECISIONS[judged.decision],
            id=one_line(finding.id, 80),
            url=formatting.link(known.url) if known else "",
            alarm=formatting.exploited(judged),
            title=formatting.title(judged, verdict, 160),
            package=one_line(finding.package, 160),
            versions=formatting.versions(finding),
            where=formatting.middle(formatting.where(finding), 160),
            partly=formatting.partly(finding, manifests),
            why=one_line(judged.why),
            more=_more(judged, verdict) if budget.detailed >= 0 else None,
        )


def _more(judged: Judged, verdict: Verdict) -> Values:
    finding = judged.finding
    known = verdict.advisories.get(finding.advisory)
    texts = (lines(text, _ADVISORY) for text in ((known.description, known.resolution) if known else ()))
    score = f"CVSS {finding.score:g} {one_line(finding.vector, 120)}".strip() if finding.score is not None else ""
    layer = next((place for place in finding.occurrences if place.layer or place.created_by), None)
    facts = (
        one_line(finding.message),
        f"rule: {one_line(judged.rule, 80)}" if judged.rule else "",
        f"rated by {one_line(finding.severity_source, 40)}" if finding.severity_source else "",
        score,
        _layer(layer) if layer else "",
        one_line(finding.purl, 300),
        f"also known as {formatting.listed(finding.aliases, 10)}" if finding.aliases else "",
        formatting.listed(known.weaknesses, 10) if known else "",
    )
    links = (formatting.link(url) for url in (known.references if known else ()))
    return {
        "texts": [text for text in texts if text],
        "facts": [text for text in facts if text],
        "links": list(islice((url for url in links if url), _REFERENCES)),
    }


def _layer(place: Occurrence) -> str:
    parts = ("layer", one_line(place.layer, 80), formatting.instruction(place.created_by))
    return " ".join(part for part in parts if part)


def bars(verdict: Verdict) -> list[Values]:
    """Return the chart of counts by severity; `width` is in percent of the longest bar."""
    longest = max(*verdict.counts.values(), 1, 1)
    counts = ((severity.value, verdict.counts.get(severity, 0)) for severity in Severity)
    return [{"word": word, "found": f"{count:,}", "width": _percent(count, longest)} for word, count in counts]


def _percent(count: int, whole: int) -> str:
    return f"{count * 100 / whole:.4g}"


def platforms(verdict: Verdict) -> list[Values]:
    """Return each platform with the number of open findings in its manifest."""
    manifests = Manifests(verdict.platforms)
    every, refusing = _tally(verdict, manifests.having)
    return [
        {
            "name": one_line(manifests.labels[scan.key], 60),
            "digest": scan.digest or "",
            "system": verdict_text.system(scan.os),
            "packages": f"{scan.packages:,}",
            "findings": f"{every[scan.key]:,}",
            "refusing": f"{refusing[scan.key]:,}",
        }
        for scan in verdict.platforms
    ]


def layers(verdict: Verdict) -> list[Values]:
    """Return the layers that added open findings, those with most refusing findings first."""
    every, refusing = _tally(verdict, _layers_of)
    made = {place.layer or place.diff_id: place for judged in verdict.findings for place in judged.finding.occurrences}
    worst = sorted((key for key in every if key), key=lambda key: (-refusing[key], -every[key], key))[:_LAYERS]
    rated = Counter(
        (key, judged.severity) for judged in verdict_text.open_findings(verdict) for key in _layers_of(judged.finding)
    )
    longest = max((every[key] for key in worst), default=1)
    return [
        {
            "name": formatting.middle(formatting.instruction(made[key].created_by), 240) or "unknown instruction",
            "digest": one_line(key, 80),
            "findings": f"{every[key]:,}",
            "refusing": f"{refusing[key]:,}",
            "segments": _segments(counts, longest),
            "counts": " · ".join(f"{count:,} {severity}" for severity, count in counts),
        }
        for key in worst
        if (counts := [(severity, count) for severity in Severity if (count := rated[key, severity])])
    ]


def _segments(counts: Sequence[tuple[Severity, int]], longest: int) -> list[Values]:
    """Return the parts of a bar, the worst first; `x` and `width` are in percent of the longest bar."""
    starts = accumulate((count for _, count in counts), initial=0)
    return [
        {"word": severity.value, "x": _percent(start, longest), "width": _percent(count, longest)}
        for (severity, count), start in zip(counts, starts, strict=False)
    ]


def _tally(verdict: Verdict, places: Callable[[Finding], Iterable[str]]) -> tuple[Counter[str], Counter[str]]:
    """Return the number of open and of refusing findings in each place; `places` returns those of a finding."""
    every: Counter[str] = Counter()
    refusing: Counter[str] = Counter()
    for judged in verdict_text.open_findings(verdict):
        keys = places(judged.finding)
        every.update(keys)
        if judged.decision is Decision.REFUSES:
            refusing.update(keys)
    return every, refusing


def _layers_of(finding: Finding) -> set[str]:
    return {place.layer or place.diff_id for place in finding.occurrences}
