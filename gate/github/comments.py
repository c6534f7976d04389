"""Create or update our one comment on a pull request, found by its marker.

Anybody may write the marker into a comment of theirs, and may change it later: only what this token's user or, where
a token has no user (a job's, an app's), a bot has written counts as ours.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gate.errors import RegistryError
from gate.github.api import Answer, Api, UnknownOutcomeError
from gate.text import one_line

_PAGES = 100


@dataclass(frozen=True)
class Place:
    """A pull request."""

    repository: str
    """`owner/name`."""
    number: int


def put(api: Api, place: Place, marker: str, text: str) -> str:
    """Create or update the only comment that begins with `marker`; return its URL. Raises `RegistryError`."""
    login = _login(api)
    try:
        answer = _written(api, place, marker, text, login)
    except UnknownOutcomeError:  # a second comment would notify everybody again, so update the first if it was created
        answer = _written(api, place, marker, text, login)
    if not answer.ok or not isinstance(answer.value, dict):
        raise _refused(api, answer)
    kept = answer.value.get("id")
    for comment in _mine(api, place, marker, login):  # a parallel run, or a lost response, may have created a second
        if comment["id"] != kept:
            api.ask("DELETE", f"/repos/{place.repository}/issues/comments/{comment['id']}")
    address = answer.value.get("html_url")
    return one_line(address, 300) if isinstance(address, str) else ""


def _written(api: Api, place: Place, marker: str, text: str, login: str) -> Answer:
    """Update our comment, or create it. Raises `RegistryError`, `UnknownOutcomeError` for a lost response."""
    mine = list(_mine(api, place, marker, login))
    if mine:
        path = f"/repos/{place.repository}/issues/comments/{mine[-1]['id']}"
        return api.ask("PATCH", path, body={"body": text})
    return api.post_once(f"/repos/{place.repository}/issues/{place.number}/comments", {"body": text})


def _login(api: Api) -> str:
    """Return the login that the token belongs to; empty when it belongs to no user."""
    user = api.ask("GET", "/user")
    login = user.fields.get("login")
    return login if user.ok and isinstance(login, str) else ""


def _mine(api: Api, place: Place, marker: str, login: str) -> Iterator[dict[str, Any]]:
    for answer in api.pages(f"/repos/{place.repository}/issues/{place.number}/comments", {}, most=_PAGES):
        if not answer.ok or not isinstance(answer.value, list):
            raise _refused(api, answer)
        yield from (comment for comment in answer.value if _is_mine(comment, marker, login))


def _is_mine(comment: Any, marker: str, login: str) -> bool:
    author = comment.get("user") if isinstance(comment, dict) else None
    if not isinstance(author, dict) or not isinstance(comment.get("id"), int):
        return False
    ours = author.get("login") == login if login else author.get("type") == "Bot"
    body = comment.get("body")
    return ours and isinstance(body, str) and body.startswith(marker)


def _refused(api: Api, answer: Answer) -> RegistryError:
    return RegistryError(
        f"{api.host} says {answer.status} to the comment: {answer.message or 'nothing more'}",
        hint="the job needs `permissions: pull-requests: write`; a pull request of a fork gets a token that may only "
        "read",
    )
