"""What `gate scan` and `gate judge` do after the reports are written: upload, comment, job summary, exit code."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gate.cli import job_summary
from gate.cli.options import OutputOptions
from gate.cli.printing import fail, warn
from gate.errors import ExitCode
from gate.io.run_context import RunContext
from gate.model.verdict import Failure
from gate.pipeline import Outcome

if TYPE_CHECKING:
    from gate.model.sign_result import SignResult


def check_github(context: RunContext, options: OutputOptions) -> None:
    """Check that results can be uploaded and the comment be written. Raises `UsageError`."""
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
    context: RunContext, outcome: Outcome, options: OutputOptions, *, platforms: Sequence[str] = ()
) -> int:
    """Upload the results, if asked; the exit code. A refusal takes precedence over a failed upload."""
    exit_code = code(outcome)
    if not options.upload:
        return exit_code
    from gate.cli.uploading import upload_verdicts

    uploaded = upload_verdicts(context, outcome.verdicts, options, outcome.failures, platforms=platforms)
    return exit_code or uploaded


def report(context: RunContext, options: OutputOptions, outcome: Outcome, signed: "Sequence[SignResult]" = ()) -> None:
    """Write the comment and the job summary, if asked. Raises `InputError` when the summary cannot be written."""
    if options.comment:
        from gate.cli.pr_comment import comment

        comment(context, options, outcome, signed)
    if options.summary:
        from gate.output.markdown import SizeLimits, render

        verdicts, failures = outcome.verdicts, outcome.failures
        job_summary.add(context, lambda limit: render(verdicts, signed, SizeLimits(limit), failures))


def code(outcome: Outcome) -> int:
    """0 when every image passed; the lowest code of the images that failed, if any; else 10. No verdict is no pass."""
    if outcome.failures:
        return min(failure.code for failure in outcome.failures)
    passed = bool(outcome.verdicts) and all(verdict.passed for verdict in outcome.verdicts)
    return ExitCode.PASSED if passed else ExitCode.REFUSED
