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
_HINT = "it is a rendered Kubernetes manifest, a Compose file, or a list with one reference a line"
_TEMPLATED = re.compile(r"""^[^"'#\n]*\{\{-?\s*[^\s$"'}]""", re.MULTILINE)


def parse_manifests(text: bytes, name: str, settled: Settled = MappingProxyType({})) -> Deployment:
    """Read what a deployment names; `name` is the file's, for errors; `settled` is what the policy says about kinds.

    What may name an image and cannot be read is `unread`: nothing in the file is verified while there is any.

    Raises `InputError` with `name:line:column` for what cannot be told for sure: an empty file, one that is several
    things at once, a template, a variable, a container without an image.
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
        if root.value is None:  # what stands between two separators, or nothing but comments
            continue
        read = _reader(root)
        if read is None:
            raise found.problem(root, "neither a Kubernetes object nor a Compose file", _HINT)
        kinds.add(read)
        if len(kinds) > 1:
            raise found.problem(root, "Kubernetes objects and a Compose file in one", "keep them in two files")
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
