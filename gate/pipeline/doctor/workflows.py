"""Checks of this checkout's workflows: permissions of their jobs, and whether actions are pinned."""

from collections.abc import Iterator
from pathlib import Path

from gate.errors import InputError
from gate.github import workflows
from gate.io import files
from gate.io.run_context import RunContext
from gate.io.yaml_document import LARGEST
from gate.model.diagnosis import DiagnosisRow
from gate.pipeline.doctor.setup import Setup, ok, unknown, warning
from gate.text import plural

_FOLDER = Path(".github") / "workflows"
_MOST = 200
_SHOWN = 3
_PIN = "name the commit, with the version in a comment: owner/action@SHA # v1.2.3; a tag may be moved by its owner"
_NEEDS = {"packages": "to push", "security-events": "to upload SARIF", "id-token": "to sign"}


def permissions(setup: Setup) -> Iterator[DiagnosisRow]:
    """Check for permissions that are broader than needed."""
    files_read = list(_read(setup.context))
    remarks = [
        f"{workflow.name}: {remark}"
        for workflow in files_read
        if isinstance(workflow, workflows.Workflow)
        for remark in workflows.broad(workflow)
    ]
    for error in files_read:
        if isinstance(error, InputError):
            yield unknown("permissions", error.problem, error.hint)
    for message in remarks:
        fix = "write `permissions: contents: read` at the top, and in each job the further permissions it needs"
        yield warning("permissions", message, fix)
    if files_read and not remarks:
        yield ok("permissions", f"nothing is too broad in {plural(len(files_read), 'workflow')}")


def pins(setup: Setup) -> Iterator[DiagnosisRow]:
    """Check that every action is pinned to a commit."""
    found = [one for one in _read(setup.context) if isinstance(one, workflows.Workflow)]
    loose = [(workflow.name, use) for workflow in found for use in workflow.uses if not use.pinned]
    if loose:
        shown = ", ".join(f"{use.name} ({name}:{use.line})" for name, use in loose[:_SHOWN])
        more = f" and {len(loose) - _SHOWN:,} more" if len(loose) > _SHOWN else ""
        yield warning("actions", f"not pinned to a commit: {shown}{more}", _PIN)
    elif found:
        yield ok("actions", "every action is pinned to a commit")


def granted(setup: Setup) -> Iterator[DiagnosisRow]:
    """Check the permissions of the running job, as its workflow file in the checkout states them."""
    env = setup.context.env
    if not setup.context.in_actions:
        return
    place = env.get("GITHUB_WORKFLOW_REF", "").partition("@")[0].partition("/.github/")[2]
    name = f".github/{place}"
    found = next(
        (one for one in _read(setup.context) if isinstance(one, workflows.Workflow) and one.name == name), None
    )
    job = next((one for one in found.jobs if one.name == env.get("GITHUB_JOB")), None) if found else None
    if job is None or job.permissions is None:
        if job:
            why = "the workflow has no `permissions`, so the repository's default applies"
        else:
            why = "its job is in a workflow that it calls" if found else "its workflow is not in this checkout"
        fix = f"write it in the job: {', '.join(f'`{one}: write` {what}' for one, what in _NEEDS.items())}"
        yield unknown("job", f"the permissions of this job are unknown: {why}", fix)
        return
    has = job.permissions
    missing = [one for one in _NEEDS if has != "write-all" and (isinstance(has, str) or has.get(one) != "write")]
    if missing:
        message = ", ".join(f"`{one}: write` ({_NEEDS[one]})" for one in missing)
        yield warning("job", f"the job {job.name} has no {message}", "write it in its `permissions` if it does that")
    else:
        yield ok("job", f"the job {job.name} may push, upload SARIF and sign")


def _read(context: RunContext) -> Iterator[workflows.Workflow | InputError]:
    folder = context.cwd / _FOLDER
    paths = sorted(path for kind in ("*.yml", "*.yaml") for path in folder.glob(kind))[:_MOST]
    for path in paths:
        name = path.relative_to(context.cwd).as_posix()
        try:
            yield workflows.read_workflow(files.read(path, limit=LARGEST, what="the workflow"), name)
        except InputError as exc:
            yield exc
