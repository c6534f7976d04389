"""`gate login` once its words are read, and the token that other commands need."""

import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from gate.cli.paths import here
from gate.cli.printing import say
from gate.errors import ExitCode, GateError, UsageError
from gate.io.run_context import World
from gate.model.image import ImageRef
from gate.registry.auth_files import auth_documents, docker_called, docker_file
from gate.registry.credentials import GHCR, Credential, registry_host
from gate.text import one_line

_MOST = 64 << 10
"""Bytes of a token; those of clouds that are JSON have 3 KiB."""
_WAYS = (
    "gh auth token | gate login -u NAME --token-stdin; or GATE_TOKEN; never on the command line, where all can read it"
)


def log_in(host: str, given: Mapping[str, Any]) -> int:
    """Carry out `gate login`; the exit code. Raises any `GateError`."""
    from gate.registry.access import Access
    from gate.registry.docker_login import store_login
    from gate.registry.login_check import check_login

    world = here()
    host = registry_host(host)
    image = ImageRef.parse(given["image"]) if given["image"] else None
    if image and image.registry != host:
        raise UsageError(f"{one_line(given['image'], 200)} is not of {host}")
    credential = login_of(host, world, given)
    check_login(
        host, credential, image, world=world, access=Access(plain_http=given["plain_http"], timeout=20, deadline=40)
    )
    place = store_login(host, credential, world=world)
    say(f"logged in to {host} as {one_line(credential.username, 80)}: kept by {place}")
    if not place.startswith("docker-credential-"):
        say("note: it is not encrypted there; `credsStore` in that file names a program that does")
    if shadow := _used_instead(host, image.repository if image else "", world):
        say(f"note: this login is not used: {shadow}")
    return ExitCode.PASSED


def _used_instead(host: str, repository: str, world: World) -> str:
    """Why a login in Docker's configuration is not used for this registry; empty when it is."""
    if world.env.get("REGISTRY_AUTH_FILE"):
        return "REGISTRY_AUTH_FILE stands in place of all login files"
    with suppress(GateError):  # the login is stored; what is wrong elsewhere, the next command says
        for document in auth_documents(world):
            if document.name == docker_called(docker_file(world)):
                break
            if document.entry(host, repository) is not None:
                return f"{document.name} goes before it and has one for {host}"
    return ""


def login_of(host: str, world: World, given: Mapping[str, Any]) -> Credential:
    """The login for `host` that the command was given. Raises `UsageError` when there is none, or none that can do."""
    source, token = _token(host, world, given)
    if not re.fullmatch(r"[!-~](?:[ -~]*[!-~])?", token):
        raise UsageError("the token is empty, or has characters that no token has", hint="a line break, or an accent?")
    if host == GHCR and token.startswith("github_pat_"):
        raise UsageError(
            "ghcr.io does not know fine-grained tokens (github_pat_…)",
            hint="make a classic one with the scope read:packages: https://github.com/settings/tokens/new",
        )
    username = given["username"] or (world.env.get("GITHUB_ACTOR", "") if host == GHCR else "")
    if not re.fullmatch(r"[!-9;-~]{1,255}", username):  # a colon would end the name
        raise UsageError(
            f"not a user name: {one_line(username, 80)!r}" if username else "nobody says whose token it is",
            hint="name the account with --username",
        )
    return Credential(source, username, token)


def _token(host: str, world: World, given: Mapping[str, Any]) -> tuple[str, str]:
    if given["token_stdin"]:
        if sys.stdin.isatty():
            raise UsageError("there is no token on standard input", hint=_WAYS)
        data = sys.stdin.buffer.read(_MOST + 1)
        if len(data) > _MOST:
            raise UsageError(f"standard input has more than {_MOST:,} bytes: that is no token", hint=_WAYS)
        return "standard input", data.decode("utf-8", "replace").strip()
    names = ["GATE_TOKEN", *(["GITHUB_TOKEN"] if host == GHCR and world.in_actions else [])]
    for name in names:
        if token := world.env.get(name, "").strip():
            return name, token
    raise UsageError("there is no token", hint=_WAYS)
