"""List the platforms of an image and read each platform's manifest and configuration."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gate.errors import GateError, RegistryError
from gate.model.image import Layer, Platform, PlatformImage
from gate.registry import configuration
from gate.registry import manifests as wire
from gate.registry.configuration import Config
from gate.registry.errors import MissingError
from gate.registry.manifest_kind import ManifestKind, manifest_kind
from gate.registry.manifests import Descriptor, Document, Index, Manifest
from gate.registry.oci_layout import digest_of
from gate.registry.scannable import check_scannable
from gate.registry.source import Source
from gate.text import one_line

_DEEPEST = 3
_MOST = 512
"""Manifests in one index, nested ones included: far above any that was seen, and each costs two requests."""
_NEVER_RUN = (ManifestKind.ATTESTATION, ManifestKind.ARTIFACT)
_EMPTY = b"{}"
_EMPTY_DIGEST = digest_of(_EMPTY)


@dataclass(frozen=True)
class Offer:
    """The named document and every manifest in it; None stands for a document that is itself the only manifest."""

    source: Source
    top: Document
    manifests: tuple[Descriptor | None, ...]


@dataclass(frozen=True)
class Plan:
    """A platform's image with its documents; its layers are not fetched yet."""

    image: PlatformImage
    manifest: Document
    config: bytes


@dataclass(frozen=True)
class Skipped:
    """A manifest of an index that is not scanned: no runtime runs it, or the policy accepts that."""

    descriptor: Descriptor
    manifest: Manifest
    kind: ManifestKind


def list_manifests(source: Source) -> Offer:
    """List the manifests of `source`, those of nested indexes too. Raises `RegistryError`."""
    top = source.top()
    if isinstance(top.parsed(), Manifest):
        return Offer(source, top, (None,))
    found: dict[tuple[str, object], Descriptor] = {}
    for each in _walk(source, top, 1, set()):
        found[each.digest, each.platform] = each
        if len(found) > _MOST:
            raise _too_much(top)
    return Offer(source, top, tuple(found.values()))


def _walk(source: Source, document: Document, depth: int, seen: set[str]) -> Iterator[Descriptor]:
    index = document.parsed()
    if not isinstance(index, Index):
        raise RegistryError(f"{document.what} is announced as an index and is none")
    seen.add(document.digest)
    if depth > _DEEPEST or max(len(seen), len(index.manifests)) > _MOST:
        raise _too_much(document)
    for each in index.manifests:
        if each.media_type.startswith(wire.BUILD_CACHE):
            raise RegistryError(
                f"{document.what} is a build cache of BuildKit and no image", hint="name an image's tag"
            )
        if each.media_type not in wire.INDEXES:
            yield each
        elif each.digest not in seen:
            yield from _walk(source, _child(source, each), depth + 1, seen)


def _too_much(document: Document) -> RegistryError:
    return RegistryError(f"the index {document.digest} is nested too deep or too long")


def _child(source: Source, descriptor: Descriptor, siblings: Sequence[Descriptor | None] = ()) -> Document:
    """Read a manifest that an index names. What it holds is unknown where it is missing, whatever the index says.

    `siblings` are all manifests of the index.
    """
    try:
        return source.manifest(descriptor)
    except MissingError as exc:
        raise MissingError(
            f"the index names {_described(descriptor)}, which {one_line(source.name)} does not have"
            + (" whole" if source.local and descriptor.digest not in exc.problem else ""),
            hint=_local_hint(source, siblings)
            if source.local
            else "a clean-up may have deleted it: build and push the image again, or scan the platforms that are "
            "there with `gate scan --platform`",
            status=exc.status,
        ) from exc


def _described(descriptor: Descriptor) -> str:
    platform = descriptor.platform.value() if descriptor.platform else None
    return f"the manifest {descriptor.digest}{f' for {platform}' if platform else ''}"


def _local_hint(source: Source, siblings: Sequence[Descriptor | None]) -> str:
    """What to do where `docker save` left platforms out that the index names."""
    there = dict.fromkeys(
        str(sibling.platform.value())
        for sibling in siblings
        if sibling and sibling.platform and sibling.platform.os != "unknown" and _is_there(source, sibling)
    )
    if not there:
        return "save or copy the image again: no platform of it is there"
    options = " ".join(f"--platform {one_line(platform)}" for platform in there)
    return (
        f"scan the platforms that are there with `gate scan {options}`; docker save --platform OS/ARCH writes an image "
        "of one platform, and docker pull --platform OS/ARCH fetches another before it is saved"
    )


def _is_there(source: Source, descriptor: Descriptor) -> bool:
    try:
        source.manifest(descriptor)
    except GateError:
        return False
    return True


