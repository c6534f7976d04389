"""`gate tags` once its words are read."""

import secrets
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gate.cli import paths, untyped
from gate.cli.paths import here
from gate.cli.printing import say, show, show_json
from gate.errors import ExitCode, InputError, RegistryError, UsageError
from gate.io import files, strict_json
from gate.io.run_context import World
from gate.maintenance.tags import Event, Named, named, parse, read, released
from gate.model.image import ImageRef
from gate.text import one_line

_MOST = 16 << 20
"""Bytes of a list of tags."""


def print_tags(image: str, given: Mapping[str, Any]) -> int:
    """Carry out `gate tags`; the exit code. Raises `UsageError`, `InputError`."""
    world = here()
    name = _name(image) if image else None
    output = _output(world) if given["github_output"] else None
    rules = untyped.loaded(world, given).policy.tags
    event = read(world, ref=given["git_ref"], commit=given["commit"])
    releases, notes = _releases(world, name, event, rules.version_prefix, given)
    found = named(event, rules, releases)
    lines = [f"{name.name}:{tag}" if name else tag for tag in found.tags]
    for note in (*notes, *found.notes):
        say(f"note: {one_line(note, 600)}")
    if output:
        _append(output, found, lines)
    if given["as_json"]:
        document = {"tags": found.tags, "images": lines if name else [], "notes": [*notes, *found.notes]}
        show_json(strict_json.dumps(document, indent=2))
    elif not output:
        show("".join(f"{line}\n" for line in lines))
    return ExitCode.PASSED


def _name(image: str) -> ImageRef:
    ref = ImageRef.parse(image)
    if ref.digest or ":" in image.rpartition("/")[2]:
        raise UsageError(f"{one_line(image, 200)} has a tag already", hint=f"name the image alone: {ref.name}")
    return ref


def _releases(
    world: World, image: ImageRef | None, event: Event, prefix: str, given: Mapping[str, Any]
) -> tuple[frozenset[tuple[int, int, int]] | None, Sequence[str]]:
    """The releases there are, or None and why nobody knows; only a release needs them."""
    version = parse(event.name, prefix) if event.kind == "tag" else None
    if version is None or version.pre:
        return None, ()
    if given["known_tags"]:
        return released(_listed(world, given["known_tags"]), prefix), ()
    if image is None:
        return None, ()
    from gate.registry import Access
    from gate.registry.tags import tags

    try:
        return released(
            tags(image, world=world, access=Access(plain_http=given["plain_http"], timeout=20, deadline=40))
        ), ()
    except RegistryError as exc:
        return None, (exc.problem,)


def _listed(world: World, name: str) -> list[str]:
    """Tags out of a file: each the last word of its line, as `git tag` and `git ls-remote --tags` print them."""
    if name == "-":
        data = sys.stdin.buffer.read(_MOST + 1)
        if len(data) > _MOST:
            raise InputError(f"standard input has more than {_MOST:,} bytes")
    else:
        data = files.read(paths.path(world, name), limit=_MOST, what="the list of tags")
    words = (line.split() for line in data.decode("utf-8", "replace").splitlines())
    return [one[-1].removeprefix("refs/tags/").removesuffix("^{}") for one in words if one]


def _output(world: World) -> Path:
    path = world.env.get("GITHUB_OUTPUT", "")
    if not path:
        raise UsageError("there is no GITHUB_OUTPUT to write to", hint="it is there in a step of GitHub Actions")
    return world.cwd / path


def _append(path: Path, found: Named, lines: Sequence[str]) -> None:
    """Add to the outputs of the step; nobody can know the mark that ends a value before it is drawn."""
    mark = f"gate_{secrets.token_hex(16)}"
    text = "\n".join([f"tags<<{mark}", *lines, mark, f"version={found.tags[0]}", ""])
    try:
        files.append(path, text.encode())  # half of an output would swallow that of the next step
    except OSError as exc:
        raise InputError(f"the outputs of this step cannot be written: {exc.strerror}", hint=files.NOT_WRITTEN) from exc
