"""Render the results of `gate verify` in a terminal: each check of each image, its result and why."""

from collections.abc import Mapping, Sequence

from gate.model.platforms import labels
from gate.model.verification import State, UnreadField, VerifyResult, VerifyRow, all_verified
from gate.output import formatting
from gate.output.terminal_page import Part, TerminalPage
from gate.text import one_line, plural

_MARKS = {State.GOOD: ("✓", "bold green"), State.UNKNOWN: ("?", "bold yellow")}
_READS = {True: ("✓", "bold green"), False: ("✗", "bold red"), None: ("?", "bold yellow")}
_WORDS = {
    State.GOOD: "",
    State.MISSING: "missing",
    State.UNTRUSTED: "untrusted",
    State.REFUSED: "refused",
    State.MISMATCHED: "mismatched",
    State.STALE: "stale",
    State.TAMPERED: "tampered",
    State.UNKNOWN: "unknown",
}
_CHECK, _PLACES = 10, 5


def show(results: Sequence[VerifyResult], unread: Sequence[UnreadField] = (), *, color: bool, width: int) -> str:
    """Ready-to-print text no wider than `width` columns, with escape codes only if `color`."""
    page = TerminalPage(color=color, width=width)
    for result in results:
        page.gap()
        _image(page, result)
    if len(results) != 1 or unread:
        good = all_verified(results, unread)
        page.line()
        page.line(("✓ ", "bold green") if good else ("✗ ", "bold red"), (_overall(results, unread), "bold"))
    return page.text()


def _overall(results: Sequence[VerifyResult], unread: Sequence[UnreadField]) -> str:
    """`2 of 3 images verified, 1 could not be told, 1 field unread`."""
    good = sum(result.verified for result in results)
    unsure = sum(result.undecided for result in results)
    images = plural(len(results), "image")
    message = f"{images} verified" if good == len(results) and results else f"{good:,} of {images} verified"
    message += f", {unsure:,} could not be told" if unsure else ""
    return message + (f", {plural(len(unread), 'field')} unread" if unread else "")


def _image(page: TerminalPage, result: VerifyResult) -> None:
    word: Part = ("UNKNOWN         ", "bold yellow") if result.undecided else ("NOT VERIFIED    ", "bold red")
    if result.verified:
        word = "VERIFIED        ", "bold green"
    page.line(word, (one_line(result.image, 300), "bold"))
    if result.digest:
        page.line("  ", (one_line(result.digest, 80), "dim"))
    if result.places:
        page.line("  ", ("in " + formatting.listed(result.places, _PLACES), "dim"))
    names = labels((row.digest, row.platform, "") for row in result.rows if row.platform)
    for number, row in enumerate(result.rows):
        repeated = any(row.hint == later.hint for later in result.rows[number + 1 :])
        _row(page, row, names, repeated=repeated)
    if result.clusters:
        page.line("  ", ("admission controllers that can read it", "bold"))
    for cluster in result.clusters:
        mark = _READS[cluster.reads]
        since = f" from {one_line(cluster.since, 40)}" if cluster.since else ""
        page.prose(one_line(cluster.why, 500), first=("  ", mark, f" {cluster.engine}{since}: "))
        if cluster.source:
            page.line(" " * 4, (one_line(cluster.source, 300), "dim"))


def _row(page: TerminalPage, row: VerifyRow, names: Mapping[str, str], *, repeated: bool = False) -> None:
    """Add a row; a hint that is `repeated` below is left out."""
    mark = _MARKS.get(row.state, ("✗", "bold red"))
    where = f"{one_line(names[row.digest], 60)}: " if row.platform else ""
    word = _WORDS[row.state]
    head: list[Part] = ["  ", mark, f" {row.check:{_CHECK}}", (f"{word}  " if word else "", mark[1])]
    page.prose(where + one_line(row.why, 1000), first=head)
    if row.hint and not repeated:
        page.prose(one_line(row.hint, 500), first=(" " * (4 + _CHECK), ("hint: ", "cyan")))
