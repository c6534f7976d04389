"""One finding in full: where it is, who brought it, what mends it, and which rule of the policy it breaks."""

from dataclasses import dataclass

from gate.model.findings import Advisory, Finding, Kind, Occurrence, Subject
from gate.model.platforms import Manifests
from gate.model.verdict import Decision, Judged, Verdict
from gate.output import formatting
from gate.output.terminal_page import STYLES, Part, TerminalPage
from gate.text import lines, one_line, plural

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
    """Everything that a verdict knows of one vulnerability, rule or licence."""

    id: str
    """As the findings name it, whichever alias was asked for."""
    subject: Subject
    manifests: Manifests
    """All of the image's."""
    findings: tuple[Judged, ...]
    """Worst first; at least one."""
    advisory: Advisory | None
    aliases: tuple[str, ...]


def explain(verdict: Verdict, identity: str) -> Explanation | None:
    """What `verdict` knows of an id or alias, in upper or lower case; None when it is not in the image."""
    wanted = identity.strip().casefold()
    found = tuple(
        one
        for one in verdict.findings
        if one.finding.id.casefold() == wanted or any(alias.casefold() == wanted for alias in one.finding.aliases)
    )
    if not found:
        return None
    ids = dict.fromkeys(text for one in found for text in (one.finding.id, *one.finding.aliases))
    first = found[0].finding
    return Explanation(
        id=first.id,
        subject=verdict.subject,
        manifests=Manifests(verdict.platforms),
        findings=found,
        advisory=verdict.advisories.get(first.advisory),
        aliases=tuple(text for text in ids if text != first.id),
    )


def text(explanation: Explanation, *, color: bool, width: int) -> str:
    """Ready-to-print text no wider than `width` columns, with escape codes only if `color`."""
    page = TerminalPage(color=color, width=width)
    worst = explanation.findings[0]
    page.line(
        (one_line(explanation.id, 80), "bold"), "  ", (worst.severity.upper(), STYLES[worst.severity]), _alarm(worst)
    )
    if title := _title(explanation):
        page.prose(title, first=("",))
    page.line()
    page.line("in ", (formatting.name(explanation.subject), "bold"))
    page.line("   ", (one_line(explanation.subject.digest or "digest unknown", 80), "dim"))
    for one in explanation.findings[:_SHOWN]:
        page.line()
        _finding(page, one, explanation)
    if (more := len(explanation.findings) - _SHOWN) > 0:
        page.line()
        page.line(f"… and {plural(more, 'more place')}")
    _advisory(page, explanation)
    return page.text()


def _alarm(one: Judged) -> Part:
    known = formatting.exploited(one)
    return (f"  {known}" if known else "", "bold red")


def _title(explanation: Explanation) -> str:
    return one_line(explanation.advisory.title, 300) if explanation.advisory else ""


def _finding(page: TerminalPage, one: Judged, explanation: Explanation) -> None:
    finding = one.finding
    what = one_line(finding.package, 160) or one_line(finding.message, 300) or one_line(finding.path, 300)
    page.prose(f"{what} {one_line(finding.installed, 100)}".strip(), first=("",), style="bold")
    outcome, style = _OUTCOMES[one.decision]
    page.line("  ", ("policy ", "dim"), (outcome, style), f" ({one_line(one.rule, 80)})" if one.rule else "")
    _fact(page, "", one_line(one.why))
    if finding.installed:
        fix = f"upgrade to {formatting.fixed(finding)}" if finding.fixed else formatting.fixed(finding)
        _fact(page, "fix", fix)
    if finding.path or finding.kind in {Kind.SECRET, Kind.MISCONFIGURATION}:
        _fact(page, "path" if finding.path else "in", formatting.where(finding))
    if finding.message and finding.package:
        _fact(page, "seen", one_line(finding.message))
    manifests = explanation.manifests
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
    found: dict[tuple[str, str], list[Occurrence]] = {}
    for place in finding.occurrences:
        key = (one_line(place.layer or place.diff_id, 100), formatting.instruction(place.created_by))
        found.setdefault(key, []).append(place)
    return found


def _fact(page: TerminalPage, label: str, message: str) -> None:
    if message:
        page.prose(message, first=("  ", (label.ljust(_LABEL), "dim")))


def _advisory(page: TerminalPage, explanation: Explanation) -> None:
    known = explanation.advisory
    if explanation.aliases:
        page.line()
        page.prose(formatting.listed(explanation.aliases, 20), first=(("also known as ", "dim"),))
    if known is None:
        return
    if known.weaknesses or known.published:
        dates = f"published {one_line(known.published, 40)[:10]}" if known.published else ""
        page.line()
        page.prose(", ".join(part for part in (formatting.listed(known.weaknesses, 10), dates) if part), first=("",))
    for heading, body in (("What it is", known.description), ("What to do", known.resolution)):
        if body:
            page.line()
            page.line((heading, "bold"))
            for line in lines(body, 6000).split("\n"):
                page.prose(line, first=("  ",))
    links = dict.fromkeys(link for url in (known.url, *known.references) if (link := formatting.link(url)))
    if links:
        page.line()
        page.line(("References", "bold"))
        for link in list(links)[:_REFERENCES]:
            page.line("  ", formatting.middle(link, page.width - 2))
        if (more := len(links) - _REFERENCES) > 0:
            page.line(f"  … and {plural(more, 'more reference')}")
