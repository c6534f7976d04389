"""The workflows of this checkout: what their jobs may do, and whose code they run."""

from collections.abc import Iterator
from pathlib import Path

from gate.errors import InputError
from gate.github import workflows
from gate.io import files
from gate.io.run_context import World
from gate.io.yaml_document import LARGEST
from gate.model.diagnosis import CheckState, DiagnosisRow
from gate.pipeline.doctor.context import Case, row
from gate.text import plural

_FOLDER = Path(".github") / "workflows"
_MOST = 200
_SHOWN = 3
_PIN = "name the commit, with the version in a comment: owner/action@SHA # v1.2.3; a tag may be moved by its owner"
_NEEDS = {"packages": "to push", "security-events": "to upload SARIF", "id-token": "to sign"}


def permissions(case: Case) -> Iterator[DiagnosisRow]:
    """Permissions that are broader than needed."""
    found = list(_read(case.world))
    remarks = [
        f"{one.name}: {said}" for one in found if isinstance(one, workflows.Workflow) for said in workflows.broad(one)
    ]
    for one in found:
        if isinstance(one, InputError):
            yield row("permissions", CheckState.UNKNOWN, one.problem, one.hint)
    for said in remarks:
        mend = "write `permissions: contents: read` at the top, and in each job what it needs beside"
        yield row("permissions", CheckState.WARNING, said, mend)
    if found and not remarks:
        yield row("permissions", CheckState.OK, f"nothing is too broad in {plural(len(found), 'workflow')}")


def pins(case: Case) -> Iterator[DiagnosisRow]:
    """Actions that are named by something that moves."""
    found = [one for one in _read(case.world) if isinstance(one, workflows.Workflow)]
    loose = [(one.name, use) for one in found for use in one.uses if not use.pinned]
    if loose:
        shown = ", ".join(f"{use.name} ({name}:{use.line})" for name, use in loose[:_SHOWN])
        more = f" and {len(loose) - _SHOWN:,} more" if len(loose) > _SHOWN else ""
        yield row("actions", CheckState.WARNING, f"not pinned to a commit: {shown}{more}", _PIN)
    elif found:
        yield row("actions", CheckState.OK, "every action is pinned to a commit")


def granted(case: Case) -> Iterator[DiagnosisRow]:
    """What the workflow that runs now gives its job, by what is written in the checkout."""
    env = case.world.env
    if not case.world.in_actions:
        return
    place = env.get("GITHUB_WORKFLOW_REF", "").partition("@")[0].partition("/.github/")[2]
    name = f".github/{place}"
    found = next((one for one in _read(case.world) if isinstance(one, workflows.Workflow) and one.name == name), None)
    job = next((one for one in found.jobs if one.name == env.get("GITHUB_JOB")), None) if found else None
    if job is None or job.permissions is None:
        if job:
            why = "the workflow does not write it, so the repository's default holds"
        else:
            why = "its job is in a workflow that it calls" if found else "its workflow is not in this checkout"
        mend = f"write it in the job: {', '.join(f'`{one}: write` {what}' for one, what in _NEEDS.items())}"
        yield row("job", CheckState.UNKNOWN, f"what this job may do cannot be told: {why}", mend)
        return
    has = job.permissions
    missing = [one for one in _NEEDS if has != "write-all" and (isinstance(has, str) or has.get(one) != "write")]
    if missing:
        said = ", ".join(f"`{one}: write` ({_NEEDS[one]})" for one in missing)
        yield row(
            "job",
            CheckState.WARNING,
            f"the job {job.name} has no {said}",
            "write it in its `permissions` if it does that",
        )
    else:
        yield row("job", CheckState.OK, f"the job {job.name} may push, upload SARIF and sign")


def _read(world: World) -> Iterator[workflows.Workflow | InputError]:
    folder = world.cwd / _FOLDER
    paths = sorted(path for kind in ("*.yml", "*.yaml") for path in folder.glob(kind))[:_MOST]
    for path in paths:
        name = path.relative_to(world.cwd).as_posix()
        try:
            yield workflows.read_workflow(files.read(path, limit=LARGEST, what="the workflow"), name)
        except InputError as exc:
            yield exc
