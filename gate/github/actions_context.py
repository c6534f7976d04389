"""Read the CI job that this run is part of from the environment: GitHub Actions here, others from `gate.io.ci_job`.

Variables: docs.github.com/actions/reference/workflows-and-actions/variables.
"""

from pathlib import Path
from typing import Any

from gate.errors import InputError
from gate.io import ci_job, files, strict_json
from gate.io.run_context import RunContext
from gate.model.ci_run import GITHUB_SERVER, CiRun

_EVENT_MOST = 16 << 20


def current_run(context: RunContext) -> CiRun | None:
    """Return the CI run of this process; None outside of CI."""
    if job := ci_job.read_ci_job(context):
        return _elsewhere(job)
    if not context.in_actions:
        return None
    env = context.env
    server, repository = env.get("GITHUB_SERVER_URL", GITHUB_SERVER), env.get("GITHUB_REPOSITORY", "")
    event = env.get("GITHUB_EVENT_NAME", "")
    run = env.get("GITHUB_RUN_ID", "")
    attempt = env.get("GITHUB_RUN_ATTEMPT", "1")
    return CiRun(
        repository=repository,
        ref=env.get("GITHUB_REF", ""),
        event=event,
        commit=env.get("GITHUB_SHA", ""),
        workflow=env.get("GITHUB_WORKFLOW_REF", ""),
        run=f"{server}/{repository}/actions/runs/{run}/attempts/{attempt}" if run and repository else "",
        server=server,
        outsider=_outsider(event, env.get("GITHUB_EVENT_PATH", "")),
    )


def github_run(context: RunContext) -> CiRun | None:
    """Return the GitHub Actions run of this process; None elsewhere."""
    return current_run(context) if context.in_actions else None


def _elsewhere(job: ci_job.CiJob) -> CiRun:
    return CiRun(
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
    """Return why this run may execute code from a fork (pull requests and runs triggered by them); empty when not."""
    if not event.startswith("pull_request") and event != "workflow_run":
        return ""
    try:
        raw = files.read(Path(path), limit=_EVENT_MOST, what="the event")
        payload = strict_json.loads(raw, "the event")
    except InputError as exc:
        return f"it is unknown whose code this run executes: {exc.problem}"
    if event == "workflow_run":
        head, base = _name(payload, "workflow_run", "head_repository"), _name(payload, "repository")
    else:
        head, base = _name(payload, "pull_request", "head", "repo"), _name(payload, "pull_request", "base", "repo")
    if not base or not head:
        return "it is unknown whose code this run executes: the event does not name its repositories"
    return "" if head == base else f"this run has the code of a fork ({head})"


def _name(payload: Any, *path: str) -> str:
    for part in (*path, "full_name"):
        payload = payload.get(part) if isinstance(payload, dict) else None
    return payload if isinstance(payload, str) else ""
