"""What `gate doctor` found, as a person sees it in a terminal."""

from collections.abc import Sequence

from gate.maintenance.known_errors import ENOUGH, Match
from gate.model.diagnosis import CheckState, DiagnosisRow
from gate.output.terminal_page import TerminalPage
from gate.text import one_line, plural

_MARKS = {
    CheckState.OK: ("✓", "bold green"),
    CheckState.WARNING: ("!", "bold yellow"),
    CheckState.BROKEN: ("✗", "bold red"),
    CheckState.UNKNOWN: ("?", "bold yellow"),
}
_CHECK = 20


def rows(found: Sequence[DiagnosisRow], *, color: bool, width: int) -> str:
    """Ready-to-print text no wider than `width` columns, with escape codes only if `color`."""
    page = TerminalPage(color=color, width=width)
    for row in found:
        mark = _MARKS[row.state]
        word = "" if row.state == CheckState.OK else f"{row.state}: "
        page.prose(word + one_line(row.said, 1000), first=(mark, f" {row.check:{_CHECK}}"))
        if row.mend:
            page.prose(one_line(row.mend, 1000), first=(" " * (2 + _CHECK), ("mend: ", "cyan")))
    counts = [(sum(row.state == state for row in found), state) for state in CheckState]
    message = ", ".join(f"{count:,} {state}" for count, state in counts if count)
    page.line()
    page.prose(message or "nothing was looked at", first=(), style="bold")
    return page.text()


def troubles(seen: Sequence[Match], *, color: bool, width: int) -> str:
    """The errors of a log, each with its cause and its mend. Nothing of the log itself is shown."""
    page = TerminalPage(color=color, width=width)
    for number, one in enumerate(seen):
        if number:
            page.line()
        more = "or more" if one.times >= ENOUGH else "in all"
        where = f"line {one.line:,}" + (f", {plural(one.times, 'line')} {more}" if one.times > 1 else "")
        page.prose(one.error.text, first=(("✗ ", "bold red"),), style="bold")
        page.line("  ", (where, "dim"))
        page.prose(one.error.cause, first=("  ", ("cause: ", "cyan")))
        page.prose(one.error.remedy, first=("  ", ("mend:  ", "cyan")))
    return page.text()
