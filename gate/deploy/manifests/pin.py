"""The same file with digests: every image replaced where it stands, every other byte as it was."""

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
_PLAINLY = "write the image on one line, without a tag before it"


def pin(text: bytes, deployment: Deployment, digests: Mapping[str, str]) -> bytes:
    """Replace every image; `digests` gives for each, as it is written, what takes its place (`NAME:TAG@sha256:…`).

    `text` is what `deployment` was read from. What stands behind an alias is replaced where its anchor is. Raises
    `InputError` with `name:line:column` for an image that has no digest or cannot be replaced in place, and when the
    outcome, read again, does not name what it should.
    """
    name = one_line(deployment.name, 200)
    if sha256(text).hexdigest() != deployment.sha256:
        raise InputError(f"{name} has changed since it was read", hint="run it again")
    body = yaml_document.decoded(text, deployment.name, LARGEST)
    edits = dict(_edit(one, name, body, digests) for one in deployment.images)
    pieces: list[str] = []
    done = 0
    for (start, end), replacement in sorted(edits.items()):
        pieces += body[done:start], replacement
        done = end
    pinned = (_MARK if text.startswith(_MARK) else b"") + "".join([*pieces, body[done:]]).encode()
    wanted = [(one.path, digests[one.image]) for one in deployment.images]
    again = parse_manifests(pinned, deployment.name, deployment.settled)
    if [(one.path, one.image) for one in again.images] != wanted:
        raise InputError(f"{name} cannot be pinned: it would name other images then", hint=_PLAINLY)
    return pinned


def _edit(one: Named, name: str, body: str, digests: Mapping[str, str]) -> tuple[tuple[int, int], str]:
    where, shown = f"{name}:{one.line}:{one.column}", f"{one.path}: {one_line(one.image, 120)!r}"
    replacement = digests.get(one.image, "")
    if not _PINNED.fullmatch(replacement):
        raise InputError(f"{where}: {shown} has no digest to be pinned to")
    if one.span is None:
        raise InputError(f"{where}: {shown} is written in a way that cannot be replaced in place", hint=_PLAINLY)
    start, end = one.span
    written, digest = body[start:end].partition("@")[0], replacement.rpartition("@")[2]
    lead = " " if one.form == QUOTED and start == end else ""
    return one.span, lead + one.form.format(image=replacement, digest=digest, written=written)
