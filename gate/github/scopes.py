"""Find the kind of a GitHub token by its prefix, and its scopes and expiry by asking GitHub.

docs.github.com/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps, "Requested scopes and granted scopes";
docs.github.com/authentication/keeping-your-account-and-data-secure, "GitHub's token formats".
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from gate.errors import RegistryError
from gate.github.api import Api
from gate.io.run_context import RunContext

_KINDS = {
    "ghp_": "a classic token",
    "gho_": "a token of an OAuth app, as `gh auth token` prints it",
    "ghs_": "a token of a job or of an app",
    "ghu_": "a user token of an app",
    "ghr_": "a refresh token",
    "github_pat_": "a fine-grained token",
}
_OLD = re.compile(r"[0-9a-f]{40}")
_ENDS = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?: ?(?:UTC|Z)| ?([+-]\d\d:?\d\d))", re.ASCII)


@dataclass(frozen=True)
class TokenInfo:
    """Scopes and expiry of a token."""

    scopes: tuple[str, ...] | None
    """None when GitHub names none: only classic tokens have scopes."""
    ends: datetime | None
    """Expiry; None when the token does not expire, or it is unknown."""


def prefix(token: str) -> str:
    """Return the prefix of a GitHub token, `ghp_` for a classic one; empty for any other text."""
    known = next((prefix for prefix in _KINDS if token.startswith(prefix)), "")
    return "ghp_" if not known and _OLD.fullmatch(token) else known


def kind(token: str) -> str:
    """Return the kind of a token in words; empty when it is no GitHub token."""
    return _KINDS.get(prefix(token), "")


def token_info(context: RunContext, token: str) -> TokenInfo:
    """Ask GitHub about a token.

    Raises `RegistryError` when GitHub does not know the token or cannot be reached, `UsageError` for an address that
    no token may go to.
    """
    with Api(context, token, deadline=30) as api:
        answer = api.ask("GET", "/user")
    if answer.status == HTTPStatus.UNAUTHORIZED:
        raise RegistryError("GitHub does not know the token", hint="it may have expired, or been revoked")
    header = answer.headers.get("x-oauth-scopes")
    scopes = None if header is None else tuple(sorted(filter(None, map(str.strip, header.split(",")))))
    return TokenInfo(scopes, _time(answer.headers.get("github-authentication-token-expiration", "")))


def _time(text: str) -> datetime | None:
    """Parse `2027-01-06 12:00:00 UTC`, as GitHub writes it, also with an offset."""
    if match := _ENDS.fullmatch(text.strip()):
        with suppress(ValueError):
            return datetime.fromisoformat(f"{match[1]}T{match[2]}{match[3] or '+00:00'}").astimezone(UTC)
    return None
