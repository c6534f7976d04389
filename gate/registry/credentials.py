"""Find the login for a registry.

Sources, in this order:

1. `GATE_REGISTRY_USERNAME` and `GATE_REGISTRY_PASSWORD`, for the one registry in `GATE_REGISTRY` (default: ghcr.io)
2. the files of podman and of Docker, in podman's order (`gate.registry.auth_files`): credHelpers, credsStore, auths
3. inside GitHub Actions, `GITHUB_TOKEN` with `GITHUB_ACTOR`, for ghcr.io alone
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gate.errors import InputError, ToolFailedError, UsageError
from gate.io import strict_json
from gate.io.process import Command, Finished, run
from gate.io.run_context import RunContext
from gate.model.image import DOCKER_HUB, ImageRef
from gate.registry.auth_files import AuthDocument, auth_documents
from gate.text import one_line

GHCR = "ghcr.io"
HUB_KEY = "https://index.docker.io/v1/"
"""What Docker calls the Hub in its configuration."""
_HELPER_TIMEOUT = 30.0
_ANY = range(-255, 256)
"""Exit codes: a failure is reported here, without standard output, which may contain the secret."""
_TOKEN_USER = "<token>"  # noqa: S105 what a helper answers when its secret is an identity token
_KEPT_FROM_HELPERS = ("GATE_", "GITHUB_TOKEN", "ACTIONS_ID_TOKEN_", "DOCKER_AUTH_CONFIG")


@dataclass(frozen=True)
class Credential:
    """A login, or an identity token that can be exchanged for one; `source` says where it came from."""

    source: str
    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)

    @property
    def basic(self) -> str:
        """The `Authorization` of HTTP Basic."""
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


def find(host: str, context: RunContext, repository: str = "") -> Credential | None:
    """Find the credential for `repository` of the registry `host`; None is anonymous.

    Raises `UsageError` for half a login or a `GATE_REGISTRY` that is no registry, `InputError` for a broken file,
    `ToolMissingError` and `ToolFailedError` for a broken helper: going on without would end in words about the wrong
    thing.
    """
    return LoginFinder(context).find(host, repository)


class LoginFinder:
    """Finds logins for one run; a helper program is asked once for each registry."""

    def __init__(self, context: RunContext) -> None:
        """Nothing is read yet."""
        self._world = context
        self._answers: dict[tuple[str, str], Credential | None] = {}

    def find(self, host: str, repository: str = "") -> Credential | None:
        """Find the credential, as `find` does."""
        env = self._world.env
        username, password = env.get("GATE_REGISTRY_USERNAME", ""), env.get("GATE_REGISTRY_PASSWORD", "")
        if bool(username) != bool(password):
            there, missing = ("USERNAME", "PASSWORD") if username else ("PASSWORD", "USERNAME")
            raise UsageError(
                f"GATE_REGISTRY_{there} is set without GATE_REGISTRY_{missing}", hint="set both, or neither"
            )
        if username and host == registry_host(env.get("GATE_REGISTRY") or GHCR):
            return Credential("GATE_REGISTRY_USERNAME and GATE_REGISTRY_PASSWORD", username, password)
        for document in auth_documents(self._world):
            if found := self._in(document, host, repository):
                return found
        if host == GHCR and self._world.in_actions and (token := env.get("GITHUB_TOKEN")):
            return Credential("GITHUB_TOKEN", env.get("GITHUB_ACTOR") or "x-access-token", token)
        return None

    def _in(self, document: AuthDocument, host: str, repository: str) -> Credential | None:
        if program := helper_of(document, host):
            key = docker_key(host)
            if (program, key) not in self._answers:
                self._answers[program, key] = _from_helper(program, key, self._world)
            if found := self._answers[program, key]:
                return found
        entry = document.entry(host, repository)
        return _from_entry(entry, document.name) if entry is not None else None


def registry_host(text: str) -> str:
    """The host name of a registry, as `ImageRef.registry` has it. Raises `UsageError`."""
    host, plain = ImageRef.parse(f"{text}/name").registry, text.lower()
    known = host in {plain, DOCKER_HUB} and (host != DOCKER_HUB or "docker.io" in plain)
    if "/" in text or not known:
        raise UsageError(f"not a registry: {one_line(text, 100)!r}", hint="a registry is a host name: ghcr.io")
    return host


def docker_key(host: str) -> str:
    """How Docker names the registry `host` in its configuration and to its helpers."""
    return HUB_KEY if host == DOCKER_HUB else host


def helper_of(document: AuthDocument, host: str) -> str:
    """The program that keeps the logins of `host`, by that document; empty when none does.

    Raises `InputError` for what is no name of one.
    """
    helpers = document.table("credHelpers")
    helper = next((helpers[key] for key in _keys(host) if key in helpers), document.members.get("credsStore"))
    if not helper:
        return ""
    if not isinstance(helper, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", helper):
        raise InputError(
            f"not the name of a credential helper: {one_line(str(helper), 80)!r}",
            hint="Docker's config.json names docker-credential-NAME as NAME",
        )
    return f"docker-credential-{helper}"


def ask_helper(program: str, verb: str, said: str, context: RunContext) -> Finished:
    """Have a helper do `verb` with what is `said` on its standard input, without our secrets in its environment.

    Any exit code is an answer. Raises `ToolMissingError`, `ToolFailedError`.
    """
    env = {name: value for name, value in context.env.items() if not name.startswith(_KEPT_FROM_HELPERS)}
    hint = "does it wait for somebody to answer it? try it by hand"
    return run(
        Command(program, (verb,), env, context.cwd, _HELPER_TIMEOUT, said, _ANY, deadline=context.deadline, hint=hint)
    )


def _keys(host: str) -> tuple[str, ...]:
    return (HUB_KEY, "index.docker.io", DOCKER_HUB) if host == DOCKER_HUB else (host,)


def _from_entry(entry: Mapping[str, Any], what: str) -> Credential | None:
    username, password = entry.get("username") or "", entry.get("password") or ""
    token, packed = entry.get("identitytoken") or "", entry.get("auth") or ""
    if not all(isinstance(value, str) for value in (username, password, token, packed)):
        raise InputError(f"{what}: a login is not text", hint="log in again with `docker login`")
    if packed:
        try:
            username, colon, password = base64.b64decode(packed, validate=True).decode().partition(":")
        except (binascii.Error, ValueError) as exc:
            raise InputError(f"{what}: a login is not base64", hint="log in again with `docker login`") from exc
        if not colon:
            raise InputError(f"{what}: a login has no password", hint="log in again with `docker login`")
        password = password.rstrip("\0")
    if not token and not (username and password):
        return None
    return Credential(what, username, password, token)


def _from_helper(program: str, key: str, context: RunContext) -> Credential | None:
    done = ask_helper(program, "get", key, context)
    if done.code:
        if "credentials not found" in (done.stdout + done.stderr).lower():
            return None
        said = one_line(done.stderr, 200) or "it gave no reason on standard error"
        raise ToolFailedError(f"{program} has no answer for {key}: {said}", hint="log in again with `docker login`")
    try:
        answer = strict_json.loads(done.stdout.encode(), f"the answer of {program}")
        username, secret = answer["Username"], answer["Secret"]
    except (InputError, KeyError, TypeError):
        username, secret = None, None  # reported below without the cause, which may quote the secret
    if not isinstance(username, str) or not isinstance(secret, str):
        raise ToolFailedError(f"{program} gave an answer that is no login", hint="ask its makers")
    if not secret:
        return None
    if username == _TOKEN_USER:
        return Credential(program, identity_token=secret)
    return Credential(program, username, secret)
