"""Fetch the evidence attached to images in a registry: to the resolved digest and to each platform's manifest."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from gate.errors import RegistryError
from gate.io.run_context import RunContext
from gate.model.image import ImageRef
from gate.registry import platforms as image_platforms
from gate.registry.access import Access
from gate.registry.attached_evidence import fetch_attached
from gate.registry.connections import RegistrySessions
from gate.registry.evidence_types import ImageEvidence, ManifestEvidence
from gate.registry.manifests import Descriptor, Index
from gate.registry.platforms import Offer, Plan

if TYPE_CHECKING:
    from gate.registry.client import Repository


def fetch_evidence(ref: ImageRef, *, context: RunContext, access: Access, digest: str = "") -> ImageEvidence:
    """Fetch the evidence of one image, of `digest` instead of its tag when that is set.

    Raises `MissingError` when the image does not exist, `AlteredError` when its content has another digest,
    `RegistryError` when the registry fails, and what finding a login raises. Faults of a platform's manifest or of
    evidence are in the result.
    """
    pinned = ref.model_copy(update={"digest": digest}) if digest else ref
    (seen,) = fetch_all_evidence([pinned], context=context, access=access)
    if isinstance(seen, RegistryError):
        raise seen
    return seen


def fetch_all_evidence(
    refs: Sequence[ImageRef], *, context: RunContext, access: Access
) -> list[ImageEvidence | RegistryError]:
    """Fetch the evidence of many images at the same time, results in their order; an error is returned as a result.

    All threads have ended and all connections are closed on return. Raises what finding a login raises.
    """
    with RegistrySessions(refs, context=context, access=access) as sessions:
        sources = [sessions.source(ref) for ref in refs]
        offers = sessions.each(_offered, sources)
        unscanned = access.unscanned_manifests
        tasks = [
            (offer, manifest, unscanned) for offer in offers if isinstance(offer, Offer) for manifest in offer.manifests
        ]
        platforms = iter(sessions.each(_platform, tasks))
        images = [_image(ref, offer, platforms) for ref, offer in zip(refs, offers, strict=True)]
        manifests = [
            (source, evidence)
            for source, image in zip(sources, images, strict=True)
            if isinstance(image, ImageEvidence)
            for evidence in image.manifests
        ]
        fetched = iter(fetch_attached(manifests, sessions))
    return [
        replace(image, manifests=tuple(next(fetched) for _ in image.manifests))
        if isinstance(image, ImageEvidence)
        else image
        for image in images
    ]


def _offered(source: "Repository") -> Offer | RegistryError:
    try:
        return image_platforms.list_manifests(source)
    except RegistryError as exc:
        return exc


def _platform(task: tuple[Offer, Descriptor | None, frozenset[str]]) -> ManifestEvidence | None:
    """Check a platform's manifest; None for one that is not scanned either."""
    offer, descriptor, unscanned = task
    digest = descriptor.digest if descriptor else offer.top.digest
    claim = descriptor.platform.value() if descriptor and descriptor.platform else None
    try:
        planned = image_platforms.plan(offer, descriptor, unscanned)
    except RegistryError as exc:
        return ManifestEvidence(digest, claim, fault=exc)
    return ManifestEvidence(digest, planned.image.platform) if isinstance(planned, Plan) else None


def _image(
    ref: ImageRef, offer: Offer | RegistryError, platforms: Iterator[ManifestEvidence | None]
) -> ImageEvidence | RegistryError:
    """Build the result of an image; its platforms are the next of `platforms`."""
    if isinstance(offer, RegistryError):
        return offer
    top, manifests = offer.top, tuple(evidence for _ in offer.manifests if (evidence := next(platforms)))
    if not manifests:
        return image_platforms.no_image(top)
    is_index = isinstance(top.parsed(), Index)
    return ImageEvidence(
        ref, top.digest, is_index, manifests=(ManifestEvidence(top.digest), *manifests) if is_index else manifests
    )
