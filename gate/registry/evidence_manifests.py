"""Parse manifests that hold evidence attached to an image: bundles that refer to it, and the tags of cosign 2.

Sources: OCI distribution-spec v1.1 ("Referrers Tag Schema"), image-spec v1.1 (`subject`), and what cosign 2 and 3 and
GitHub's `actions/attest` write.
"""

from dataclasses import dataclass

from pydantic import Field

from gate.errors import RegistryError
from gate.model.evidence import Format
from gate.registry import manifests
from gate.registry.documents import validated
from gate.registry.evidence_types import PassedOver
from gate.registry.manifests import Descriptor, Document, Manifest
from gate.text import one_line

_BUNDLE = "application/vnd.dev.sigstore.bundle"
"""How the media type of any version begins."""


class Carrier(Manifest):
    """A manifest that holds evidence, or another artifact."""

    artifact_type: str | None = Field(None, alias="artifactType")
    subject: Descriptor | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A layer with a piece of evidence, not fetched yet."""

    format: Format
    manifest: str
    layer: Descriptor
    attestation: bool = True


def tag(digest: str, suffix: str = "") -> str:
    """Return the tag with evidence for `digest`: without a suffix the fallback tag of the referrers API."""
    return digest.replace(":", "-") + suffix


def bundle(document: Document, listed: Descriptor, subject: str) -> Part | PassedOver:
    """Find the bundle in a manifest that is listed as referring to `subject`.

    The artifact type in the list is ignored: cosign omits it, and anyone can write it. Only the manifest itself can
    declare another artifact. Raises `RegistryError` when it is malformed.
    """
    if len(document.raw) != listed.size:
        raise RegistryError(f"{document.what} has {len(document.raw):,} bytes instead of {listed.size:,}")
    kind, members = document.kind, document.doc.keys()
    is_index = "manifests" in members and not {"config", "layers", "blobs"} & members
    if is_index or _is_other_document(document):
        return PassedOver(document.digest, f"it is no manifest: {one_line(kind, 100)}")
    carrier = _carrier(document)
    kinds = [carrier.artifact_type or carrier.config.media_type, *(layer.media_type for layer in carrier.layers)]
    if not any(kind.startswith(_BUNDLE) for kind in kinds):
        return PassedOver(document.digest, f"it is no bundle: {one_line(kinds[0], 100)}")
    if carrier.subject is None or carrier.subject.digest != subject:
        about = carrier.subject.digest if carrier.subject else "nothing"
        return PassedOver(document.digest, f"it refers to {about}, not to {subject}")
    if len(carrier.layers) != 1:
        raise RegistryError(f"{document.what} should hold one bundle, and has {len(carrier.layers)} layers")
    return Part(Format.BUNDLE, document.digest, carrier.layers[0])


def _is_other_document(document: Document) -> bool:
    """Whether it calls itself something else than a manifest, has not a manifest's parts and names no bundle."""
    stated = document.doc.get("mediaType")
    other = isinstance(stated, str) and stated not in {"", *manifests.MANIFESTS, *manifests.INDEXES}
    return other and not {"config", "layers"} <= document.doc.keys() and _BUNDLE.encode() not in document.raw


def legacy(document: Document, *, attestation: bool) -> tuple[Part, ...]:
    """List the layers under a tag of cosign 2, each a piece. Raises `RegistryError` when it is malformed."""
    if document.kind not in manifests.MANIFESTS:
        raise RegistryError(f"{document.what} should be a manifest, and is of the type {one_line(document.kind, 100)}")
    layers = _carrier(document).layers
    return tuple(Part(Format.LEGACY, document.digest, layer, attestation) for layer in layers)


def _carrier(document: Document) -> Carrier:
    if "manifests" in document.doc:
        raise RegistryError(f"{document.what} is a manifest and an index in one")
    return validated(Carrier, document.doc, document.what)
