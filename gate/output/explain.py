"""Render one finding in full: where it is, which layer added it, what fixes it, and which rule it breaks."""

from collections.abc import Sequence

from gate.model.findings import Advisory, Finding, Kind, Occurrence
from gate.model.platforms import Manifests
from gate.model.verdict import Decision, Judged, Verdict
from gate.output import formatting
from gate.output.terminal_page import STYLES, TerminalPage
from gate.text import lines, one_line

_SHOWN, _REFERENCES, _LABEL = 50, 12, 7
_OUTCOMES = {
    Decision.REFUSES: ("refuses", "bold red"),
    Decision.KNOWN: ("known before, does not count", "yellow"),
    Decision.REPORTED: ("reported, does not count", "bold"),
    Decision.ACCEPTED: ("accepted, does not count", "cyan"),
    Decision.NOT_AFFECTED: ("not affected, does not count", "green"),
}


def find(verdict: Verdict, identity: str) -> tuple[Judged, ...]:
    """Return the findings with an id or alias, ignoring case, worst first."""
    searched = identity.strip().casefold()
    return tuple(judged for judged in verdict.findings if searched in {name.casefold() for name in _names(judged)})


def _names(judged: Judged) -> tuple[str, ...]:
    return (judged.finding.id, *judged.finding.aliases)


def show(verdict: Verdict, findings: Sequence[Judged], *, color: bool, width: int) -> str:
    """Render findings with one id, at least one, in at most `width` columns, with escape codes only if `color`."""
    page = TerminalPage(color=color, width=width)
    worst = findings[0]
    advisory = verdict.advisories.get(worst.finding.advisory)
    manifests = Manifests(verdict.platforms)
    severity = (worst.severity.upper(), STYLES[worst.severity])
    attacks = formatting.exploited(worst)
    page.line((one_line(worst.finding.id, 80), "bold"), "  ", severity, (f"  {attacks}".rstrip(), "bold red"))
    if advisory and (title := one_line(advisory.title, 300)):
        page.prose(title, first=("",))
    page.line()
    page.line("in ", (formatting.name(verdict.subject), "bold"))
    page.line("   ", (one_line(verdict.subject.digest or "digest unknown", 80), "dim"))
    for judged in findings[:_SHOWN]:
        page.line()
        _finding(page, judged, manifests)
    page.more(len(findings) - _SHOWN, "place")
    aliases = dict.fromkeys(name for judged in findings for name in _names(judged) if name != worst.finding.id)
    if aliases:
        page.line()
        page.prose(formatting.listed(aliases, 20), first=(("also known as ", "dim"),))
    if advisory:
        _advisory(page, advisory)
    return page.text()


def _finding(page: TerminalPage, judged: Judged, manifests: Manifests) -> None:
    finding = judged.finding
    what = one_line(finding.package, 160) or one_line(finding.message, 300) or one_line(finding.path, 300)
    page.prose(f"{what} {one_line(finding.installed, 100)}".strip(), first=("",), style="bold")
    outcome, style = _OUTCOMES[judged.decision]
    page.line("  ", ("policy ", "dim"), (outcome, style), f" ({one_line(judged.rule, 80)})" if judged.rule else "")
    _fact(page, "", one_line(judged.why))
    if finding.installed:
        fix = f"upgrade to {formatting.fixed(finding)}" if finding.fixed else formatting.fixed(finding)
        _fact(page, "fix", fix)
    if finding.path or finding.kind in {Kind.SECRET, Kind.MISCONFIGURATION}:
        _fact(page, "path" if finding.path else "in", formatting.where(finding))
    if finding.message and finding.package:
        _fact(page, "seen", one_line(finding.message))
    everywhere = formatting.listed(manifests.names(finding.occurrences), 20)
    _fact(page, "on", formatting.partly(finding, manifests) or everywhere)
    layers = _layers(finding)
    for made, places in layers.items():
        _fact(page, "layer", made[0])
        _fact(page, "from", made[1])
        if len(layers) > 1:
            _fact(page, "", f"on {formatting.listed(manifests.names(places), 20)}")
    score = f", CVSS {finding.score:g}" if finding.score is not None else ""
    by = f" by {one_line(finding.severity_source, 40)}" if finding.severity_source else ""
    _fact(page, "rated", f"{finding.severity}{by}{score} {one_line(finding.vector, 120)}".rstrip())
    _fact(page, "purl", one_line(finding.purl, 400))


def _layers(finding: Finding) -> dict[tuple[str, str], list[Occurrence]]:
    """Group the places by layer and instruction: usually each platform has its own layer."""
    layers: dict[tuple[str, str], list[Occurrence]] = {}
    for place in finding.occurrences:
        key = (one_line(place.layer or place.diff_id, 100), formatting.instruction(place.created_by))
        layers.setdefault(key, []).append(place)
    return layers


def _fact(page: TerminalPage, label: str, message: str) -> None:
    if message:
        page.prose(message, first=("  ", (label.ljust(_LABEL), "dim")))


def _advisory(page: TerminalPage, advisory: Advisory) -> None:
    if advisory.weaknesses or advisory.published:
        dates = f"published {one_line(advisory.published, 40)[:10]}" if advisory.published else ""
        page.line()
        page.prose(", ".join(part for part in (formatting.listed(advisory.weaknesses, 10), dates) if part), first=("",))
    for heading, body in (("What it is", advisory.description), ("What to do", advisory.resolution)):
        if body:
            page.line()
            page.line((heading, "bold"))
            for line in lines(body, 6000).split("\n"):
                page.prose(line, first=("  ",))
    links = dict.fromkeys(link for url in (advisory.url, *advisory.references) if (link := formatting.link(url)))
    if links:
        page.line()
        page.line(("References", "bold"))
        for link in list(links)[:_REFERENCES]:
            page.line("  ", formatting.middle(link, page.width - 2))
        page.more(len(links) - _REFERENCES, "reference")
