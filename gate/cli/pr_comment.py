"""`--comment` of `gate scan` and `gate judge`: create or update the comment on a pull request."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gate.cli.options import OutputOptions
from gate.cli.printing import say, warn
from gate.errors import GateError, UsageError
from gate.github import api
from gate.github.actions_context import github_run
from gate.github.comments import Place, put
from gate.github.target import REPOSITORY
from gate.io.run_context import RunContext
from gate.pipeline import Outcome
from gate.text import one_line

if TYPE_CHECKING:
    from gate.model.sign_result import SignResult

_PULL = re.compile(r"refs/pull/([0-9]{1,10})/(?:merge|head)")
_DEADLINE = 120.0


def check(context: RunContext) -> None:
    """Check that the comment can be written. Raises `UsageError`."""
    run = github_run(context)
    if _place(context) and not (run and run.outsider):
        api.token(context)


def comment(
    context: RunContext,
    options: OutputOptions,
    outcome: Outcome,
    signed: Sequence["SignResult"] = (),
    problem: str = "",
) -> None:
    """Create or update the comment. Errors are printed, not raised: the exit code is that of the verdict."""
    from gate.output import comment as view

    run, place = github_run(context), _place(context)
    if not place:
        return say("note: no comment: this run is not for a pull request")
    if run and run.outsider:
        return say(f"note: no comment: {one_line(run.outsider)}")
    try:
        with api.Api(context, api.token(context), deadline=_DEADLINE) as github:
            verdicts, failures = outcome.verdicts, outcome.failures
            mark = view.marker(verdicts, options.category, failures)
            address = put(github, place, mark, view.render(verdicts, options.category, signed, failures, problem))
    except GateError as exc:
        warn(f"NO COMMENT WAS WRITTEN: {exc.problem}", exc.hint)
    else:
        if not options.quiet:
            say(f"commented: {address}")


def _place(context: RunContext) -> Place | None:
    """Return the pull request of this run; None for other runs. Raises `UsageError` for a malformed repository."""
    run = github_run(context)
    pull = _PULL.fullmatch(run.ref) if run else None
    if not run or not pull:
        return None
    if not REPOSITORY.fullmatch(run.repository):
        raise UsageError(f"not a repository: {one_line(run.repository, 100)!r}", hint="GITHUB_REPOSITORY is owner/name")
    return Place(run.repository, int(pull[1]))
