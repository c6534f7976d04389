"""Render the result of `gate inspect` in a terminal."""

from collections import Counter
from collections.abc import Iterator

from gate.model.inspection import Growth, Inspection, LayerFacts, PlatformFacts
from gate.model.platforms import labels
from gate.output import formatting
from gate.output.terminal_page import TerminalPage, fit
from gate.text import one_line, plural

_WIDTH = 10
_LABELS = 30
BUILT = "in index"


def show(inspection: Inspection, *, color: bool, width: int) -> str:
    """Ready-to-print text no wider than `width` columns, with escape codes only if `color`."""
    page = TerminalPage(color=color, width=width)
    page.line((one_line(inspection.name + (f":{inspection.tag}" if inspection.tag else ""), 300), "bold"))
    page.line("  ", (inspection.digest, "dim"), f"  {'an index' if inspection.is_index else 'a manifest'}")
    names = names_of(inspection)
    for platform in inspection.platforms:
        page.line()
        _platform(page, platform, names[platform.digest])
    page.line()
    for name, text in evidence(inspection):
        _row(page, name, text)
    _growth(page, inspection)
    for note in inspection.notes:
        page.prose(one_line(note, 600), first=("  ", (f"{'note':{_WIDTH}}", "yellow")))
    for reason in inspection.reasons:
        page.prose(one_line(reason, 600), first=(("✗ ", "bold red"), ("refused  ", "bold red")))
    return page.text()


def _row(page: TerminalPage, name: str, text: str) -> None:
    page.prose(one_line(text, 600), first=("  ", (f"{name:{_WIDTH}}", "cyan")))


def names_of(inspection: Inspection) -> dict[str, str]:
    """Return the label of each manifest by its digest."""
    return labels((each.digest, each.platform, each.os_version) for each in inspection.platforms)


def _platform(page: TerminalPage, platform: PlatformFacts, name: str) -> None:
    page.line((one_line(name, 60), "bold"), "  ", (platform.digest, "dim"))
    unpacked = formatting.size(platform.unpacked) or "not known"
    layers = plural(len(platform.layers), "layer")
    _row(page, "size", f"{formatting.size(platform.size)} on the wire, {unpacked} unpacked, {layers}")
    age = f", {plural(platform.age_days or 0, 'day')} ago"
    _row(page, "created", formatting.moment(platform.created) + age if platform.created else "it does not say")
    base = " ".join(part for part in (platform.base_name, platform.base_digest) if part)
    _row(page, "base", base or "unknown: no label org.opencontainers.image.base.name")
    for number, layer in enumerate(platform.layers, 1):
        _layer(page, number, layer)
    for label, value in list(platform.labels.items())[:_LABELS]:
        _row(page, "label", f"{label} = {value}")
    if len(platform.labels) > _LABELS:
        _row(page, "label", f"and {len(platform.labels) - _LABELS:,} more")
    for package in platform.packages:
        _row(page, "package", f"{formatting.size(package.size):>8}  {package.name} {package.version}")
    for message in platform.advice:
        page.prose(one_line(message, 600), first=("  ", (f"{'advice':{_WIDTH}}", "yellow")))


def _layer(page: TerminalPage, number: int, layer: LayerFacts) -> None:
    made = formatting.instruction(layer.created_by) or "unknown instruction"
    head = f"{number:>3}  {formatting.size(layer.size):>8}  "
    page.line("  ", ("layer     ", "cyan"), head, fit(made, max(10, page.width - 12 - len(head))).rstrip())


def evidence(inspection: Inspection) -> Iterator[tuple[str, str]]:
    """Yield attached evidence, and the builder's unsigned statements in the index (`BUILT`), as name and text.

    Pieces of the same manifest, kind and signer are counted in one line. The texts are not yet safe to show.
    """
    if not inspection.evidence:
        none = "none that is signed" if inspection.built else "none"
        yield "evidence", f"not known: {inspection.evidence_unknown}" if inspection.evidence_unknown else none
    pieces = inspection.evidence
    counted = Counter((piece.subject, piece.kind, str(piece.format), piece.claimed_signer) for piece in pieces)
    platforms = names_of(inspection) if inspection.is_index else {}
    for (subject, kind, form, signer), count in counted.items():
        where = f" of {platforms[subject]}" if subject in platforms else ""
        times = f" ({count:,} times)" if count > 1 else ""
        who = f"by {signer}: claimed, not proven" if signer else "no certificate names its signer"
        yield "evidence", f"{kind}{where}{times}, {form}, {who}"
    if inspection.evidence and inspection.evidence_unknown:
        yield "evidence", f"there may be more: {inspection.evidence_unknown}"
    for (subject, kind), count in Counter((each.subject, each.kind) for each in inspection.built).items():
        where = f" of {platforms.get(subject, 'what is not in it')}"
        times = f" ({count:,} times)" if count > 1 else ""
        yield BUILT, f"{kind}{where}{times}, as the builder wrote it: not signed"
    if inspection.built_unknown:
        yield BUILT, f"there may be more: {inspection.built_unknown}"


def change(row: Growth) -> str:
    """`+12 MB (+3.4 %)`; empty when the other image has no such platform."""
    if row.before is None:
        return ""
    grown = row.after - row.before
    share = f" ({grown / row.before:+.1%})".replace("%", " %") if row.before else ""
    return f"{'+' if grown >= 0 else '-'}{formatting.size(abs(grown))}{share}"


def _growth(page: TerminalPage, inspection: Inspection) -> None:
    names = names_of(inspection)
    for row in inspection.growth:
        grown = change(row)
        message = f"{grown} against {inspection.against}" if grown else f"{inspection.against} has no such platform"
        _row(page, "growth", f"{names.get(row.digest, row.platform)}: {message}")
