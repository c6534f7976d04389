"""What `gate scan` and `gate judge` do after the reports are written: upload, comment, job summary, exit code."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.cli import job_summary
from gate.cli.options import OutputOptions
from gate.cli.printing import fail, say, warn
from gate.errors import ExitCode, GateError
from gate.io.run_context import RunContext
from gate.model.verdict import Failure
from gate.pipeline import Outcome

if TYPE_CHECKING:
    from gate.model.sign_result import SignResult


@dataclass
class Ending:
    """What became of a command after its images were judged."""

    signed: "Sequence[SignResult]" = ()
    problem: str = ""
    """Why the command fails although the images were judged."""


def check_github(context: RunContext, options: OutputOptions) -> None:
    """Check that results can be uploaded and the comment be written. Raises `UsageError`."""
    if options.dry_run:
        return
    if options.upload:
        from gate.cli.uploading import check

        check(context)
    if options.comment:
        from gate.cli import pr_comment

        pr_comment.check(context)


def explain_failures(failures: Sequence[Failure], *, sign: bool) -> None:
    """Print each image that has no verdict, and why."""
    for failure in failures:
        fail(f"{failure.image}: {failure.problem}", failure.hint)
    if failures and sign:
        warn("NOTHING WAS SIGNED: images of one call are signed when all of them pass")


def upload_results(
    context: RunContext, outcome: Outcome, options: OutputOptions, ending: Ending, *, platforms: Sequence[str] = ()
) -> int:
    """Upload the results, if asked; the exit code. A refusal takes precedence over a failed upload.

    With `--exit-code 0` a refusal is reported only.
    """
    exit_code = code(outcome)
    if exit_code == ExitCode.REFUSED and options.exit_code == 0:
        say("note: refused; the exit code is 0 because of --exit-code 0, so do not deploy by it")
        exit_code = ExitCode.PASSED
    if options.upload and options.dry_run:
        say("would upload the results to GitHub's code scanning; nothing was sent (--dry-run)")
    if not options.upload or options.dry_run:
        return exit_code
    from gate.cli.uploading import upload_verdicts

    uploaded = upload_verdicts(context, outcome.verdicts, options, outcome.failures, platforms=platforms)
    if uploaded:
        ending.problem = "the results could not be uploaded to code scanning: see the log"
    return exit_code or uploaded


@contextmanager
def reporting(context: RunContext, options: OutputOptions, outcome: Outcome) -> "Iterator[Ending]":
    """Write the comment and the job summary, if asked, when all else is done or has failed.

    Raises `InputError` when the summary cannot be written.
    """
    ending = Ending()
    try:
        yield ending
    except GateError as exc:
        ending.problem = exc.problem
        raise
    finally:
        if options.comment and options.dry_run:
            say("would comment on the pull request; nothing was sent (--dry-run)")
        elif options.comment:
            from gate.cli.pr_comment import comment

            comment(context, options, outcome, ending.signed, ending.problem)
        if options.summary:
            _add_summary(context, outcome, ending)


def _add_summary(context: RunContext, outcome: Outcome, ending: Ending) -> None:
    from gate.output.markdown import SizeLimits, render

    verdicts, failures = outcome.verdicts, outcome.failures
    job_summary.add(context, lambda limit: render(verdicts, ending.signed, SizeLimits(limit), failures, ending.problem))


def code(outcome: Outcome) -> int:
    """Return the lowest code of the images that failed, if any; else 0 if all passed (at least one), else 10."""
    if outcome.failures:
        return min(failure.code for failure in outcome.failures)
    passed = bool(outcome.verdicts) and all(verdict.passed for verdict in outcome.verdicts)
    return ExitCode.PASSED if passed else ExitCode.REFUSED
