"""Render the results of `gate sign` in a terminal."""

from collections.abc import Sequence
from itertools import groupby

from gate.model.sign_result import SignResult, StepState
from gate.output import formatting
from gate.output.terminal_page import Part, TerminalPage
from gate.text import one_line, plural

_STATES = {
    StepState.PUSHED: ("✓", "bold green"),
    StepState.THERE: ("✓", "green"),
    StepState.WOULD: ("+", "bold cyan"),
    StepState.MISSING: ("✗", "bold red"),
}
_WHAT = 16


def show(results: Sequence[SignResult], *, color: bool, width: int) -> str:
    """Ready-to-print text no wider than `width` columns, with escape codes only if `color`."""
    page = TerminalPage(color=color, width=width)
    for result in results:
        page.gap()
        _image(page, result)
    if len(results) > 1:
        signed = sum(result.signed for result in results)
        page.line()
        page.line((f"{signed:,} of {plural(len(results), 'image')} signed", "bold"))
    return page.text()


def _image(page: TerminalPage, result: SignResult) -> None:
    word: Part = ("DRY RUN     ", "bold cyan") if result.dry else ("NOT SIGNED  ", "bold red")
    if result.signed:
        word = "SIGNED      ", "bold green"
    page.line(word, (one_line(result.image, 300), "bold"))
    page.line("  ", (one_line(result.digest, 80), "dim"))
    if result.signer:
        page.prose(one_line(result.signer, 600), first=("  ", ("by ", "dim")))
    for reason in result.reasons:
        # Where the rule is a key of the policy, it says what to change.
        key = f" ({one_line(reason.rule, 80)})" if "." in reason.rule else ""
        page.prose(one_line(reason.message, 600) + key, first=("  ", ("✗ ", "bold red")))
    if result.reasons:
        page.line("  the refusal was attached, without a signature" if result.steps else "  nothing was pushed")
    for digest, steps in groupby(result.steps, key=lambda step: (step.digest, step.platform)):
        page.line("  ", (one_line(digest[1], 60) or "the image", "bold"), "  ", (formatting.short(digest[0]), "dim"))
        for step in steps:
            mark = _STATES[step.state]
            page.line("    ", mark, f" {step.what:{_WHAT}}", (f"{step.state} ({step.format})", "dim"))
    if result.note:
        page.prose(one_line(result.note, 600), first=("  ", ("note: ", "yellow")))
    for lost in result.dropped:
        verb = "would be dropped" if result.dry else "dropped"
        page.prose(
            f"{verb} from the list of evidence, since the registry lost it: {one_line(lost, 80)}",
            first=("  ", ("note: ", "yellow")),
        )
    if result.problem:
        page.prose(one_line(result.problem, 1000), first=("  ", ("error: ", "red")))
    if result.hint:
        page.prose(one_line(result.hint, 600), first=("  ", (" hint: ", "cyan")))
