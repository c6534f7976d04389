"""Who may do what with a registry, by tokens as GHCR gives them: for a user, some repositories and some actions."""

import base64
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.lab.loopback import Answer, Request


@dataclass(frozen=True)
class _User:
    password: str
    pull: Sequence[str]
    push: Sequence[str]

    def may(self, action: str, repository: str) -> bool:
        patterns = (*self.pull, *self.push) if action == "pull" else self.push
        return any(fnmatchcase(repository, pattern) for pattern in patterns)


@dataclass(frozen=True)
class _Token:
    user: _User
    scopes: frozenset[tuple[str, str]]
    """Actions (`pull` or `push`), each with a repository."""


class Permissions:
    """Everybody may do everything until a user is known, or something is said to be public."""

    def __init__(self, host: str) -> None:
        """`host` gives its tokens itself."""
        self._host = host
        self._users: dict[str, _User] = {}
        self._nobody = _User("", (), ())
        self._tokens: dict[str, _Token] = {}

    def user(self, name: str, password: str, pull: Sequence[str], push: Sequence[str]) -> None:
        """Patterns of repositories; who may push may pull."""
        self._users[name] = _User(password, pull, push)

    def public(self, patterns: Sequence[str]) -> None:
        """What may be pulled by everybody."""
        self._nobody = _User("", patterns, ())

    def revoke(self) -> None:
        """Believe no token that was given so far."""
        self._tokens.clear()

    def refusal(self, request: Request, repository: str) -> Answer | None:
        """None when it may; `repository` is empty for a look at the registry itself.

        Who could have a better token is told to get one (401), and who could not is denied (403).
        """
        if not self._users and not self._nobody.pull:
            return None
        action = "pull" if request.method in {"GET", "HEAD"} else "push"
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        token = self._tokens.get(given) if scheme == "Bearer" else None
        if token is None or (repository and token.user.may(action, repository)):
            enough = token and (not repository or (action, repository) in token.scopes)
            return None if enough else self._challenge(action, repository)
        return denied() if repository else None

    def token_for(self, request: Request) -> Answer:
        """The answer to `GET /token?service=...&scope=repository:octo/app:pull,push`: as much of it as may be."""
        user = self._asking(request)
        asked = " ".join(request.query.get("scope", [])).split()
        parts = [scope.split(":") for scope in asked]
        wanted = [(action, name) for _, name, actions in parts for action in actions.split(",")]
        scopes = frozenset((action, name) for action, name in wanted if user and user.may(action, name))
        if user is None or (not scopes and (wanted or user is self._nobody)):
            return denied()
        token = secrets.token_hex(16)
        self._tokens[token] = _Token(user, scopes)
        return Answer(200, json.dumps({"token": token}).encode(), {"Content-Type": "application/json"})

    def _asking(self, request: Request) -> _User | None:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return self._nobody
        try:
            name, _, password = base64.b64decode(given).decode().partition(":")
        except ValueError:
            return None
        user = self._users.get(name)
        return user if user and user.password == password else None

    def _challenge(self, action: str, repository: str) -> Answer:
        wanted = f"repository:{repository}:{'pull' if action == 'pull' else 'pull,push'}" if repository else ""
        scope = wanted or "repository:user/image:pull"  # GHCR's own words where it does not know of what
        told = f'Bearer realm="http://{self._host}/token",service="{self._host}",scope="{scope}"'
        return error(401, "UNAUTHORIZED", "authentication required", **{"WWW-Authenticate": told})


def denied() -> Answer:
    """What GHCR says of what may not be, and of what is not there."""
    return error(403, "DENIED", "requested access to the resource is denied")


def error(status: int, code: str, message: str, **headers: str) -> Answer:
    """A refusal in the form of the distribution specification."""
    body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
    return Answer(status, body, {"Content-Type": "application/json", **headers})
