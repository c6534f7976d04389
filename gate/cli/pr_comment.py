"""`--comment` of `gate scan` and `gate judge`: the verdict as the one comment of a pull request."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gate.cli.options import OutputOptions
from gate.cli.printing import say, warn
from gate.errors import GateError, UsageError
from gate.github import api
from gate.github.actions_context import github_run
from gate.github.comments import Place, put
from gate.io.run_context import RunContext
from gate.pipeline import Outcome
from gate.text import one_line

if TYPE_CHECKING:
    from gate.model.sign_result import SignResult

_PULL = re.compile(r"refs/pull/([0-9]{1,10})/(?:merge|head)")
_REPOSITORY = re.compile(r"[A-Za-z0-9_-]{1,100}/(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100}")
_DEADLINE = 120.0


def check(context: RunContext) -> None:
    """Refuse early what cannot end well. Raises `UsageError`."""
    run = github_run(context)
    if _place(context) and not (run and run.outsider):
        api.token(context)


def comment(context: RunContext, options: OutputOptions, outcome: Outcome, signed: Sequence["SignResult"] = ()) -> None:
    """Write it. Nothing is raised: it says what was decided and decides nothing."""
    from gate.output import comment as view

    run, place = github_run(context), _place(context)
    if not place:
        return say("note: no comment: this is no run for a pull request")
    if run and run.outsider:
        return say(f"note: no comment: {one_line(run.outsider)}")
    try:
        with api.Api(context, api.token(context), deadline=_DEADLINE) as github:
            verdicts, failures = outcome.verdicts, outcome.failures
            mark = view.marker(verdicts, options.category, failures)
            address = put(github, place, mark, view.render(verdicts, options.category, signed, failures))
    except GateError as exc:
        warn(f"NO COMMENT WAS WRITTEN: {exc.problem}", exc.hint)
    else:
        if not options.quiet:
            say(f"commented: {address}")


def _place(context: RunContext) -> Place | None:
    """The pull request that this run is for. Raises `UsageError` for a repository that is none."""
    run = github_run(context)
    found = _PULL.fullmatch(run.ref) if run else None
    if not run or not found:
        return None
    if not _REPOSITORY.fullmatch(run.repository):
        raise UsageError(f"not a repository: {one_line(run.repository, 100)!r}", hint="GITHUB_REPOSITORY is owner/name")
    return Place(run.repository, int(found[1]))
