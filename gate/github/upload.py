"""Upload SARIF to code scanning and wait until GitHub has processed it.

docs.github.com/rest/code-scanning: a file is accepted at once and processed later; only then it is known whether
GitHub refuses it.
"""

import base64
import time
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from gate.errors import RegistryError
from gate.github.api import Answer, Api, UnknownOutcomeError
from gate.github.arrival import CHECK_TAB, SARIF_ID, Sent, arrived
from gate.github.errors import hint, refused
from gate.github.target import Target
from gate.text import one_line

_LONGEST_PAUSE = 15.0
_LONGEST_LOOK = 30.0
"""Seconds in which an upload whose response was lost has to appear in the list of analyses."""
_SHOWN = 20
"""Maximum number of errors that are shown for a file."""


@dataclass(frozen=True)
class Delivery:
    """One file to upload."""

    packed: bytes
    """SARIF, gzipped."""
    tool: str
    analyses: tuple[tuple[str, str], ...]
    """Tool and category of each run: the analyses that GitHub will list."""
    started: datetime
    """When the run began."""
    checkout: str
    """The URI of the folder that absolute paths lie in."""


@dataclass(frozen=True)
class Processed:
    """Result of an upload. Texts are safe to show."""

    errors: tuple[str, ...] = ()
    """GitHub's messages; with any of them the file was not accepted, or not completely."""
    warnings: tuple[str, ...] = ()
    results: int | None = None
    """Number of results that GitHub counted; None when unknown."""
    hint: str = ""


def send(api: Api, target: Target, delivery: Delivery, *, wait: float) -> str:
    """Upload a file; return its id.

    When the response is lost, GitHub's list of analyses shows whether the file arrived; if it is not there within a
    part of `wait` seconds, it is sent once more. Raises `RegistryError`.
    """
    body = {
        "commit_sha": target.commit,
        "ref": target.ref,
        "sarif": base64.b64encode(delivery.packed).decode(),
        "checkout_uri": delivery.checkout,
        "started_at": delivery.started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "tool_name": delivery.tool,
    }
    sent, problem = Sent(delivery.analyses, delivery.started, time.monotonic()), ""
    for _ in range(2):
        try:
            return _sent(api, target, body)
        except UnknownOutcomeError as exc:
            problem = exc.problem
        look = min(_LONGEST_LOOK, wait / 30)
        if sarif_id := arrived(api, target, sent, look=look):
            return sarif_id
    raise RegistryError(f"{problem}, twice, and whether the upload arrived is unknown", hint=CHECK_TAB)


def _sent(api: Api, target: Target, body: dict[str, str]) -> str:
    answer = api.post_once(f"{_api_path(target)}/sarifs", body)
    if not answer.ok:
        raise refused(answer, api.host, "the upload")
    sarif_id = answer.fields.get("id")
    if not isinstance(sarif_id, str) or not SARIF_ID.fullmatch(sarif_id):
        raise RegistryError(f"{api.host} accepted the file without an id for it", hint=CHECK_TAB)
    return sarif_id


def processed(api: Api, target: Target, sarif_id: str, *, wait: float) -> Processed:
    """Wait up to `wait` seconds for the result of an upload. Raises `RegistryError` when it is unknown by then."""
    ends = time.monotonic() + wait
    pause = min(2.0, wait / 50)
    while True:
        # 404 at first: another server of GitHub may not have it yet.
        answer = api.ask("GET", f"{_api_path(target)}/sarifs/{sarif_id}")
        if not answer.ok and answer.status != HTTPStatus.NOT_FOUND:
            raise refused(answer, api.host, "the status of the upload")
        status = answer.fields.get("processing_status")
        if answer.ok and status in ("complete", "failed"):
            return _ended(api, target, sarif_id, answer, failed=status == "failed")
        if (left := ends - time.monotonic()) <= 0:
            raise RegistryError(
                f"{api.host} has the upload {sarif_id}, but did not process it in {wait:,.0f} s",
                hint="its alerts may still appear, or errors that go unnoticed: allow more time with "
                "`gate upload --wait`, or look at the Security tab",
            )
        time.sleep(min(pause, left))
        pause = min(pause * 2, _LONGEST_PAUSE)


def _ended(api: Api, target: Target, sarif_id: str, answer: Answer, *, failed: bool) -> Processed:
    errors = _texts(answer.value.get("errors"))
    if failed:
        return Processed(errors or ("GitHub gives no reason",), hint=hint(" ".join(errors)))
    try:
        return _analyses(api, target, sarif_id, errors)
    except RegistryError as exc:
        return Processed(errors, (f"the result of each run at GitHub is unknown: {exc.problem}",))


def _analyses(api: Api, target: Target, sarif_id: str, errors: tuple[str, ...]) -> Processed:
    """Return what GitHub says about each run that it accepted."""
    runs: list[Any] = []
    for answer in api.pages(f"{_api_path(target)}/analyses", {"sarif_id": sarif_id}):
        if not answer.ok or not isinstance(answer.value, list):
            raise refused(answer, api.host, "the list of analyses")
        runs += [run for run in answer.value if isinstance(run, dict)]
    counts = [run.get("results_count") for run in runs]
    errors += _texts([run.get("error") for run in runs])
    return Processed(
        errors,
        _texts([run.get("warning") for run in runs]),
        sum(counts) if counts and all(type(count) is int for count in counts) else None,
        hint(" ".join(errors)),
    )


def _texts(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list):
        return ()
    texts = [one_line(text, 500) for text in values if isinstance(text, str) and text.strip()]
    more = len(texts) - _SHOWN
    return (*texts[:_SHOWN], *([f"{more:,} more like these"] if more > 0 else []))


def _api_path(target: Target) -> str:
    return f"/repos/{quote(target.repository)}/code-scanning"
