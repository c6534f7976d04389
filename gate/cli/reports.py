"""Documents that other readers expect, made of the same verdicts; and the summary of a step of GitHub Actions."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gate.cli.printing import say
from gate.errors import InputError, UsageError
from gate.io import files
from gate.io.run_context import RunContext
from gate.model.location import SourceLocator
from gate.model.verdict import Failure, Verdict
from gate.pipeline import Outcome
from gate.text import one_line

if TYPE_CHECKING:
    from gate.model.sign_result import SignResult

_SUMMARY = "GITHUB_STEP_SUMMARY"


def junit(verdicts: Sequence[Verdict], failures: Sequence[Failure] = ()) -> Iterable[bytes]:
    """JUnit XML."""
    from gate.output import junit as view

    return (piece.encode() for piece in view.render(verdicts, failures))


def gitlab(verdicts: Sequence[Verdict], failures: Sequence[Failure] = ()) -> Iterable[bytes]:
    """GitLab's container scanning report."""
    from gate.output import gitlab as view

    return [view.render(verdicts, failures)]


def table(verdicts: Sequence[Verdict], failures: Sequence[Failure] = ()) -> Iterable[bytes]:
    """CSV, with the mark by which spreadsheets know UTF-8."""
    from gate.output import csv as view

    yield b"\xef\xbb\xbf"
    for piece in view.render(verdicts, failures):
        yield piece.encode()


def annotations(
    verdicts: Sequence[Verdict], places: SourceLocator | None, failures: Sequence[Failure] = ()
) -> Iterable[bytes]:
    """Workflow commands that point into the checkout, as SARIF does."""
    from gate.output import annotations as view

    return [view.render(verdicts, places, failures).encode()]


def check_summary(context: RunContext) -> None:
    """Refuse a `--summary` that cannot be written. Raises `UsageError`."""
    if not context.env.get(_SUMMARY):
        raise UsageError(
            "there is no job summary to write to", hint=f"--summary is for GitHub Actions, which sets {_SUMMARY}"
        )


def summarize(context: RunContext, outcome: Outcome, signed: Sequence["SignResult"] = ()) -> None:
    """Add to the summary of the step as much as it still has room for. Raises `InputError`."""
    from gate.output.markdown import SizeLimits, render

    add_summary(context, lambda limit: render(outcome.verdicts, signed, SizeLimits(limit), outcome.failures))


def add_summary(context: RunContext, make: Callable[[int], str]) -> None:
    """Add what `make` makes of at most so many bytes to the summary of the step. Raises `InputError`."""
    from gate.output.markdown import LIMIT

    path = Path(context.env[_SUMMARY])
    try:
        there = path.stat().st_size if path.exists() else 0
        mark = "\n" if there else ""
        text = make(max(LIMIT - there - len(mark), 0))
        if not text:
            say("note: the summary of this step is full already")
            return
        files.append(path, (mark + text).encode())  # other commands of the step write to it too
    except OSError as exc:
        raise InputError(
            f"the job summary {one_line(str(path), 200)} cannot be written: {exc.strerror}", hint=files.NOT_WRITTEN
        ) from exc
