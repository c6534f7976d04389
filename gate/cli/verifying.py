"""`gate verify` once its words are read."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from gate import __version__, files
from gate.cli import request
from gate.cli.outputs import STDOUT, check_writable, width
from gate.cli.running import here
from gate.cli.trusting import trust_overrides
from gate.errors import ExitCode, InputError, UsageError
from gate.manifests import Deployment, parse, pin
from gate.pipeline.rejudge import Rejudge
from gate.pipeline.verify import Target, VerifyRequest
from gate.pipeline.verify import verify as run
from gate.text import one_line
from gate.verification import VerifyFile, VerifyResult
from gate.world import World

_LARGEST = 16 << 20
"""Bytes of a manifest."""


def verify(images: Sequence[str], given: Mapping[str, Any]) -> int:
    """Carry out `gate verify`; the exit code. Raises any `GateError`."""
    from gate.cosign import roots
    from gate.policyfile import load
    from gate.registry import Access
    from gate.trivy import database
    from gate.trivy.scan import Bounds
    from gate.views.live import watching

    world = here()
    _check(world, images, given)
    chosen = given["policy_file"]
    policy = world.cwd / chosen if chosen else None
    loaded = load(policy, cwd=world.cwd, overrides=trust_overrides(world, given))
    deployments = [_deployment(world, name) for name in given["files"]]
    root = request.path(world, given["trusted_root"]) if given["trusted_root"] else None
    folder = request.path(world, given["trivy_cache"]) if given["trivy_cache"] else None
    source = database.Source(
        offline=given["offline"], folder=folder, repositories=given["db_repositories"] or database.REPOSITORIES
    )
    asked = VerifyRequest(
        targets=_targets(images, deployments),
        loaded=loaded,
        roots=roots.read(root, offline=given["offline"]),
        access=Access(plain_http=given["plain_http"], deadline=given["timeout"]),
        rejudge=Rejudge(source, Bounds(given["jobs"], given["timeout"])) if given["rejudge"] else None,
        jobs=given["jobs"],
    )
    color = not request.no_color(world, given["color"], err=True)
    with watching(shown=not given["quiet"] and sys.stderr.isatty(), color=color) as progress:
        results = run(asked, world, progress)
    good = bool(results) and all(one.verified for one in results)
    if given["pin"] and good:
        _pin(world, deployments, results)
    _tell(world, results, given)
    return code(results)


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
        check_writable(request.path(world, given["json_file"]))


def _deployment(world: World, name: str) -> Deployment:
    if name == STDOUT:
        raw = sys.stdin.buffer.read(_LARGEST + 1)
        if len(raw) > _LARGEST:
            raise InputError(f"standard input has more than {_LARGEST:,} bytes")
        return parse(raw, "standard input")
    return parse(files.read(request.path(world, name), limit=_LARGEST, what="the file"), name)


def _targets(images: Sequence[str], deployments: Sequence[Deployment]) -> tuple[Target, ...]:
    """Every image once, with all the places that name it. Raises `InputError` when the files name none."""
    places: dict[str, list[str]] = {image: [] for image in images}
    for deployment in deployments:
        for one in deployment.images:
            places.setdefault(one.image, []).append(f"{one_line(deployment.name, 200)}:{one.line} ({one.path})")
    if not places:
        raise InputError("the files name no image", hint="is it the whole of what is deployed?")
    return tuple(Target(image, tuple(where)) for image, where in places.items())


def _pin(world: World, deployments: Sequence[Deployment], results: Sequence[VerifyResult]) -> None:
    """Write the digests that were verified: whatever a tag points at by now."""
    from gate.image import ImageRef

    digests = {}
    for one in results:
        ref = ImageRef.parse(one.image)
        tag = f":{ref.tag}" if ref.tag and (not ref.digest or f":{ref.tag}@" in one.image) else ""
        head = one.image.partition("@")[0]
        name = head.removesuffix(tag) if tag and head.endswith(tag) else head
        digests[one.image] = f"{name}{tag}@{one.digest}"
    for deployment in deployments:
        pinned = pin(deployment, digests)
        if deployment.name == "standard input":
            sys.stdout.buffer.write(pinned)
            sys.stdout.buffer.flush()
        elif pinned != deployment.text:
            files.write(request.path(world, deployment.name), pinned)


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
        if given["json_file"] == STDOUT:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        else:
            files.write(request.path(world, given["json_file"]), data)
    if not given["quiet"]:
        from gate.views import verified

        color = not request.no_color(world, given["color"], err=busy)
        click.echo(verified.show(results, color=color, width=width()), err=busy, color=color, nl=False)
