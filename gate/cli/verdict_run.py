"""What `gate scan` and `gate judge` do with verdicts beside writing documents: upload, comment, summary, exit code."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gate.cli.options import OutputOptions
from gate.cli.printing import fail, warn
from gate.cli.reports import summarize
from gate.errors import ExitCode
from gate.io.run_context import RunContext
from gate.model.verdict import Failure
from gate.pipeline import Outcome

if TYPE_CHECKING:
    from gate.model.sign_result import SignResult


def check_github(context: RunContext, options: OutputOptions) -> None:
    """Refuse early what cannot end well. Raises `UsageError`."""
    if options.upload:
        from gate.cli.uploading import check

        check(context)
    if options.comment:
        from gate.cli import pr_comment

        pr_comment.check(context)


def explain_failures(failures: Sequence[Failure], *, sign: bool) -> None:
    """Name each image that has no verdict, and why."""
    for failure in failures:
        fail(f"{failure.image}: {failure.problem}", failure.hint)
    if failures and sign:
        warn("NOTHING WAS SIGNED: images of one call are signed when all of them pass")


def upload_results(
    context: RunContext, outcome: Outcome, options: OutputOptions, *, platforms: Sequence[str] = ()
) -> int:
    """The exit code, once the results are with GitHub if that was asked for: a refusal counts for more than that."""
    decided = code(outcome)
    if not options.upload:
        return decided
    from gate.cli.uploading import upload_verdicts

    uploaded = upload_verdicts(context, outcome.verdicts, options, outcome.failures, platforms=platforms)
    return decided or uploaded


def report(context: RunContext, options: OutputOptions, outcome: Outcome, signed: "Sequence[SignResult]" = ()) -> None:
    """Write the comment and the job summary, if asked. Raises `InputError` when the summary cannot be written."""
    if options.comment:
        from gate.cli.pr_comment import comment

        comment(context, options, outcome, signed)
    if options.summary:
        summarize(context, outcome, signed)


def code(outcome: Outcome) -> int:
    """0 when every image passed; the lowest code of the images that failed, if any; else 10. No verdict is no pass."""
    if outcome.failures:
        return min(failure.code for failure in outcome.failures)
    passed = bool(outcome.verdicts) and all(verdict.passed for verdict in outcome.verdicts)
    return ExitCode.PASSED if passed else ExitCode.REFUSED
