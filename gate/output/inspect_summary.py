"""Render the result of `gate inspect` in GitHub Flavored Markdown, for a job summary."""

from collections.abc import Iterable, Iterator, Sequence

from gate.model.inspection import Inspection, PlatformFacts
from gate.output import formatting, inspect_terminal
from gate.output.gfm import code, folded, prose, within
from gate.output.markdown import LIMIT
from gate.text import one_line, plural

_MOST = 50
"""Maximum number of items of a list."""
_LAYERS = 200


def render(inspection: Inspection, limit: int = LIMIT) -> str:
    """Render at most `limit` bytes of UTF-8; a note says where it was cut. Empty when the note does not fit."""
    return within(_lines(inspection), limit, "a job summary holds 1 MiB. The JSON has everything.")


def _lines(inspection: Inspection) -> Iterator[str]:
    name = code(one_line(inspection.name + (f":{inspection.tag}" if inspection.tag else ""), 300))
    yield f"## {'📦 Inspected' if inspection.passed else '❌ Refused'}: {name}"
    yield ""
    yield f"{code(inspection.digest)} · {'an index' if inspection.is_index else 'a manifest'}"
    yield ""
    yield from _list(f"❌ {prose(reason)}" for reason in inspection.reasons)
    yield from _list(f"⚠️ {prose(note)}" for note in inspection.notes)
    yield ""
    yield from _platforms(inspection)
    yield from _headed("What could be better", _advice(inspection))
    evidence = (
        f"{prose(text)}{' (in the index)' if name == inspect_terminal.BUILT else ''}"
        for name, text in inspect_terminal.evidence(inspection)
    )
    yield from _headed("Evidence, nothing of it proven", evidence)
    names = inspect_terminal.names_of(inspection)
    for platform in inspection.platforms[:_MOST]:
        yield from _platform(platform, names[platform.digest])


def _list(items: Iterable[str]) -> Iterator[str]:
    listed = list(items)
    yield from (f"- {item}" for item in listed[:_MOST])
    if len(listed) > _MOST:
        yield f"- … and {len(listed) - _MOST:,} more in the JSON"


def _headed(head: str, items: Iterable[str]) -> Iterator[str]:
    lines = list(_list(items))
    if lines:
        yield from (f"### {head}", "", *lines, "")


def _platforms(inspection: Inspection) -> Iterator[str]:
    grown = {row.digest: row for row in inspection.growth}
    names = inspect_terminal.names_of(inspection)
    more = f" against {code(inspection.against)} |" if inspection.against else ""
    yield f"| platform | on the wire | unpacked | layers | age | base |{more}"
    yield f"|---|--:|--:|--:|--:|---|{'--:|' if more else ''}"
    for each in inspection.platforms[:_MOST]:
        age = plural(each.age_days or 0, "day") if each.created else "-"
        sizes = f"{formatting.size(each.size)} | {formatting.size(each.unpacked) or 'not known'}"
        cells = f"{code(names[each.digest], 60)} | {sizes} | {len(each.layers):,} | {age} | {code(each.base_name, 200)}"
        row = grown.get(each.digest)
        change = f" {inspect_terminal.change(row) or 'no such platform'} |" if row else ""
        yield f"| {cells} |{change}"
    yield ""
    if len(inspection.platforms) > _MOST:
        yield f"… and {len(inspection.platforms) - _MOST:,} more in the JSON\n"


def _advice(inspection: Inspection) -> Iterator[str]:
    """Yield each advice once: most platforms of an image have the same."""
    platforms_of: dict[str, list[str]] = {}
    names = inspect_terminal.names_of(inspection)
    for each in inspection.platforms:
        for text in each.advice:
            platforms_of.setdefault(text, []).append(names[each.digest])
    for text, platforms in platforms_of.items():
        everywhere = len(platforms) == len(inspection.platforms)
        partly = "" if everywhere else f" ({', '.join(code(name, 60) for name in platforms)})"
        yield f"💡 {prose(text)}{partly}"


def _platform(platform: PlatformFacts, name: str) -> Iterator[str]:
    layers = (
        (f"{number}", formatting.size(layer.size), code(formatting.instruction(layer.created_by)))
        for number, layer in enumerate(platform.layers[:_LAYERS], 1)
    )
    packages = ((code(each.name), code(each.version), formatting.size(each.size)) for each in platform.packages)
    labels = ((code(name), code(value)) for name, value in list(platform.labels.items())[:_MOST])
    yield f"### {code(name, 60)}"
    yield ""
    yield from _folded_table("Layers", ("layer", "on the wire", "made by"), layers)
    if len(platform.layers) > _LAYERS:
        yield f"… and {len(platform.layers) - _LAYERS:,} more layers in the JSON\n"
    yield from _folded_table("Packages that weigh most", ("package", "version", "size"), packages)
    yield from _folded_table("Labels", ("label", "value"), labels)
    if len(platform.labels) > _MOST:
        yield f"… and {len(platform.labels) - _MOST:,} more labels in the JSON\n"


def _folded_table(head: str, names: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    cells = [f"| {' | '.join(row)} |" for row in rows]
    if cells:
        yield from folded(head, [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}", *cells, ""])
