"""Authenticate to a registry: choose a challenge of `WWW-Authenticate` and fetch a token for it.

Challenges: RFC 9110, section 11. Tokens: distribution's specification (distribution.github.io/distribution/spec/auth).
"""

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from gate.errors import InputError, RegistryError
from gate.io import strict_json
from gate.io.http_client import Http, Reply
from gate.io.http_client.errors import host_of
from gate.io.http_client.proxy import is_authority, is_loopback
from gate.registry.credentials import Credential
from gate.registry.errors import DeniedError
from gate.registry.response_errors import login_ways
from gate.text import one_line

_TOKEN_MOST = 1 << 20
_TOKEN68 = r"[A-Za-z0-9._~+/-]+=*"
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PART = re.compile(
    rf'[\s,]*(?:(?P<name>{_WORD})\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>{_WORD}))'
    rf"|(?P<scheme>{_WORD})(?:\s+{_TOKEN68}(?=\s*(?:,|$)))?)"
)
_SENDABLE = re.compile(r"[\x21-\x7e]{1,65536}")


@dataclass(frozen=True)
class Challenge:
    """One challenge: its scheme in lower case, and its parameters."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def challenges(header: str) -> list[Challenge]:
    """Read `WWW-Authenticate`, several challenges and quoted commas included; what cannot be read ends the list."""
    found: list[tuple[str, dict[str, str]]] = []
    place = 0
    while match := _PART.match(header, place):
        place = match.end()
        if match["scheme"]:
            found.append((match["scheme"].lower(), {}))
        elif found:
            value = match["plain"] if match["quoted"] is None else re.sub(r"\\(.)", r"\1", match["quoted"])
            found[-1][1].setdefault(match["name"].lower(), value)
    return [Challenge(scheme, parameters) for scheme, parameters in found]


def choose(header: str, host: str, name: str, credential: Credential | None) -> Challenge:
    """Choose the first challenge of `WWW-Authenticate` that can be met.

    Raises `RegistryError` when the registry knows no usual kind of login, `DeniedError` when it wants one for `name`
    and there is none.
    """
    known = [one for one in challenges(header) if one.scheme in {"bearer", "basic"}]
    for challenge in known:
        if challenge.scheme == "bearer" or (credential and credential.password):
            return challenge
    if credential and not known:
        raise RegistryError(
            f"{host} asks for a login of an unknown kind", hint="is it a registry? Check its name, and the proxy"
        )
    raise DeniedError(f"{host} wants a login for {name}", hint=login_ways(host))


@dataclass(frozen=True)
class TokenRequest:
    """An HTTP request for a token."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None

    def send(self, http: Http) -> AbstractContextManager[Reply]:
        """The reply of the token server; `read_token` reads it when its status is 200."""
        return http.open(self.method, self.url, self.headers, body=self.body)


def token_request(
    challenge: Challenge, repository: str, credential: Credential | None, *, registry: str, actions: str = "pull"
) -> TokenRequest:
    """Build the request for a token with `actions` on `repository` only, whatever scope the challenge names.

    Without scope when `repository` is empty.

    `registry` is the URL that sent the challenge. The login is sent to its realm only if no one on the network can have
    named it: a realm with TLS, named over TLS, or one on this machine that a registry on this machine named. Raises
    `RegistryError` for a realm that cannot be used, or that the login may not be sent to.
    """
    realm = challenge.parameters.get("realm", "")
    schemes = {"https"} if registry.startswith("https:") else {"https", "http"}
    named = _split(realm)
    if named is None or named.scheme not in schemes or (credential and not _may_have_login(named, urlsplit(registry))):
        raise RegistryError(
            f"{host_of(registry)} names a token server that no login may be sent to: {one_line(realm, 100)!r}",
            hint="a token server is used over https alone, and gets a login only if the registry uses https too",
        )
    scope = {"scope": f"repository:{repository}:{actions}"} if repository else {}
    query = {"service": challenge.parameters.get("service", ""), **scope}
    if credential and credential.identity_token:
        form = {
            "grant_type": "refresh_token",
            "client_id": "ghcr-gate",
            "refresh_token": credential.identity_token,
            **query,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return TokenRequest("POST", realm, headers, urlencode(form).encode())
    headers = {"Authorization": credential.basic} if credential else {}
    return TokenRequest("GET", f"{realm}{'&' if '?' in realm else '?'}{urlencode(query)}", headers)


def _split(realm: str) -> SplitResult | None:
    """The parts of a realm; None for what is no URL of a server."""
    try:
        parts = urlsplit(realm)
    except ValueError:
        return None
    usable = parts.hostname and is_authority(parts.netloc) and not parts.fragment and _SENDABLE.fullmatch(realm)
    return parts if usable else None


def _may_have_login(realm: SplitResult, registry: SplitResult) -> bool:
    if registry.scheme == "https":
        return realm.scheme == "https"
    return is_loopback(registry.hostname or "") and is_loopback(realm.hostname or "")


def read_token(reply: Reply) -> str:
    """Read the answer of a token server. Raises `RegistryError`, which never shows it."""
    return token(reply.read(_TOKEN_MOST), reply.host)


def token(raw: bytes, host: str) -> str:
    """The token in the answer of `host`. Raises `RegistryError`, which never shows it."""
    try:
        answer: Any = strict_json.loads(raw, "the token")
        value = answer.get("token") or answer.get("access_token")
        if isinstance(value, str) and _SENDABLE.fullmatch(value):
            return value
    except (InputError, AttributeError):
        pass  # reported below without the answer, which may contain a secret
    raise RegistryError(f"{host} answered without a token", hint="try again later")
