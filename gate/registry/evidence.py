"""What can be seen of images in a registry: what a name leads to, its platforms, and the evidence beside each."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from gate.errors import RegistryError
from gate.io.run_context import World
from gate.model.image import ImageRef
from gate.registry import platforms as choose
from gate.registry.access import Access
from gate.registry.attached_evidence import search
from gate.registry.evidence_types import Sight, Sighted
from gate.registry.manifests import Descriptor, Index
from gate.registry.platforms import Offer, Plan
from gate.registry.sessions import Remotes
from gate.registry.thread_pool import crew

if TYPE_CHECKING:
    from gate.registry.client import Repository


def look(ref: ImageRef, *, world: World, access: Access, digest: str = "") -> Sighted:
    """Look at one image, at `digest` rather than at its tag when there is one.

    Raises `MissingError` when it is not there, `AlteredError` when its registry lies about it, `RegistryError` when
    it cannot be known, and what finding a login does. What is wrong with a platform or with evidence is in the answer.
    """
    pinned = ref.model_copy(update={"digest": digest}) if digest else ref
    (seen,) = sightings([pinned], world=world, access=access)
    if isinstance(seen, RegistryError):
        raise seen
    return seen


def sightings(refs: Sequence[ImageRef], *, world: World, access: Access) -> list[Sighted | RegistryError]:
    """Look at many images side by side, answers in their order; what `look` would raise for one is its answer.

    No thread of ours is left and no connection open when this returns. Raises what finding a login does.
    """
    with Remotes(refs, world=world, access=access) as remotes, crew(access.jobs, remotes.abort) as threads:
        sources = [remotes.source(ref) for ref in refs]
        offers = threads.each(_offered, sources)
        unscanned = access.unscanned_manifests
        tasks = [(offer, one, unscanned) for offer in offers if isinstance(offer, Offer) for one in offer.manifests]
        platforms = iter(threads.each(_platform, tasks))
        images = [_image(ref, offer, platforms) for ref, offer in zip(refs, offers, strict=True)]
        found = iter(search([*_sights(sources, images)], threads))
    return [
        replace(image, sights=tuple(next(found) for _ in image.sights)) if isinstance(image, Sighted) else image
        for image in images
    ]


def _sights(
    sources: Sequence["Repository"], images: Sequence[Sighted | RegistryError]
) -> Iterator[tuple["Repository", Sight]]:
    for source, image in zip(sources, images, strict=True):
        if isinstance(image, Sighted):
            yield from ((source, sight) for sight in image.sights)


def _offered(source: "Repository") -> Offer | RegistryError:
    try:
        return choose.look(source)
    except RegistryError as exc:
        return exc


def _platform(task: tuple[Offer, Descriptor | None, frozenset[str]]) -> Sight | None:
    """Check that a manifest is what it should be; None for one that no scan looks at either."""
    offer, descriptor, unscanned = task
    digest = descriptor.digest if descriptor else offer.top.digest
    claim = descriptor.platform.value() if descriptor and descriptor.platform else None
    try:
        planned = choose.plan(offer, descriptor, unscanned)
    except RegistryError as exc:
        return Sight(digest, claim, fault=exc)
    return Sight(digest, planned.image.platform) if isinstance(planned, Plan) else None


def _image(ref: ImageRef, offer: Offer | RegistryError, platforms: Iterator[Sight | None]) -> Sighted | RegistryError:
    """Put an image together, its platforms being the next of `platforms`."""
    if isinstance(offer, RegistryError):
        return offer
    top, sights = offer.top, tuple(sight for _ in offer.manifests if (sight := next(platforms)))
    if not sights:
        return choose.no_image(top)
    is_index = isinstance(top.parsed(), Index)
    return Sighted(ref, top.digest, is_index, sights=(Sight(top.digest), *sights) if is_index else sights)
