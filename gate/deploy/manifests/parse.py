"""Detect the format of a manifest file by its content: Kubernetes objects, a Compose file, or a plain list."""

import re
from collections.abc import Callable, Iterator
from hashlib import sha256
from types import MappingProxyType

from gate.deploy.manifests import compose, jsontext, kubernetes, listing
from gate.deploy.manifests.found import RENDER, FoundImages, fields
from gate.deploy.manifests.values import Deployment, Settled
from gate.errors import InputError
from gate.io import yaml_document
from gate.io.yaml_document import nodes
from gate.io.yaml_document.nodes import Node

LARGEST = 16 << 20
_HINT = "supported are a rendered Kubernetes manifest, a Compose file, and a list with one reference a line"
_TEMPLATED = re.compile(r"""^[^"'#\n]*\{\{-?\s*[^\s$"'}]""", re.MULTILINE)


def parse_manifests(text: bytes, name: str, settled: Settled = MappingProxyType({})) -> Deployment:
    """Read the images of a deployment file; `name` is the file name for errors, `settled` is `manifests` of the policy.

    Fields that may name an image and cannot be read are in `unread`: then no image of the file may count as verified.

    Raises `InputError` with `name:line:column` for an empty file, one of mixed formats, a template, a variable, and a
    container without an image.
    """
    body = yaml_document.decoded(text, name, LARGEST)
    found = FoundImages(body, name, settled)
    kubernetes.check_settled(found)
    if listing.is_list(body):
        listing.read_list(found)
    else:
        _read(found, _roots(body, name))
    return Deployment(
        name, tuple(found.images), tuple(found.notes), sha256(text).hexdigest(), tuple(found.unread), settled
    )


def _read(found: FoundImages, roots: Iterator[Node]) -> None:
    kinds = set()
    for root in roots:
        if root.value is None:  # an empty document, or only comments
            continue
        read = _reader(root)
        if read is None:
            raise found.problem(root, "neither a Kubernetes object nor a Compose file", _HINT)
        kinds.add(read)
        if len(kinds) > 1:
            raise found.problem(root, "Kubernetes objects and a Compose file in one file", "split it into two files")
        read(root, found)
    if not kinds:
        raise InputError(f"{found.name} is empty", hint=_HINT)


def _reader(root: Node) -> Callable[[Node, FoundImages], None] | None:
    if kubernetes.is_object(fields(root)):
        return kubernetes.read_kubernetes
    return compose.read_compose if compose.is_compose(fields(root)) else None


def _roots(body: str, name: str) -> Iterator[Node]:
    try:
        yield from (jsontext if jsontext.is_json(body) else nodes).trees(body, name)
    except InputError as exc:
        if _TEMPLATED.search(body):
            raise InputError(exc.problem, hint=RENDER) from exc
        raise
