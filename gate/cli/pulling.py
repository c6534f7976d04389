"""`gate pull-secret` once its words are read."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from gate.cli import paths
from gate.cli.loggingin import login_of
from gate.cli.paths import here
from gate.cli.printing import say, show
from gate.deploy.pull_secret import Document, Keeper, Place, external, patch, secret
from gate.errors import ExitCode, GateError, InputError, UsageError
from gate.io import files, yaml_document
from gate.io.run_context import World
from gate.registry.credentials import GHCR, registry_host
from gate.text import one_line

_ENOUGH = "read:packages"


def make_secret(host: str, given: Mapping[str, Any]) -> int:
    """Carry out `gate pull-secret`; the exit code. Raises `UsageError`, `InputError`."""
    world = here()
    host = registry_host(host)
    place = Place(name=given["name"], namespace=given["namespace"]).checked()
    _check(world, given)
    if given["form"] == "external-secret":
        first = _external(host, place, given)
    else:
        credential = login_of(host, world, given)
        if host == GHCR:
            _warn(world, credential.password)
        first = secret(place, host, credential.username, credential.password)
    text = "---\n".join(yaml_document.dump(one) for one in (first, *_users(place, given)))
    if given["output"]:
        _write(paths.output(world, given["output"]), text)
    else:
        show(text)
    return ExitCode.PASSED


def _check(world: World, given: Mapping[str, Any]) -> None:
    """Refuse early what cannot end well, and what would show the token. Raises `UsageError`."""
    kept = given["store"] or given["cluster_store"] or given["remote_key"]
    if given["form"] == "external-secret":
        if not given["store"] or not given["remote_key"]:
            raise UsageError("nobody says where the token is kept", hint="name the store with --store, and --key in it")
        return
    if kept:
        raise UsageError("a store is for external secrets alone", hint="add --as external-secret")
    if given["form"] == "sealed-secret" and not given["namespace"]:
        raise UsageError("a secret is sealed for one namespace", hint="name it with --namespace")
    if given["form"] == "sealed-secret" and (given["service_account"] or given["pod"]):
        raise UsageError("kubeseal takes one document", hint="make the patches in a call of their own")
    if not given["output"] and (world.in_actions or sys.stdout.isatty()):
        where = "the log of the job" if world.in_actions else "the terminal"
        raise UsageError(
            f"the token would stand in {where}", hint="write it with --output FILE, or pipe it into kubectl"
        )


def _external(host: str, place: Place, given: Mapping[str, Any]) -> Document:
    username = given["username"]
    if not username:
        raise UsageError("nobody says whose token it is", hint="name the account with --username")
    keeper = Keeper(store=given["store"], key=given["remote_key"], cluster=given["cluster_store"])
    return external(place, host, username, keeper)


def _users(place: Place, given: Mapping[str, Any]) -> Iterator[Document]:
    if given["service_account"]:
        account = Place(name=given["service_account"], namespace=place.namespace)
        yield patch("ServiceAccount", account, place.name)
    if given["pod"]:
        yield patch("Pod", Place(name=given["pod"], namespace=place.namespace), place.name)


def _warn(world: World, token: str) -> None:
    """Whoever can read the Secret can do all that its token can."""
    from gate.github.scopes import scopes

    try:
        told = scopes(world, token)
    except GateError as exc:
        say(f"warning: what the token can do is not known: {one_line(exc.problem, 300)}")
        return
    if told is None:
        say("warning: what the token can do is not known: GitHub tells it of classic tokens alone")
        return
    more = [one_line(one, 40) for one in told if one != _ENOUGH]
    if more:
        said = f"the token can do more than {_ENOUGH}: {', '.join(more[:20])}; so can whoever reads the Secret"
        say(f"warning: {said}", fg="yellow")
    if _ENOUGH not in told and not {"write:packages", "delete:packages"} & {*told}:
        say(f"warning: the token has not the scope {_ENOUGH}: it pulls nothing private", fg="yellow")


def _write(path: Path, text: str) -> None:
    """A new file that nobody else may read, or one's own written anew; whole or not at all."""
    part = path.with_name(f".{path.name[:100]}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        part.replace(path)
    except OSError as exc:
        with suppress(OSError):
            part.unlink()
        raise InputError(
            f"{one_line(str(path), 200)} cannot be written: {exc.strerror}", hint=files.NOT_WRITTEN
        ) from exc