def may_be(descriptor: Descriptor | None, platforms: Sequence[Platform] | None) -> bool:
    """Check whether a manifest may be for one of `platforms`: its index says so, or names no platform."""
    if platforms is None or descriptor is None or descriptor.platform is None:
        return True
    claim = descriptor.platform.value()
    return any(asked.covers(claim) for asked in platforms)


def plan(offer: Offer, descriptor: Descriptor | None, unscanned: frozenset[str] = frozenset()) -> Plan | Skipped:
    """Read a manifest and its configuration, and decide whether it is an image.

    `unscanned` are the kinds of manifests that the policy accepts without a scan. Raises `RegistryError` for what
    could run and cannot be scanned, and for what contradicts itself or its index.
    """
    document = _child(offer.source, descriptor, offer.manifests) if descriptor else offer.top
    manifest = document.parsed()
    if not isinstance(manifest, Manifest):
        raise RegistryError(f"{document.what} is announced as one platform's image and is an index")
    raw = read_config(offer.source, manifest)
    kind = manifest_kind(descriptor, manifest, raw)
    if descriptor and (kind in _NEVER_RUN or kind.value in unscanned):
        return Skipped(descriptor, manifest, kind)
    check_scannable(manifest, kind, document.what, child=descriptor is not None)
    config = configuration.config(raw, manifest.config)
    layers = _layers(document, manifest, config)
    claim = descriptor.platform.value() if descriptor and descriptor.platform else None
    image = PlatformImage(
        platform=_platform(document, claim, config),
        digest=document.digest,
        config_digest=manifest.config.digest,
        layers=layers,
        size=len(document.raw) + len(raw) + sum({layer.digest: layer.size for layer in layers}.values()),
        created=one_line(config.created or "", 64),
    )
    return Plan(image, document, raw)


def plan_all(source: Source, unscanned: frozenset[str]) -> tuple[Plan, ...]:
    """Plan every platform of an image. Raises `RegistryError` when a part of it cannot be scanned, or it has none."""
    offer = list_manifests(source)
    plans = [plan(offer, descriptor, unscanned) for descriptor in offer.manifests]
    return settle(offer, [each for each in plans if isinstance(each, Plan)], None)


def read_config(source: Source, manifest: Manifest) -> bytes:
    """Read the configuration, checked. The empty one, which artifacts have, is known by its digest."""
    if manifest.config.digest == _EMPTY_DIGEST:
        return _EMPTY
    if manifest.config.size > configuration.MOST:
        raise RegistryError(f"the configuration {manifest.config.digest} is larger than {configuration.MOST:,} bytes")
    return configuration.checked(source.config(manifest.config), manifest.config)


def _layers(document: Document, manifest: Manifest, config: Config) -> tuple[Layer, ...]:
    promised = config.rootfs.diff_ids
    if len(promised) != len(manifest.layers):
        raise RegistryError(
            f"{document.what} has {len(manifest.layers)} layers, and its configuration {len(promised)}",
            hint="build and push the image again: configuration and layers are of different images",
        )
    return tuple(
        Layer(digest=layer.digest, size=layer.size, diff_id=diff_id, media_type=layer.media_type, created_by=made)
        for layer, diff_id, made in zip(manifest.layers, promised, config.instructions(), strict=True)
    )


def _platform(document: Document, claim: Platform | None, config: Config) -> Platform:
    """Return the platform; index and configuration have to agree, except that either may omit the variant."""
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
            hint="a client that pulls one gets the other: build and push the index again",
        )
    return claim


def settle(offer: Offer, plans: Sequence[Plan], platforms: Sequence[Platform] | None) -> tuple[Plan, ...]:
    """Keep the plans for `platforms`. Raises `RegistryError` naming those there are when one is missing."""
    if platforms is None:
        if not plans:
            raise no_image(offer.top)
        return tuple(plans)
    kept = tuple(one for one in plans if any(asked.covers(one.image.platform) for asked in platforms))
    missing = [str(asked) for asked in platforms if not any(asked.covers(one.image.platform) for one in kept)]
    if not missing:
        return kept
    there = {str(manifest.platform.value()) for manifest in offer.manifests if manifest and manifest.platform}
    there |= {str(one.image.platform) for one in plans}
    raise RegistryError(
        f"{one_line(offer.source.name)} has no image for {', '.join(missing)}",
        hint=f"it has {', '.join(sorted(there))}" if there else "push an image for it",
    )


def no_image(top: Document) -> RegistryError:
    """Say that an index holds no image."""
    return RegistryError(
        f"the index {top.digest} holds no image for any platform", hint="push an image into it, or name another"
    )
