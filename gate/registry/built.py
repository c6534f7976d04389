"""What a builder writes into an index about its images: provenance and bills of materials, as children of no platform.

Format: docs.docker.com/build/metadata/attestations/attestation-storage. They are bare statements, which nobody signed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gate.errors import InputError, RegistryError
from gate.image import ImageRef, is_digest
from gate.registry.access import Access
from gate.registry.choose import aside
from gate.registry.remotes import Remotes
from gate.registry.source import Source
from gate.registry.targets import LocalTarget, local, parse
from gate.registry.wire import Descriptor, Document, Manifest
from gate.world import World

_SUBJECT = "vnd.docker.reference.digest"
_PREDICATE = "in-toto.io/predicate-type"
_MOST = 512
"""Manifests that are opened, and statements that are told; an image has one manifest, and two statements in it."""


@dataclass(frozen=True)
class Statement:
    """One statement, by what the manifest says of it. It is not opened."""

    subject: str
    """Digest of the manifest that it claims to be about; empty when it names none."""
    manifest: str
    """Digest of the manifest that carries it."""
    predicate_type: str
    """Empty when it is not told."""
    size: int


@dataclass
class Built:
    """What was found in an index."""

    statements: list[Statement] = field(default_factory=list)
    unknown: str = ""
    """Why there may be more; empty when all was seen."""


def built(target: str, digest: str, *, world: World, access: Access) -> Built:
    """Look into the index `digest`, which `target` named a moment ago.

    Raises `UsageError`, `InputError` for a layout or an archive, and `RegistryError` when the index is not to be had.
    """
    named = parse(target, world.cwd)
    if isinstance(named, LocalTarget):
        return _in(local(named), digest)
    pinned: ImageRef = named.model_copy(update={"digest": digest})
    with Remotes([pinned], world=world, access=access) as remotes:
        return _in(remotes.source(pinned), digest)


def _in(source: Source, digest: str) -> Built:
    top, found = source.top(), Built()
    if top.digest != digest:
        raise RegistryError(f"it is not {digest} any more, which was looked into")
    children = list(aside(source, top))
    if len(children) > _MOST:
        return Built(unknown=f"the index holds more than {_MOST} manifests of no platform")
    for child in children:
        try:
            document = source.manifest(child)
        except (InputError, RegistryError) as exc:
            found.unknown = found.unknown or exc.problem
            continue
        found.statements += _statements(child, _layers(document), document.digest)
    if len(found.statements) > _MOST:
        return Built(found.statements[:_MOST], f"the index holds more than {_MOST} statements")
    return found


def _layers(document: Document) -> Sequence[Descriptor]:
    """Those of an attestation; whatever else has no platform says nothing about an image."""
    try:
        manifest = document.parsed()
    except RegistryError:
        return ()
    return manifest.layers if isinstance(manifest, Manifest) and manifest.is_attestation() else ()


def _statements(child: Descriptor, layers: Sequence[Descriptor], manifest: str) -> list[Statement]:
    subject = (child.annotations or {}).get(_SUBJECT, "")
    return [
        Statement(
            subject=subject if is_digest(subject) else "",
            manifest=manifest,
            predicate_type=(layer.annotations or {}).get(_PREDICATE, ""),
            size=layer.size,
        )
        for layer in layers[: _MOST + 1]
    ]
