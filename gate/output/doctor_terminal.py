"""Render the result of `gate doctor` in a terminal."""

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


def rows(diagnosis: Sequence[DiagnosisRow], *, color: bool, width: int) -> str:
    """Render the checks: ready-to-print text no wider than `width` columns, with escape codes only if `color`."""
    page = TerminalPage(color=color, width=width)
    for row in diagnosis:
        mark = _MARKS[row.state]
        word = "" if row.state == CheckState.OK else f"{row.state}: "
        page.prose(word + one_line(row.message, 1000), first=(mark, f" {row.check:{_CHECK}}"))
        if row.fix:
            page.prose(one_line(row.fix, 1000), first=(" " * (2 + _CHECK), ("fix: ", "cyan")))
    counts = [(sum(row.state == state for row in diagnosis), state) for state in CheckState]
    message = ", ".join(
        plural(count, state) if state is CheckState.WARNING else f"{count:,} {state}"
        for count, state in counts
        if count
    )
    page.line()
    page.prose(message or "nothing was checked", first=(), style="bold")
    return page.text()


def known_errors(matches: Sequence[Match], *, color: bool, width: int) -> str:
    """Render the known errors of a log, each with cause and remedy. Nothing of the log itself is shown."""
    page = TerminalPage(color=color, width=width)
    for match in matches:
        page.gap()
        more = "or more" if match.times >= ENOUGH else "in all"
        where = f"line {match.line:,}" + (f", {plural(match.times, 'line')} {more}" if match.times > 1 else "")
        page.prose(match.error.text, first=(("✗ ", "bold red"),), style="bold")
        page.line("  ", (where, "dim"))
        page.prose(match.error.cause, first=("  ", ("cause: ", "cyan")))
        page.prose(match.error.remedy, first=("  ", ("fix:   ", "cyan")))
    return page.text()
