"""Render one finding in full: where it is, which layer added it, what fixes it, and which rule it breaks."""

from dataclasses import dataclass

from gate.model.findings import Advisory, Finding, Kind, Occurrence, Subject
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


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that a verdict has about one vulnerability, rule or licence."""

    id: str
    """As the findings name it, even if an alias was searched for."""
    subject: Subject
    manifests: Manifests
    """All of the image's."""
    findings: tuple[Judged, ...]
    """Worst first; at least one."""
    advisory: Advisory | None
    aliases: tuple[str, ...]


def explain(verdict: Verdict, identity: str) -> Explanation | None:
    """Return what `verdict` has about an id or alias, ignoring case; None when it is not in the image."""
    searched = identity.strip().casefold()
    matching = tuple(
        judged
        for judged in verdict.findings
        if searched in {name.casefold() for name in (judged.finding.id, *judged.finding.aliases)}
    )
    if not matching:
        return None
    ids = dict.fromkeys(name for judged in matching for name in (judged.finding.id, *judged.finding.aliases))
    first = matching[0].finding
    return Explanation(
        id=first.id,
        subject=verdict.subject,
        manifests=Manifests(verdict.platforms),
        findings=matching,
        advisory=verdict.advisories.get(first.advisory),
        aliases=tuple(name for name in ids if name != first.id),
    )


def text(explanation: Explanation, *, color: bool, width: int) -> str:
    """Ready-to-print text no wider than `width` columns, with escape codes only if `color`."""
    page = TerminalPage(color=color, width=width)
    worst = explanation.findings[0]
    severity = (worst.severity.upper(), STYLES[worst.severity])
    attacks = formatting.exploited(worst)
    page.line((one_line(explanation.id, 80), "bold"), "  ", severity, (f"  {attacks}".rstrip(), "bold red"))
    if explanation.advisory and (title := one_line(explanation.advisory.title, 300)):
        page.prose(title, first=("",))
    page.line()
    page.line("in ", (formatting.name(explanation.subject), "bold"))
    page.line("   ", (one_line(explanation.subject.digest or "digest unknown", 80), "dim"))
    for judged in explanation.findings[:_SHOWN]:
        page.line()
        _finding(page, judged, explanation.manifests)
    page.more(len(explanation.findings) - _SHOWN, "place")
    _advisory(page, explanation)
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
    """The places by layer and instruction: usually each platform has its own layer."""
    layers: dict[tuple[str, str], list[Occurrence]] = {}
    for place in finding.occurrences:
        key = (one_line(place.layer or place.diff_id, 100), formatting.instruction(place.created_by))
        layers.setdefault(key, []).append(place)
    return layers


def _fact(page: TerminalPage, label: str, message: str) -> None:
    if message:
        page.prose(message, first=("  ", (label.ljust(_LABEL), "dim")))


def _advisory(page: TerminalPage, explanation: Explanation) -> None:
    advisory = explanation.advisory
    if explanation.aliases:
        page.line()
        page.prose(formatting.listed(explanation.aliases, 20), first=(("also known as ", "dim"),))
    if advisory is None:
        return
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
