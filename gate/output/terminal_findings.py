"""Rows of findings in the terminal text: what refuses with title and link, and on request all others."""

from collections.abc import Sequence
from dataclasses import dataclass

from gate.model.platforms import Manifests
from gate.model.verdict import Judged, Verdict
from gate.output import formatting, verdict_text
from gate.output.terminal_page import STYLES, Part, TerminalPage, cells, fit
from gate.text import one_line, plural

GAP = 2
"""Columns between two cells."""
_SEVERITY = 8
_TITLE = 20
"""Fewest columns in which a title is shown."""
_ROOMY = 150
"""Least width in columns at which a finding and its reason share a line."""


@dataclass(frozen=True)
class Listing:
    """Which findings of each image are listed; the others are counted."""

    limit: int = 20
    """Most refusing findings."""
    everything: bool = False
    """List all findings, also those that do not refuse."""
    where: str = "--all lists them"
    """How to see those that are counted only."""


def show_findings(page: TerminalPage, verdict: Verdict, listing: Listing) -> None:
    """Add the findings of an image."""
    refusing, others = verdict_text.split(verdict)
    if refusing:
        verb = "refuse" if len(refusing) > 1 else "refuses"
        page.line()
        page.line((f"{plural(len(refusing), 'finding')} {verb}, worst first", "bold"))
        same = _grouped(refusing, verdict)
        limit = len(same) if listing.everything else listing.limit
        _rows(page, same[:limit], verdict, links=True)
        if (more := sum(count for _, count in same[limit:])) > 0:
            page.line(f"  … and {more:,} more that refuse ({listing.where})")
    if others:
        page.line()
        rest = "do not refuse" if len(others) > 1 else "does not refuse"
        which = "other finding" if refusing else "finding"
        where = "" if listing.everything else f" ({listing.where})"
        page.line((f"{plural(len(others), which)} {rest}{where}", "bold" if listing.everything else "dim"))
        if listing.everything:
            _rows(page, _grouped(others, verdict), verdict, links=False)


def _grouped(findings: Sequence[Judged], verdict: Verdict) -> list[tuple[Judged, int]]:
    """Group findings whose rows would look the same, with their number."""
    groups: dict[tuple[str, ...], list[Judged]] = {}
    for judged in findings:
        finding = judged.finding
        texts = (formatting.thing(judged, verdict), formatting.versions(finding), formatting.where(finding))
        groups.setdefault((finding.id, *texts, judged.severity, judged.rule), []).append(judged)
    return [(group[0], len(group)) for group in groups.values()]


def _rows(page: TerminalPage, same: Sequence[tuple[Judged, int]], verdict: Verdict, *, links: bool) -> None:
    """Add a row for each finding; with `links` its title and link follow, once for each id."""
    if not same:
        return
    linked: set[str] = set()
    ids = [one_line(judged.finding.id, 60) + (f" ×{count}" if count > 1 else "") for judged, count in same]  # noqa: RUF001
    shown = [judged for judged, _ in same]
    names = [formatting.thing(judged, verdict) for judged in shown]
    versions = [formatting.versions(judged.finding) for judged in shown]
    identity = min(max(map(cells, ids)), 24)
    indent = 2 + _SEVERITY + GAP
    roomy = page.width >= _ROOMY
    available = (page.width * 3 // 5 if roomy else page.width) - indent - identity - 2 * GAP
    packaged = [number for number, version in enumerate(versions) if version] or [0]
    first, second = column_widths([names[n] for n in packaged], [versions[n] for n in packaged], available)
    titles = (cells(name) for name, version in zip(names, versions, strict=True) if not version)
    second = max(second, min(max(titles, default=0), available) - first - GAP)  # a title takes both columns
    for judged, text, package, version in zip(shown, ids, names, versions, strict=True):
        what = fit(package, first) + " " * GAP + fit(version, second) if version else fit(package, first + GAP + second)
        head: list[Part] = [
            "  ",
            (f"{judged.severity.upper():{_SEVERITY}}  ", STYLES[judged.severity]),
            (fit(text, identity) + " " * GAP, "bold"),
            what,
        ]
        used = indent + identity + 2 * GAP + first + second
        if roomy:
            page.line(*head, " " * GAP, *_reason_parts(judged, verdict, judged.why, page.width - used - GAP))
        else:
            page.line(*head)
            page.line(" " * indent, *_reason_parts(judged, verdict, _rule(judged), page.width - indent))
        if links and judged.finding.id not in linked:
            linked.add(judged.finding.id)
            if text := _title_and_link(judged, verdict, page.width - indent):
                page.line(" " * indent, text)


def _title_and_link(judged: Judged, verdict: Verdict, available: int) -> str:
    """Return the advisory's title, unless the row has it already, and its link, which is not shortened."""
    known = verdict.advisories.get(judged.finding.advisory)
    url = one_line(known.url, 300) if known and known.url.startswith(("https://", "http://")) else ""
    text = formatting.title(judged, verdict) if judged.finding.package else ""
    space = available - (cells(url) + 3 if url else 0)
    shown = ""
    if space >= min(_TITLE, cells(text)):
        shown = fit(one_line(text, space), space).rstrip()  # cut at its end; in the middle only when it is wide
    return " · ".join(part for part in (shown, url) if part)


def _rule(judged: Judged) -> str:
    """Return the rule that the finding breaks; empty when the known-exploited or EPSS mark says it already."""
    if formatting.exploited(judged) and judged.rule in {"fail_on.known_exploited", "fail_on.epss"}:
        return ""
    return judged.rule or judged.why


def _reason_parts(judged: Judged, verdict: Verdict, why: str, available: int) -> list[Part]:
    """Return known attacks, location, platforms and reason; the location is shortened first."""
    alarm = formatting.exploited(judged)
    tail = [text for text in (formatting.partly(judged.finding, Manifests(verdict.platforms)), one_line(why)) if text]
    after = " · ".join(tail)
    left = available - (cells(alarm) + 3 if alarm else 0)
    place = formatting.middle(formatting.where(judged.finding), max(left - cells(after) - 3, left // 3))
    text = " · ".join(part for part in (place, after) if part)
    return [(alarm, "bold red"), " · " if alarm and text else "", (text, "dim")]


def column_widths(left: Sequence[str], right: Sequence[str], available: int) -> tuple[int, int]:
    """Return the widths of two cells that share `available` columns; the right one, versions, has priority."""
    need_left, need_right = max(map(cells, left)), max(map(cells, right))
    if need_left + need_right <= available:
        return need_left, need_right
    least = min(need_left, max(12, available // 3))
    right_width = min(need_right, available - least)
    return min(need_left, available - right_width), right_width
