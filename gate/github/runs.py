"""The runs of a repository's workflows (docs.github.com/rest/actions/workflow-runs)."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from gate.errors import RegistryError
from gate.github.api import Api
from gate.model.package_status import RunStatus
from gate.text import one_line

_MOST = 5


def runs(api: Api, repository: str, commit: str = "") -> list[RunStatus]:
    """Return up to five of the newest runs of `owner/name`, or of a commit of it. Raises `RegistryError`."""
    query = {"per_page": str(_MOST), **({"head_sha": commit} if commit else {})}
    answer = api.ask("GET", f"/repos/{quote(repository, safe='/')}/actions/runs", query=query)
    workflow_runs = answer.fields.get("workflow_runs")
    if not answer.ok or not isinstance(workflow_runs, list):
        message = answer.message or f"status {answer.status}"
        raise RegistryError(
            f"{api.host} does not list the runs of {one_line(repository, 200)}: {message}",
            hint="the token needs `actions: read` there; a classic one needs `repo` for a private repository",
        )
    return [_run(run) for run in workflow_runs[:_MOST]]


def _run(value: Any) -> RunStatus:
    try:
        return RunStatus(
            workflow=_text(value["name"]) or _text(value["path"]),
            url=_text(value["html_url"]),
            event=_text(value["event"]),
            branch=_text(value["head_branch"]),
            commit=_text(value["head_sha"]),
            status=_text(value["status"]),
            conclusion=_text(value["conclusion"]),
            created=datetime.fromisoformat(value["created_at"]),
        )
    except (LookupError, TypeError, ValueError) as exc:
        raise RegistryError("GitHub's list of runs cannot be read") from exc


def _text(value: Any) -> str:
    return one_line(value, 300) if isinstance(value, str) else ""
