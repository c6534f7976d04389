"""`gate verify` once its words are read."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gate import __version__
from gate.cli import paths, requests
from gate.cli.outputs import check_writable, width
from gate.cli.paths import STDOUT, here
from gate.cli.printing import say, show, write
from gate.cli.trust_options import trust_overrides
from gate.errors import ExitCode, InputError, UsageError
from gate.io import files
from gate.io.deadline import Deadline
from gate.io.run_context import World
from gate.model.verification import UnreadField, VerifyFile, VerifyResult, all_verified
from gate.pipeline.verify import Target, VerifyRequest
from gate.pipeline.verify import verify as run
from gate.text import one_line

if TYPE_CHECKING:
    from gate.deploy.manifests import Deployment, Settled
    from gate.pipeline.rejudge import Rejudge

_STDIN = "standard input"
_SHOWN = 20
_QUESTIONS = 16
"""Small ones, to the registry at the same time: they wait for round trips, not for bytes."""


def verify(images: Sequence[str], given: Mapping[str, Any]) -> int:
    """Carry out `gate verify`; the exit code. Raises any `GateError`."""
    from gate.cosign import trusted_root
    from gate.output.progress_bar import watching
    from gate.policy.loader import load
    from gate.registry import Access

    world = replace(here(), deadline=Deadline.after(given["timeout"], "--timeout"))
    _check(world, images, given)
    chosen = given["policy_file"]
    policy = world.cwd / chosen if chosen else None
    loaded = load(policy, cwd=world.cwd, overrides=trust_overrides(world, given))
    world = requests.with_tools(world, loaded)
    named = [_file(world, name, loaded.policy.manifests) for name in given["files"]]
    unread = _unread(named)
    root = paths.path(world, given["trusted_root"]) if given["trusted_root"] else None
    asked = VerifyRequest(
        targets=_targets(images, named, unread),
        loaded=loaded,
        roots=trusted_root.read(root, offline=given["offline"]),
        access=Access(
            plain_http=given["plain_http"],
            deadline=given["timeout"],
            jobs=_QUESTIONS,
            unscanned_manifests=frozenset(loaded.policy.unscanned_manifests),
        ),
        explain=given["explain"],
        rejudge=_rejudge(world, given) if given["rejudge"] else None,
        jobs=given["jobs"],
    )
    color = not requests.no_color(world, given["color"], err=True)
    with watching(quiet=given["quiet"], color=color, say=say) as progress:
        results = run(asked, world, progress) if asked.targets else ()
    if given["pin"] and all_verified(results, unread):
        _pin(world, named, results)
    _tell(world, results, unread, given)
    _explain_unread(unread, named)
    return code(results, unread)


def _rejudge(world: World, given: Mapping[str, Any]) -> "Rejudge":
    from gate.pipeline.rejudge import Rejudge
    from gate.trivy import database
    from gate.trivy.scan import Bounds

    folder = paths.path(world, given["trivy_cache"]) if given["trivy_cache"] else None
    repositories = given["db_repositories"] or database.REPOSITORIES
    source = database.Source(offline=given["offline"], folder=folder, repositories=repositories)
    return Rejudge(source, Bounds(given["jobs"], given["timeout"]))


def code(results: Sequence[VerifyResult], unread: Sequence[UnreadField] = ()) -> int:
    """0 when every image is verified; else the first of these that holds.

    11: one is known not to be. 3: a field that may name another is unread, which no second try mends. 6: it could not
    be found out.
    """
    if all_verified(results, unread):
        return ExitCode.PASSED
    if any(not one.verified and not one.undecided for one in results):
        return ExitCode.UNVERIFIED
    if unread:
        return ExitCode.INPUT
    return ExitCode.REGISTRY if results else ExitCode.UNVERIFIED


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
        check_writable(paths.output(world, given["json_file"]))


@dataclass(frozen=True)
class _File:
    """A file that names images, as it was read."""

    name: str
    text: bytes
    deployment: "Deployment"


def _file(world: World, name: str, settled: "Settled") -> _File:
    from gate.deploy.manifests import LARGEST, parse

    if name == STDOUT:
        text, name = sys.stdin.buffer.read(LARGEST + 1), _STDIN
        if len(text) > LARGEST:
            raise InputError(f"{name} has more than {LARGEST:,} bytes")
    else:
        text = files.read(paths.path(world, name), limit=LARGEST, what="the file")
    deployment = parse(text, name, settled)
    for note in deployment.notes:
        say(f"note: {one_line(note, 400)}")
    return _File(name, text, deployment)


def _unread(named: Sequence[_File]) -> tuple[UnreadField, ...]:
    """What the files leave open."""
    return tuple(
        UnreadField(
            place=f"{one_line(file.name, 200)}:{one.line}:{one.column}",
            path=one.path,
            kind=one_line(one.kind, 200),
            field=one.field,
            why=one_line(one.why, 400),
            hint=one.hint,
        )
        for file in named
        for one in file.deployment.unread
    )


def _targets(images: Sequence[str], named: Sequence[_File], unread: Sequence[UnreadField]) -> tuple[Target, ...]:
    """Every image once, with all the places that name it. Raises `InputError` when the files name none."""
    places: dict[str, list[str]] = {image: [] for image in images}
    for file in named:
        for one in file.deployment.images:
            places.setdefault(one.image, []).append(f"{one_line(file.name, 200)}:{one.line} ({one.path})")
    if not places and not unread:
        raise InputError("the files name no image", hint="is it the whole of what is deployed?")
    return tuple(Target(image, tuple(where)) for image, where in places.items())


def _pin(world: World, named: Sequence[_File], results: Sequence[VerifyResult]) -> None:
    """Write the digests that were verified, wherever tags point by now; each file is made before any is written."""
    from gate.deploy.manifests import pin

    digests = {one.image: pinned_name(one.image, one.digest) for one in results}
    made = [(file, pin(file.text, file.deployment, digests)) for file in named]
    places = {file.name: paths.output(world, file.name) for file in named if file.name != _STDIN}
    for file, text in made:
        if file.name == _STDIN:
            write([text])
        elif text != file.text:
            files.write(places[file.name], text)


def pinned_name(image: str, digest: str) -> str:
    """`NAME:TAG@DIGEST`: the image as it was written, with the digest that was verified; the tag stays for people."""
    return f"{image.partition('@')[0]}@{digest}"


def _explain_unread(unread: Sequence[UnreadField], named: Sequence[_File]) -> None:
    """Name each unread field, and what settles them all."""
    if not unread:
        return
    from gate.deploy.manifests import settling_lines

    for one in unread[:_SHOWN]:
        say(f"error: {one.place}: {one.path}: {one.why}", fg="red")
        if one.hint:
            say(f" hint: {one.hint}", fg="cyan")
    if len(unread) > _SHOWN:
        say(f"error: and {len(unread) - _SHOWN:,} more that cannot be read", fg="red")
    if lines := settling_lines(file.deployment for file in named):
        say(" hint: say in gate.yaml which fields name images; of the lines for a kind, keep one:", fg="cyan")
        show("".join(f"{line}\n" for line in lines), err=True)


def _tell(
    world: World, results: Sequence[VerifyResult], unread: Sequence[UnreadField], given: Mapping[str, Any]
) -> None:
    busy = given["json_file"] == STDOUT or (given["pin"] and STDOUT in given["files"])
    if given["json_file"]:
        document = VerifyFile(
            gate=__version__,
            verified=all_verified(results, unread),
            verified_at=world.now,
            results=tuple(results),
            unread=tuple(unread),
        )
        data = document.model_dump_json().encode() + b"\n"
        paths.put(world, given["json_file"], [data], json=True)
    if results and not given["quiet"]:
        from gate.output import verify_terminal

        color = not requests.no_color(world, given["color"], err=busy)
        show(verify_terminal.show(results, unread, color=color, width=width()), err=busy, color=color)
