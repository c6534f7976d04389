"""Render the plan or the result of `gate prune` in a terminal."""

from collections import Counter

from gate.maintenance.prune import Fate, PruneRecord
from gate.output.formatting import size
from gate.output.terminal_page import TerminalPage
from gate.text import one_line, plural

_MARKS = {
    Fate.PLANNED: ("- ", "yellow"),
    Fate.GONE: ("✗ ", "red"),
    Fate.SPARED: ("! ", "bold yellow"),
}
_TAGS = 60
_DIGEST = 19
"""Characters of a digest that are shown; the record has complete digests."""


def show(record: PruneRecord, *, total: int, color: bool, width: int) -> str:
    """Ready-to-print text no wider than `width` columns; `total` is how many versions the package had."""
    page = TerminalPage(color=color, width=width)
    for version in record.going:
        name = ", ".join(one_line(tag, _TAGS) for tag in version.tags) or "no tag"
        page.line(_MARKS[version.fate], (version.digest[:_DIGEST], "bold"), f"  {name}")
        page.prose(version.why, first=("    ",), style="dim")
        if version.spared:
            page.prose(f"it is kept: {one_line(version.spared, 300)}", first=("    ",), style="yellow")
    if record.going:
        page.line()
    fates = Counter(version.fate for version in record.going)
    stay = total - fates[Fate.GONE] - (fates[Fate.PLANNED] if record.dry_run else 0)
    for why, count in Counter(version.why for version in record.kept).most_common():
        page.line(f"  {count:,} kept: ", one_line(why, 100))
    going = plural(len(record.going), "version")
    if record.dry_run:
        message = f"{going} would go, {size(record.freed)} would be freed, {stay:,} would stay"
        page.line(
            ("dry run: ", "bold"), message if record.going else f"nothing to delete of {plural(total, 'version')}"
        )
        if record.going:
            page.line(("  add --yes to delete", "dim"))
        return page.text()
    whole = fates[Fate.GONE] == len(record.going)
    freed = f", {size(record.freed)} freed" if whole and record.going else ""
    page.line(("✓ " if whole else "! ", "bold"), f"{fates[Fate.GONE]:,} of {going} gone{freed}, {stay:,} stay")
    return page.text()
