"""What the manifests of a repository need: each read, none believed to be what it is not."""

from collections.abc import Collection, Mapping
from typing import Any

from gate.errors import RegistryError
from gate.image import ImageRef, is_digest
from gate.prune import Node
from gate.registry.access import Access
from gate.registry.crew import crew
from gate.registry.failures import MissingError
from gate.registry.remotes import Remotes
from gate.registry.wire import Document
from gate.text import one_line
from gate.world import World


def nodes(ref: ImageRef, digests: Collection[str], *, world: World, access: Access) -> dict[str, Node]:
    """Read every manifest. Raises `RegistryError` for the first that cannot be read whole."""

    def read(digest: str) -> Node:
        try:
            return _node(source.at(digest))
        except RegistryError as exc:
            raise RegistryError(f"the manifest {digest} cannot be read: {exc.problem}", hint=exc.hint) from exc

    with Remotes([ref], world=world, access=access) as remotes, crew(access.jobs, remotes.abort) as threads:
        source = remotes.source(ref)
        ordered = sorted(digests)
        return dict(zip(ordered, threads.each(read, ordered), strict=True))


def there(ref: ImageRef, digests: Collection[str], *, world: World, access: Access) -> list[str]:
    """Those of the digests that the registry has. Raises `RegistryError` when that cannot be known."""

    def known(digest: str) -> bool:
        try:
            source.at(digest)
        except MissingError:
            return False
        return True

    with Remotes([ref], world=world, access=access) as remotes, crew(access.jobs, remotes.abort) as threads:
        source = remotes.source(ref)
        ordered = sorted(digests)
        return [one for one, found in zip(ordered, threads.each(known, ordered), strict=True) if found]


def leads(ref: ImageRef, tags: Collection[str], *, world: World, access: Access) -> dict[str, str]:
    """Where each tag leads now. Raises `RegistryError` when that cannot be known."""

    def digest(tag: str) -> str:
        return remotes.source(ref.model_copy(update={"tag": tag})).resolve()

    with Remotes([ref], world=world, access=access) as remotes, crew(access.jobs, remotes.abort) as threads:
        ordered = sorted(tags)
        return dict(zip(ordered, threads.each(digest, ordered), strict=True))


def _node(document: Document) -> Node:
    """Images, indexes and artifacts alike; what is of another form is a `RegistryError`: who knows what it needs."""
    doc = document.doc
    subject = doc.get("subject")
    children = [_digest(one, document) for one in _list(doc, "manifests", document)]
    layers = [*_list(doc, "layers", document), *_list(doc, "blobs", document)]
    parts = [*layers, *([doc["config"]] if doc.get("config") else [])]
    if "manifests" not in doc and not parts:
        raise RegistryError(f"it is neither an image nor an index: {one_line(document.kind, 100)}")
    return Node(
        size=len(document.raw),
        children=frozenset(children),
        subject=_digest(subject, document) if subject else "",
        blobs={_digest(one, document): _size(one) for one in parts},
    )


def _list(doc: Mapping[str, Any], key: str, document: Document) -> list[Any]:
    found = doc.get(key) or []
    if not isinstance(found, list):
        raise RegistryError(f"the {key} of {document.what} are no list")
    return found


def _digest(one: Any, document: Document) -> str:
    digest = one.get("digest") if isinstance(one, dict) else None
    if not is_digest(digest):
        raise RegistryError(f"{document.what} names something by what is no digest")
    return str(digest)


def _size(one: Mapping[str, Any]) -> int:
    size = one.get("size")
    return size if isinstance(size, int) and size > 0 else 0
