"""Choose the repository, ref and commit that uploaded results belong to.

In a job of GitHub Actions they are those of the job; for a pull request these are `refs/pull/N/merge` and the commit
that GitHub made for it.
"""

import re
from dataclasses import dataclass

from gate.errors import UsageError
from gate.github.actions_context import current_run
from gate.io.run_context import RunContext
from gate.model.ci_run import COMMIT
from gate.text import one_line

REPOSITORY = re.compile(r"[A-Za-z0-9_-]{1,100}/(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100}")
_REF = re.compile(r"refs/(?:heads|tags|pull)/[!-~\u00a1-\U0010ffff]{1,1000}")


@dataclass(frozen=True)
class Target:
    """The repository, ref and commit that alerts belong to."""

    repository: str
    """`owner/name`."""
    ref: str
    """In full: `refs/heads/main`."""
    commit: str


def target(context: RunContext, repository: str = "", ref: str = "", commit: str = "") -> Target:
    """Return the target from the arguments, else from the CI job. Raises `UsageError`."""
    run = current_run(context)
    own = run.repository if run and run.is_github else ""
    if bool(ref) != bool(commit):
        raise UsageError("a ref and a commit go together", hint="give both --ref and --commit, or neither")
    if repository and not ref and (run is None or (run.is_github and repository.lower() != own.lower())):
        raise UsageError("another repository has other commits", hint="give --ref and --commit with --repository")
    chosen = Target(repository or own, ref or (run.ref if run else ""), (commit or (run.commit if run else "")).lower())
    if not (chosen.repository and chosen.ref and chosen.commit):
        raise UsageError(
            "the commit of these results is unknown",
            hint="outside of GitHub Actions: gate upload --repository OWNER/NAME --ref refs/heads/main --commit SHA",
        )
    for what, value, form, like in (
        ("repository", chosen.repository, REPOSITORY, "owner/name"),
        ("ref", chosen.ref, _REF, "refs/heads/main, refs/tags/v1 or refs/pull/1/merge"),
        ("commit", chosen.commit, COMMIT, "the whole SHA of a commit"),
    ):
        if not form.fullmatch(value):
            raise UsageError(f"not a {what}: {one_line(value, 100)!r}", hint=f"like {like}")
    return chosen


def withheld(context: RunContext, ref: str = "") -> str:
    """Return why this run must not upload; empty when it may.

    A fork's pull request has a token that may only read. Where it may write (`pull_request_target`, `workflow_run`),
    the job's ref is a branch of the repository: a fork's results would stand for that branch's own. A ref
    that was named explicitly is not checked.
    """
    run = current_run(context)
    return run.outsider if run and not ref else ""
