"""Which platforms an image has, and what each one is made of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gate.errors import RegistryError
from gate.image import Layer, Platform, PlatformImage
from gate.registry import configuration, wire
from gate.registry.configuration import Config
from gate.registry.source import Source
from gate.registry.wire import Descriptor, Document, Index, Manifest
from gate.text import one_line

_DEEPEST = 3
_MOST = 512
"""Manifests in one index, nested ones included: far above any that was seen, and each costs two requests."""
_NOTHING = ("unknown", "unknown")


@dataclass(frozen=True)
class Offer:
    """What was named, and every manifest in it; a single manifest offers itself, with no descriptor."""

    source: Source
    top: Document
    manifests: tuple[Descriptor | None, ...]


@dataclass(frozen=True)
class Plan:
    """A platform's image with its documents, its layers still to be fetched."""

    image: PlatformImage
    manifest: Document
    config: bytes


def look(source: Source) -> Offer:
    """Find out what `source` offers. Raises `RegistryError`."""
    top = source.top()
    if isinstance(top.parsed(), Manifest):
        return Offer(source, top, (None,))
    found = {(each.digest, each.platform): each for each in _walk(source, top, 1) if not _idle(each)}
    if not found:
        raise RegistryError(
            f"the index {top.digest} holds no image for any platform", hint="push an image into it, or name another"
        )
    return Offer(source, top, tuple(found.values()))


def aside(source: Source, top: Document) -> Iterator[Descriptor]:
    """Every manifest in an index that may be an attestation: it has no platform. Raises `RegistryError`."""
    return (each for each in _walk(source, top, 1) if each.platform is None or _idle(each))


def _idle(child: Descriptor) -> bool:
    """Whether nothing could run it.

    An attestation is known by its platform `unknown/unknown`, for which nothing looks. Its annotation alone proves
    nothing: no runtime reads it, so an image that wears it would run unscanned.
    """
    platform = child.platform
    return platform is not None and (platform.os, platform.architecture) == _NOTHING


def _walk(source: Source, document: Document, depth: int) -> Iterator[Descriptor]:
    """Every manifest, in nested indexes too."""
    index = document.parsed()
    if not isinstance(index, Index):
        raise RegistryError(f"{document.what} is announced as an index and is none")
    if depth > _DEEPEST or len(index.manifests) > _MOST:
        raise RegistryError(f"the index {document.digest} is nested too deep or too long")
    for each in index.manifests:
        if each.media_type in wire.INDEXES and not _idle(each):
            yield from _walk(source, source.manifest(each), depth + 1)
        else:
            yield each


def may_be(descriptor: Descriptor | None, platforms: Sequence[Platform] | None) -> bool:
    """Whether it is worth a look when `platforms` are asked for: its index says so, or says nothing."""
    if platforms is None or descriptor is None or descriptor.platform is None:
        return True
    claim = descriptor.platform.value()
    return any(asked.covers(claim) for asked in platforms)


def plan(source: Source, top: Document, descriptor: Descriptor | None) -> Plan | None:
    """Read a manifest and its configuration; None for an attestation without a platform.

    Raises `RegistryError` when the two do not fit each other, or not what the index says.
    """
    document = source.manifest(descriptor) if descriptor else top
    manifest = document.parsed()
    if not isinstance(manifest, Manifest):
        raise RegistryError(f"{document.what} is announced as one platform's image and is an index")
    claim = descriptor.platform.value() if descriptor and descriptor.platform else None
    if manifest.is_attestation():
        if descriptor and claim is None:
            return None
        raise RegistryError(
            f"{document.what} is an attestation and no image", hint="name the image or its index instead"
        )
    if manifest.config.size > configuration.MOST:
        raise RegistryError(f"the configuration {manifest.config.digest} is larger than {configuration.MOST:,} bytes")
    raw = source.config(manifest.config)
    config = configuration.config(raw, manifest.config)
    layers = _layers(document, manifest, config)
    image = PlatformImage(
        platform=_platform(document, claim, config),
        digest=document.digest,
        config_digest=manifest.config.digest,
        layers=layers,
        size=len(document.raw) + len(raw) + sum({layer.digest: layer.size for layer in layers}.values()),
        created=one_line(config.created or "", 64),
    )
    return Plan(image, document, raw)


def _layers(document: Document, manifest: Manifest, config: Config) -> tuple[Layer, ...]:
    promised = config.rootfs.diff_ids
    if len(promised) != len(manifest.layers):
        raise RegistryError(
            f"{document.what} has {len(manifest.layers)} layers, and its configuration {len(promised)}",
            hint="build and push the image again: configuration and layers are not of one image",
        )
    return tuple(
        Layer(digest=layer.digest, size=layer.size, diff_id=diff_id, media_type=layer.media_type, created_by=made)
        for layer, diff_id, made in zip(manifest.layers, promised, config.instructions(), strict=True)
    )


def _platform(document: Document, claim: Platform | None, config: Config) -> Platform:
    """Give the platform, on which index and configuration have to agree; either may leave the variant out."""
    actual = config.platform()
    if actual is None:
        raise RegistryError(
            f"{document.what} does not say what it runs on", hint="its configuration needs os and architecture"
        )
    if claim is None:
        return actual
    same = (
        claim.covers(actual)
        or actual.covers(claim)
        or (actual.variant is None and (claim.os, claim.architecture) == (actual.os, actual.architecture))
    )
    if not same:
        raise RegistryError(
            f"{document.what} is {claim} in the index and {actual} in its own configuration",
            hint="whoever asks for one gets the other: build and push the index again",
        )
    return claim


def settle(offer: Offer, plans: Sequence[Plan], platforms: Sequence[Platform] | None) -> tuple[Plan, ...]:
    """Keep the plans for `platforms`. Raises `RegistryError` naming those there are when one is missing."""
    if platforms is None:
        kept = tuple(plans)
        missing = [] if kept else ["any platform"]
    else:
        kept = tuple(one for one in plans if any(asked.covers(one.image.platform) for asked in platforms))
        missing = [str(asked) for asked in platforms if not any(asked.covers(one.image.platform) for one in kept)]
    if not missing:
        return kept
    there = {str(one.platform.value()) for one in offer.manifests if one and one.platform}
    there |= {str(one.image.platform) for one in plans}
    raise RegistryError(
        f"{one_line(offer.source.name)} has no image for {', '.join(missing)}",
        hint=f"it has {', '.join(sorted(there))}" if there else "push an image for it",
    )
