"""Where this run comes from: the job of a CI system that it is part of.

Variables: docs.github.com/actions/reference/workflows-and-actions/variables. Nothing here is proof: the certificate
that Fulcio gives out is. It decides whether to ask for one.
"""

from pathlib import Path
from typing import Any

from gate import ci_job, files, strictjson
from gate.errors import InputError
from gate.image import Frozen
from gate.world import World

_EVENT_MOST = 16 << 20


GITHUB_ACTIONS = "GitHub Actions"


class Origin(Frozen):
    """A run of a workflow, or a job of another CI system in the same words."""

    system: str = GITHUB_ACTIONS
    repository: str
    ref: str
    """In full: `refs/heads/main`."""
    event: str
    commit: str = ""
    workflow: str = ""
    """`owner/name/.github/workflows/release.yml@refs/heads/main`."""
    run: str = ""
    """URL of the run."""
    server: str = "https://github.com"
    outsider: str = ""
    """Why the code of this run may be of somebody who cannot write to the repository; empty when it is not."""

    @property
    def is_github(self) -> bool:
        """Whether it is a job of GitHub Actions."""
        return self.system == GITHUB_ACTIONS

    @property
    def builder(self) -> str:
        """URI of the workflow."""
        return f"{self.server}/{self.workflow}" if self.workflow else ""


def read(world: World) -> Origin | None:
    """The run that we are in; None outside of CI."""
    if job := ci_job.read(world):
        return _elsewhere(job)
    if not world.in_actions:
        return None
    env = world.env
    server, repository = env.get("GITHUB_SERVER_URL", "https://github.com"), env.get("GITHUB_REPOSITORY", "")
    event = env.get("GITHUB_EVENT_NAME", "")
    run = env.get("GITHUB_RUN_ID", "")
    attempt = env.get("GITHUB_RUN_ATTEMPT", "1")
    return Origin(
        repository=repository,
        ref=env.get("GITHUB_REF", ""),
        event=event,
        commit=env.get("GITHUB_SHA", ""),
        workflow=env.get("GITHUB_WORKFLOW_REF", ""),
        run=f"{server}/{repository}/actions/runs/{run}/attempts/{attempt}" if run and repository else "",
        server=server,
        outsider=_outsider(event, env.get("GITHUB_EVENT_PATH", "")),
    )


def github(world: World) -> Origin | None:
    """The run of GitHub Actions that we are in; None elsewhere."""
    return read(world) if world.in_actions else None


def _elsewhere(job: ci_job.CiJob) -> Origin:
    return Origin(
        system=job.system,
        repository=job.repository,
        ref=job.ref,
        event=job.event,
        commit=job.commit,
        run=job.run,
        server=job.server,
        outsider=f"this job of {job.system} builds a pull request, perhaps of a fork" if job.is_pull_request else "",
    )


def _outsider(event: str, path: str) -> str:
    """Pull requests, and what runs in their wake, carry the code of whoever opened them."""
    if not event.startswith("pull_request") and event != "workflow_run":
        return ""
    try:
        raw = files.read(Path(path), limit=_EVENT_MOST, what="the event")
        payload = strictjson.loads(raw, "the event")
    except InputError as exc:
        return f"nobody knows whose code this run has: {exc.problem}"
    if event == "workflow_run":
        head, base = _name(payload, "workflow_run", "head_repository"), _name(payload, "repository")
    else:
        head, base = _name(payload, "pull_request", "head", "repo"), _name(payload, "pull_request", "base", "repo")
    if not base or not head:
        return "nobody knows whose code this run has: the event does not name its repositories"
    return "" if head == base else f"this run has the code of a fork ({head})"


def _name(payload: Any, *path: str) -> str:
    for part in (*path, "full_name"):
        payload = payload.get(part) if isinstance(payload, dict) else None
    return payload if isinstance(payload, str) else ""
