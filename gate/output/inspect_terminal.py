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


def show(one: Inspection, *, color: bool, width: int) -> str:
    """Ready-to-print text no wider than `width` columns, with escape codes only if `color`."""
    page = TerminalPage(color=color, width=width)
    page.line((one_line(one.name + (f":{one.tag}" if one.tag else ""), 300), "bold"))
    page.line("  ", (one.digest, "dim"), f"  {'an index' if one.is_index else 'a manifest'}")
    names = names_of(one)
    for platform in one.platforms:
        page.line()
        _platform(page, platform, names[platform.digest])
    page.line()
    for name, text in evidence(one):
        _row(page, name, text)
    _growth(page, one)
    for note in one.notes:
        page.prose(one_line(note, 600), first=("  ", (f"{'note':{_WIDTH}}", "yellow")))
    for reason in one.reasons:
        page.prose(one_line(reason, 600), first=(("✗ ", "bold red"), ("refused  ", "bold red")))
    return page.text()


def _row(page: TerminalPage, name: str, text: str) -> None:
    page.prose(one_line(text, 600), first=("  ", (f"{name:{_WIDTH}}", "cyan")))


def names_of(one: Inspection) -> dict[str, str]:
    """The label of each manifest by its digest."""
    return labels((each.digest, each.platform, each.os_version) for each in one.platforms)


def _platform(page: TerminalPage, one: PlatformFacts, name: str) -> None:
    page.line((one_line(name, 60), "bold"), "  ", (one.digest, "dim"))
    unpacked = formatting.size(one.unpacked) or "not known"
    layers = plural(len(one.layers), "layer")
    _row(page, "size", f"{formatting.size(one.size)} on the wire, {unpacked} unpacked, {layers}")
    age = f", {plural(one.age_days or 0, 'day')} ago"
    _row(page, "created", formatting.moment(one.created) + age if one.created else "it does not say")
    base = " ".join(part for part in (one.base_name, one.base_digest) if part)
    _row(page, "base", base or "unknown: no label org.opencontainers.image.base.name")
    for number, layer in enumerate(one.layers, 1):
        _layer(page, number, layer)
    for label, value in list(one.labels.items())[:_LABELS]:
        _row(page, "label", f"{label} = {value}")
    if len(one.labels) > _LABELS:
        _row(page, "label", f"and {len(one.labels) - _LABELS:,} more")
    for package in one.packages:
        _row(page, "package", f"{formatting.size(package.size):>8}  {package.name} {package.version}")
    for message in one.advice:
        page.prose(one_line(message, 600), first=("  ", (f"{'advice':{_WIDTH}}", "yellow")))


def _layer(page: TerminalPage, number: int, one: LayerFacts) -> None:
    made = formatting.instruction(one.created_by) or "unknown instruction"
    head = f"{number:>3}  {formatting.size(one.size):>8}  "
    page.line("  ", ("layer     ", "cyan"), head, fit(made, max(10, page.width - 12 - len(head))).rstrip())


def evidence(one: Inspection) -> Iterator[tuple[str, str]]:
    """Yield attached evidence, and the builder's unsigned statements in the index (`BUILT`), as name and text.

    Pieces of the same manifest, kind and signer are counted in one line. The texts are not yet safe to show.
    """
    if not one.evidence:
        none = "none that is signed" if one.built else "none"
        yield "evidence", f"not known: {one.evidence_unknown}" if one.evidence_unknown else none
    counted = Counter((piece.subject, piece.kind, str(piece.format), piece.claimed_signer) for piece in one.evidence)
    platforms = names_of(one) if one.is_index else {}
    for (subject, kind, form, signer), count in counted.items():
        where = f" of {platforms[subject]}" if subject in platforms else ""
        times = f" ({count:,} times)" if count > 1 else ""
        who = f"by {signer}: claimed, not proven" if signer else "no certificate names its signer"
        yield "evidence", f"{kind}{where}{times}, {form}, {who}"
    if one.evidence and one.evidence_unknown:
        yield "evidence", f"there may be more: {one.evidence_unknown}"
    for (subject, kind), count in Counter((each.subject, each.kind) for each in one.built).items():
        where = f" of {platforms.get(subject, 'what is not in it')}"
        times = f" ({count:,} times)" if count > 1 else ""
        yield BUILT, f"{kind}{where}{times}, as the builder wrote it: not signed"
    if one.built_unknown:
        yield BUILT, f"there may be more: {one.built_unknown}"


def change(row: Growth) -> str:
    """`+12 MB (+3.4 %)`; empty when the other image has no such platform."""
    if row.before is None:
        return ""
    grown = row.after - row.before
    share = f" ({grown / row.before:+.1%})".replace("%", " %") if row.before else ""
    return f"{'+' if grown >= 0 else '-'}{formatting.size(abs(grown))}{share}"


def _growth(page: TerminalPage, one: Inspection) -> None:
    names = names_of(one)
    for row in one.growth:
        grown = change(row)
        message = f"{grown} against {one.against}" if grown else f"{one.against} has no such platform"
        _row(page, "growth", f"{names.get(row.digest, row.platform)}: {message}")
