"""Translate error responses of a registry into errors with hints.

Answers that are worth another try (408, 429, 5xx) are handled in `gate.io.http_client`.

For GHCR the hints follow docs.github.com, "Working with the Container registry".
"""

from http import HTTPStatus

from gate.errors import InputError, RegistryError
from gate.io import strict_json
from gate.io.http_client import Reply
from gate.registry.credentials import GHCR, Credential
from gate.registry.errors import MissingError, RefusedError
from gate.text import one_line

DENIED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
ERROR_MOST = 64 << 10
DOCTOR = "; `gate doctor IMAGE` finds out which"
"""Ends the hints that name several causes."""


def refused(reply: Reply, name: str, host: str, credential: Credential | None) -> RefusedError:
    """Return the error for a response about `name` (an image, a token) by the registry `host`; 404: `MissingError`."""
    problem, hint = _words(reply, name, host, credential)
    kind = MissingError if reply.status == HTTPStatus.NOT_FOUND else RefusedError
    return kind(problem, hint=hint, status=reply.status)


def login_ways(host: str) -> str:
    """Return the hint on how to log in to the registry `host`."""
    return f"docker login {host}, or set GATE_REGISTRY={host}, GATE_REGISTRY_USERNAME and GATE_REGISTRY_PASSWORD"


def redirected_login(reply: Reply, name: str, host: str) -> RefusedError:
    """Return the error for a host, redirected to by the registry, that requires a login: none is sent there."""
    return RefusedError(
        f"{reply.host} wants a login for {name}, to where {host} redirects: a login is for the registry alone",
        hint="is it the right registry? Storage behind one asks for no login",
        status=reply.status,
    )


def _words(reply: Reply, name: str, host: str, credential: Credential | None) -> tuple[str, str]:
    quoted = _quote(reply)
    words = f" ({quoted})" if quoted else ""
    if reply.status == HTTPStatus.UNAUTHORIZED:
        if credential:
            problem = f"{host} does not accept the login from {credential.source}, for {name}{words}"
            return problem, _login_hint(host, credential)
        return f"{host} wants a login for {name}{words}", _login_hint(host, None)
    if reply.status == HTTPStatus.FORBIDDEN:
        who = f"the login from {credential.source}" if credential else "anonymous users"
        problem = f"{host} denies {who} access to {name}{words}: it is private, or it does not exist"
        return problem, _login_hint(host, credential)
    if reply.status == HTTPStatus.NOT_FOUND:
        hint = f"check the name and the {'digest' if '@' in name else 'tag'}"
        if host == GHCR:
            hint += f"; without access a private package looks the same{DOCTOR}"
        return f"{name} is not there{words}", hint
    return f"{host} answered {reply.status} for {name}{words}", "is it a registry, and is the name right?"


def _login_hint(host: str, credential: Credential | None) -> str:
    if host != GHCR:
        if credential:
            return f"check that the login may pull the image, or log in again: docker login {host}"
        return f"check the name; for a private image: {login_ways(host)}"
    if credential and credential.password.startswith("github_pat_"):
        return (
            "GHCR does not know fine-grained tokens: use a classic one with the scope read:packages, "
            "or GITHUB_TOKEN inside Actions"
        )
    if credential and credential.source == "GITHUB_TOKEN":
        return (
            "check the name; the job needs `permissions: packages: read`, and the package must be linked to this "
            f"repository or give it access (package settings, Manage Actions access){DOCTOR}"
        )
    ways = (
        "a classic token with the scope read:packages, authorised for SSO where the organisation demands it; "
        "inside Actions, GITHUB_TOKEN with `permissions: packages: read` and the package linked to the repository"
    )
    return f"check the name; a private package needs {ways}{DOCTOR}"


def _quote(reply: Reply) -> str:
    """Return the first error of the response, safe to show; empty when there is none."""
    try:
        document = strict_json.loads(reply.read(ERROR_MOST), "the answer")
        first = document["errors"][0]
        code, message = first.get("code") or "", first.get("message") or ""
        return one_line(f"{code}: {message}" if code and message else f"{code}{message}", 200)
    except (RegistryError, InputError, LookupError, TypeError, AttributeError):
        return ""  # no readable body; the status is enough
