"""`gate verify` once its words are read."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from gate import __version__, files
from gate.cli import request, where
from gate.cli.outputs import check_writable, width
from gate.cli.trusting import trust_overrides
from gate.cli.where import STDOUT, here
from gate.errors import ExitCode, InputError, UsageError
from gate.pipeline.verify import Target, VerifyRequest
from gate.pipeline.verify import verify as run
from gate.text import one_line
from gate.verification import VerifyFile, VerifyResult
from gate.world import World

if TYPE_CHECKING:
    from gate.manifests import Deployment
    from gate.pipeline.rejudge import Rejudge

_STDIN = "standard input"
_QUESTIONS = 16
"""Small ones, to the registry at the same time: they wait for round trips, not for bytes."""


def verify(images: Sequence[str], given: Mapping[str, Any]) -> int:
    """Carry out `gate verify`; the exit code. Raises any `GateError`."""
    from gate.cosign import roots
    from gate.policyfile import load
    from gate.registry import Access
    from gate.views.live import watching

    world = here()
    _check(world, images, given)
    chosen = given["policy_file"]
    policy = world.cwd / chosen if chosen else None
    loaded = load(policy, cwd=world.cwd, overrides=trust_overrides(world, given))
    world = request.with_tools(world, loaded)
    named = [_file(world, name) for name in given["files"]]
    root = where.path(world, given["trusted_root"]) if given["trusted_root"] else None
    asked = VerifyRequest(
        targets=_targets(images, named),
        loaded=loaded,
        roots=roots.read(root, offline=given["offline"]),
        access=Access(plain_http=given["plain_http"], deadline=given["timeout"], jobs=_QUESTIONS),
        explain=given["explain"],
        rejudge=_rejudge(world, given) if given["rejudge"] else None,
        jobs=given["jobs"],
    )
    color = not request.no_color(world, given["color"], err=True)
    with watching(shown=not given["quiet"] and sys.stderr.isatty(), color=color) as progress:
        results = run(asked, world, progress)
    good = bool(results) and all(one.verified for one in results)
    if given["pin"] and good:
        _pin(world, named, results)
    _tell(world, results, given)
    return code(results)


def _rejudge(world: World, given: Mapping[str, Any]) -> "Rejudge":
    from gate.pipeline.rejudge import Rejudge
    from gate.trivy import database
    from gate.trivy.scan import Bounds

    folder = where.path(world, given["trivy_cache"]) if given["trivy_cache"] else None
    repositories = given["db_repositories"] or database.REPOSITORIES
    source = database.Source(offline=given["offline"], folder=folder, repositories=repositories)
    return Rejudge(source, Bounds(given["jobs"], given["timeout"]))


def code(results: Sequence[VerifyResult]) -> int:
    """0 when every image is verified, 11 when one is known not to be, 6 when that could not be found out."""
    if results and all(one.verified for one in results):
        return ExitCode.PASSED
    known = any(not one.verified and not one.undecided for one in results)
    return ExitCode.UNVERIFIED if known or not results else ExitCode.REGISTRY


def _check(world: World, images: Sequence[str], given: Mapping[str, Any]) -> None:
    """Refuse early what cannot end well. Raises `UsageError`, `InputError`."""
    named = given["files"]
    if not images and not named:
        raise UsageError("there is no image to verify", hint="name one, or a file that names some with -f")
    if list(named).count(STDOUT) > 1:
        raise UsageError("standard input can be read once", hint="give each file its name")
    if given["pin"] and not named:
        raise UsageError("there is no file to pin", hint="name it with -f")
    if given["pin"] and STDOUT in named and given["json_file"] == STDOUT:
        raise UsageError("only one document can go to standard output", hint="name a file for --json")
    if given["json_file"] and given["json_file"] != STDOUT:
        check_writable(where.output(world, given["json_file"]))


@dataclass(frozen=True)
class _File:
    """A file that names images, as it was read."""

    name: str
    text: bytes
    deployment: "Deployment"


def _file(world: World, name: str) -> _File:
    from gate.manifests import LARGEST, parse

    if name == STDOUT:
        text, name = sys.stdin.buffer.read(LARGEST + 1), _STDIN
        if len(text) > LARGEST:
            raise InputError(f"{name} has more than {LARGEST:,} bytes")
    else:
        text = files.read(where.path(world, name), limit=LARGEST, what="the file")
    deployment = parse(text, name)
    for note in deployment.notes:
        click.echo(f"note: {one_line(note, 400)}", err=True)
    return _File(name, text, deployment)


def _targets(images: Sequence[str], named: Sequence[_File]) -> tuple[Target, ...]:
    """Every image once, with all the places that name it. Raises `InputError` when the files name none."""
    places: dict[str, list[str]] = {image: [] for image in images}
    for file in named:
        for one in file.deployment.images:
            places.setdefault(one.image, []).append(f"{one_line(file.name, 200)}:{one.line} ({one.path})")
    if not places:
        raise InputError("the files name no image", hint="is it the whole of what is deployed?")
    return tuple(Target(image, tuple(where)) for image, where in places.items())


def _pin(world: World, named: Sequence[_File], results: Sequence[VerifyResult]) -> None:
    """Write the digests that were verified, wherever tags point by now; each file is made before any is written."""
    from gate.manifests import pin

    digests = {one.image: pinned_name(one.image, one.digest) for one in results}
    made = [(file, pin(file.text, file.deployment, digests)) for file in named]
    places = {file.name: where.output(world, file.name) for file in named if file.name != _STDIN}
    for file, text in made:
        if file.name == _STDIN:
            sys.stdout.buffer.write(text)
            sys.stdout.buffer.flush()
        elif text != file.text:
            files.write(places[file.name], text)


def pinned_name(image: str, digest: str) -> str:
    """`NAME:TAG@DIGEST`: the image as it was written, with the digest that was verified; the tag stays for people."""
    return f"{image.partition('@')[0]}@{digest}"


def _tell(world: World, results: Sequence[VerifyResult], given: Mapping[str, Any]) -> None:
    busy = given["json_file"] == STDOUT or (given["pin"] and STDOUT in given["files"])
    if given["json_file"]:
        document = VerifyFile(
            gate=__version__,
            verified=bool(results) and all(one.verified for one in results),
            verified_at=world.now,
            results=tuple(results),
        )
        data = document.model_dump_json().encode() + b"\n"
        where.put(world, given["json_file"], [data])
    if not given["quiet"]:
        from gate.views import verified

        color = not request.no_color(world, given["color"], err=busy)
        click.echo(verified.show(results, color=color, width=width()), err=busy, color=color, nl=False)
