"""Find out whether an upload to code scanning arrived whose response was lost.

docs.github.com/rest/code-scanning: "List code scanning analyses for a repository" has the id of the upload, commit,
ref, tool, category and time of each analysis, the newest first.
"""

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from gate.errors import RegistryError
from gate.github.api import Answer, Api
from gate.github.errors import refused
from gate.github.target import Target

SARIF_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")
CHECK_TAB = "check whether its alerts are in the Security tab; if not, run again"
"""What to do when it is unknown whether an upload arrived, as a hint."""
_PAUSE = 2.0
_TOLERANCE = timedelta(seconds=5)
"""GitHub's times are whole seconds, from several machines."""


@dataclass(frozen=True)
class Sent:
    """An upload that was sent."""

    analyses: tuple[tuple[str, str], ...]
    """Tool and category of each run."""
    started: datetime
    """When the run of gate began."""
    at: float
    """When it was sent, by the monotonic clock."""


def arrived(api: Api, target: Target, sent: Sent, *, look: float) -> str:
    """Search up to `look` seconds for an upload; return its id, empty when it is not there.

    Raises `RegistryError` when GitHub does not say.
    """
    ends = time.monotonic() + look
    while True:
        try:
            sarif_id = _newest(api, target, sent)
        except RegistryError as exc:
            raise RegistryError(
                f"the response to the upload was lost, and whether it arrived is unknown: {exc.problem}",
                hint=CHECK_TAB,
            ) from exc
        left = ends - time.monotonic()
        if sarif_id or left <= 0:
            return sarif_id
        time.sleep(min(_PAUSE, look / 5, left))


def _newest(api: Api, target: Target, sent: Sent) -> str:
    for answer in api.pages(f"/repos/{quote(target.repository)}/code-scanning/analyses", {"ref": target.ref}):
        if answer.status == HTTPStatus.NOT_FOUND and "no analysis found" in answer.message.lower():
            return ""  # the repository has never had one
        if not answer.ok or not isinstance(answer.value, list):
            raise refused(answer, api.host, "the list of analyses")
        since = _sent_at(answer, sent) - _TOLERANCE
        for row, created in _rows(answer.value):
            if created < since:
                return ""
            sarif_id = row.get("sarif_id")
            same = (row.get("commit_sha"), row.get("ref")) == (target.commit, target.ref)
            if same and _analysis(row) in sent.analyses and isinstance(sarif_id, str) and SARIF_ID.fullmatch(sarif_id):
                return sarif_id
    return ""


def _sent_at(answer: Answer, sent: Sent) -> datetime:
    """Return when the upload was sent, by GitHub's clock; ours may differ."""
    with suppress(KeyError, ValueError, TypeError, OverflowError):
        now = parsedate_to_datetime(answer.headers["date"])
        return now.astimezone(UTC) - timedelta(seconds=time.monotonic() - sent.at)
    return sent.started


def _rows(rows: list[Any]) -> Iterator[tuple[dict[str, Any], datetime]]:
    """Yield the analyses with their times. Raises `RegistryError` for a malformed one."""
    for row in rows:
        try:
            created = datetime.fromisoformat(row["created_at"])
        except (KeyError, TypeError, ValueError) as exc:
            raise RegistryError("GitHub's list of analyses cannot be read") from exc
        yield row, created if created.tzinfo else created.replace(tzinfo=UTC)


def _analysis(row: dict[str, Any]) -> tuple[str, str]:
    """Return tool and category; a run without a category has the analysis key as its category."""
    tool = row.get("tool")
    name = tool.get("name") if isinstance(tool, dict) else ""
    category = row.get("category")
    own = category if isinstance(category, str) and category != row.get("analysis_key") else ""
    return (name if isinstance(name, str) else "", own)
