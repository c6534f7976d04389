"""Upload SARIF to code scanning and wait until GitHub has processed it.

docs.github.com/rest/code-scanning: a file is taken at once and looked at later; only then is it known whether it is
any good.
"""

import base64
import re
import time
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from gate.errors import RegistryError
from gate.github.api import Answer, Api, UnknownOutcomeError
from gate.github.arrival import Sent, arrived
from gate.github.errors import hint, refused
from gate.github.target import Target
from gate.text import one_line

_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")
_LONGEST_PAUSE = 15.0
_LONGEST_LOOK = 30.0
"""Seconds in which an upload whose answer was lost has to appear in the list of analyses."""
_SHOWN = 20
"""Errors that are shown of one file."""


@dataclass(frozen=True)
class Delivery:
    """One file to hand over."""

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
    """What GitHub made of a file. Texts are safe to show."""

    errors: tuple[str, ...] = ()
    """GitHub's own; with any of them it was not taken, or not whole."""
    warnings: tuple[str, ...] = ()
    results: int | None = None
    """Number of results that GitHub counted; None when unknown."""
    hint: str = ""


def send(api: Api, target: Target, delivery: Delivery, *, wait: float) -> str:
    """Hand a file over; the id to ask for it by.

    When the answer is lost, GitHub's list of analyses tells whether the file arrived; only when it is not there within
    a part of `wait` seconds it is sent once more. Raises `RegistryError`.
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
        if found := arrived(api, target, sent, look=look):
            return found
    raise RegistryError(
        f"{problem}, twice, and whether the upload arrived is unknown",
        hint="look at the Security tab whether its alerts are there; if not, run again",
    )


def _sent(api: Api, target: Target, body: dict[str, str]) -> str:
    answer = api.post_once(f"{_place(target)}/sarifs", body)
    if not answer.ok:
        raise refused(answer, api.host, "the upload")
    found = answer.value.get("id") if isinstance(answer.value, dict) else None
    if not isinstance(found, str) or not _ID.fullmatch(found):
        raise RegistryError(
            f"{api.host} took the file, and does not say under which id",
            hint="look at the Security tab whether its alerts are there; if not, run again",
        )
    return found


def processed(api: Api, target: Target, sarif_id: str, *, wait: float) -> Processed:
    """What became of a file, within `wait` seconds. Raises `RegistryError` when that is not known by then."""
    ends = time.monotonic() + wait
    pause = min(2.0, wait / 50)
    while True:
        # Not known at first: the server that is asked may not have heard of it yet.
        answer = api.ask("GET", f"{_place(target)}/sarifs/{sarif_id}")
        if not answer.ok and answer.status != HTTPStatus.NOT_FOUND:
            raise refused(answer, api.host, "to tell what became of the upload")
        status = answer.value.get("processing_status") if answer.ok and isinstance(answer.value, dict) else None
        if isinstance(status, str) and status in {"complete", "failed"}:
            return _ended(api, target, sarif_id, answer, failed=status == "failed")
        if (left := ends - time.monotonic()) <= 0:
            raise RegistryError(
                f"{api.host} has the upload {sarif_id}, but did not finish with it in {wait:,.0f} s",
                hint="its alerts may still appear, or errors that go unnoticed: allow more time with --wait, or look "
                "at the Security tab",
            )
        time.sleep(min(pause, left))
        pause = min(pause * 2, _LONGEST_PAUSE)


def _ended(api: Api, target: Target, sarif_id: str, answer: Answer, *, failed: bool) -> Processed:
    errors = _texts(answer.value.get("errors"))
    if failed:
        said = errors or ("GitHub does not say why",)
        return Processed(said, hint=hint(" ".join(errors)))
    try:
        return _analyses(api, target, sarif_id, errors)
    except RegistryError as exc:
        return Processed(errors, (f"the result of each run at GitHub is unknown: {exc.problem}",))


def _analyses(api: Api, target: Target, sarif_id: str, errors: tuple[str, ...]) -> Processed:
    """What GitHub says of each run that it took."""
    runs: list[Any] = []
    for answer in api.pages(f"{_place(target)}/analyses", {"sarif_id": sarif_id}):
        if not answer.ok or not isinstance(answer.value, list):
            raise refused(answer, api.host, "the list of analyses")
        runs += [one for one in answer.value if isinstance(one, dict)]
    counts = [one.get("results_count") for one in runs]
    errors += _texts([one.get("error") for one in runs])
    return Processed(
        errors,
        _texts([one.get("warning") for one in runs]),
        sum(counts) if counts and all(type(one) is int for one in counts) else None,
        hint(" ".join(errors)),
    )


def _texts(found: Any) -> tuple[str, ...]:
    if not isinstance(found, list):
        return ()
    texts = [one_line(one, 500) for one in found if isinstance(one, str) and one.strip()]
    more = len(texts) - _SHOWN
    return (*texts[:_SHOWN], *([f"{more:,} more like these"] if more > 0 else []))


def _place(target: Target) -> str:
    return f"/repos/{quote(target.repository)}/code-scanning"
