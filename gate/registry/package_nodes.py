"""Read what each manifest of a repository refers to: children, subject and blobs (for `gate prune`)."""

import json
import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from gate.errors import RegistryError
from gate.io.run_context import RunContext
from gate.maintenance.prune import Node, VersionKind
from gate.model.image import ImageRef, is_digest
from gate.registry.access import Access
from gate.registry.connections import RegistrySessions
from gate.registry.manifests import Document, Index
from gate.registry.version_kind import ARTIFACT_MANIFESTS, is_unknown_platform, version_kind

if TYPE_CHECKING:
    from gate.registry.client import Repository

_ANY_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def nodes(ref: ImageRef, digests: Collection[str], *, context: RunContext, access: Access) -> dict[str, Node]:
    """Read every manifest. Raises `RegistryError` for the first that cannot be read completely."""

    def read(digest: str) -> Node:
        try:
            return _node(source, source.at(digest))
        except RegistryError as exc:
            raise RegistryError(f"the manifest {digest} cannot be read: {exc.problem}", hint=exc.hint) from exc

    with RegistrySessions([ref], context=context, access=access) as sessions:
        source = sessions.source(ref)
        ordered = sorted(digests)
        return dict(zip(ordered, sessions.each(read, ordered), strict=True))


def existing_digests(ref: ImageRef, digests: Collection[str], *, context: RunContext, access: Access) -> list[str]:
    """Return the digests that exist in the registry. Raises `RegistryError` when that is unknown."""
    with RegistrySessions([ref], context=context, access=access) as sessions:
        ordered = sorted(digests)
        exist = sessions.each(sessions.source(ref).has, ordered)
        return [digest for digest, exists in zip(ordered, exist, strict=True) if exists]


def resolve_tags(ref: ImageRef, tags: Collection[str], *, context: RunContext, access: Access) -> dict[str, str]:
    """Resolve each tag to its current digest. Raises `RegistryError` when that is unknown."""

    def digest(tag: str) -> str:
        return sessions.source(ref.model_copy(update={"tag": tag})).resolve()

    with RegistrySessions([ref], context=context, access=access) as sessions:
        ordered = sorted(tags)
        return dict(zip(ordered, sessions.each(digest, ordered), strict=True))


def _node(source: "Repository", document: Document) -> Node:
    """Read what a version refers to. Raises `RegistryError` when a reference is no digest."""
    doc = document.doc
    subject = doc.get("subject")
    children = [_digest(entry, document) for entry in _list(doc, "manifests", document)]
    layers = [*_list(doc, "layers", document), *_list(doc, "blobs", document)]
    parts = [*layers, *([doc["config"]] if doc.get("config") else [])]
    if not _is_understood(document):
        return _unknown(document)
    kind = version_kind(source, document)
    return Node(
        size=len(document.raw),
        children=frozenset(children),
        subject=_digest(subject, document) if subject else "",
        blobs={_digest(part, document): _size(part) for part in parts},
        kind=kind,
        platforms=_platforms(document) if kind is VersionKind.INDEX else frozenset(),
    )


def _is_understood(document: Document) -> bool:
    try:
        return document.kind in ARTIFACT_MANIFESTS or bool(document.parsed())
    except RegistryError:
        return False


def _unknown(document: Document) -> Node:
    """Return a node for a version of an unknown format: it is assumed to need every digest in its text."""
    mentioned = _ANY_DIGEST.findall(json.dumps(document.doc))
    return Node(size=len(document.raw), children=frozenset(mentioned), kind=VersionKind.UNKNOWN)


def _platforms(document: Document) -> frozenset[str]:
    parsed = document.parsed()
    named = parsed.manifests if isinstance(parsed, Index) else ()
    return frozenset(each.digest for each in named if not is_unknown_platform(each))


def _list(doc: Mapping[str, Any], key: str, document: Document) -> list[Any]:
    found = doc.get(key) or []
    if not isinstance(found, list):
        raise RegistryError(f"the {key} of {document.what} are no list")
    return found


def _digest(reference: Any, document: Document) -> str:
    digest = reference.get("digest") if isinstance(reference, dict) else None
    if not is_digest(digest):
        raise RegistryError(f"{document.what} has a reference that is no digest")
    return str(digest)


def _size(reference: Mapping[str, Any]) -> int:
    size = reference.get("size")
    return size if isinstance(size, int) and size > 0 else 0
