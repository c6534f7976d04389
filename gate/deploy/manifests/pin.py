"""Write digests into a deployment file: every image is replaced, every other byte stays as it was."""

import re
from collections.abc import Mapping
from hashlib import sha256

from gate.deploy.manifests.parse import LARGEST, parse_manifests
from gate.deploy.manifests.values import QUOTED, Deployment, Named
from gate.errors import InputError
from gate.io import yaml_document
from gate.text import one_line

_PINNED = re.compile(r"[A-Za-z0-9\[][A-Za-z0-9._/:\[\]-]*@sha256:[0-9a-f]{64}")
_MARK = b"\xef\xbb\xbf"
_PLAINLY = "write the image on one line, without a YAML tag before it"


def pin(text: bytes, deployment: Deployment, digests: Mapping[str, str]) -> bytes:
    """Replace every image; `digests` maps each image as written to its replacement (`NAME:TAG@sha256:…`).

    `text` is what `deployment` was read from. The image of a YAML alias is replaced at its anchor. Raises `InputError`
    with `name:line:column` for an image that has no digest or cannot be replaced in place, and when the new text, read
    again, does not name the expected images.
    """
    name = one_line(deployment.name, 200)
    if sha256(text).hexdigest() != deployment.sha256:
        raise InputError(f"{name} has changed since it was read", hint="run it again")
    body = yaml_document.decoded(text, deployment.name, LARGEST)
    edits = dict(_edit(named, name, body, digests) for named in deployment.images)
    pieces: list[str] = []
    done = 0
    for (start, end), replacement in sorted(edits.items()):
        pieces += body[done:start], replacement
        done = end
    pinned = (_MARK if text.startswith(_MARK) else b"") + "".join([*pieces, body[done:]]).encode()
    expected = [(named.path, digests[named.image]) for named in deployment.images]
    again = parse_manifests(pinned, deployment.name, deployment.settled)
    if [(named.path, named.image) for named in again.images] != expected:
        raise InputError(f"{name} cannot be pinned: the result would name other images", hint=_PLAINLY)
    return pinned


def _edit(named: Named, name: str, body: str, digests: Mapping[str, str]) -> tuple[tuple[int, int], str]:
    where, shown = f"{name}:{named.line}:{named.column}", f"{named.path}: {one_line(named.image, 120)!r}"
    replacement = digests.get(named.image, "")
    if not _PINNED.fullmatch(replacement):
        raise InputError(f"{where}: {shown} has no digest to pin it to")
    if named.span is None:
        raise InputError(f"{where}: {shown} is written in a form that cannot be replaced in place", hint=_PLAINLY)
    start, end = named.span
    written, digest = body[start:end].partition("@")[0], replacement.rpartition("@")[2]
    lead = " " if named.form == QUOTED and start == end else ""
    return named.span, lead + named.form.format(image=replacement, digest=digest, written=written)
