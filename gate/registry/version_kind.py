"""Decide whether a version of a package is an image, for `gate prune`: surely, surely not, or unknown.

The decision is that of `manifest_kind`, which takes what a runtime could run for an image. What it calls an image and
does not look like one, such as an artifact whose layers are tar files, is unknown here.
"""

from gate.errors import RegistryError
from gate.maintenance.prune import VersionKind
from gate.registry import configuration, manifests, platforms
from gate.registry.errors import AlteredError, MissingError
from gate.registry.manifest_kind import ManifestKind, is_unpacked, manifest_kind
from gate.registry.manifests import Descriptor, Document, Index, Manifest, WirePlatform
from gate.registry.source import Source

ARTIFACT_MANIFESTS = frozenset(
    {"application/vnd.oci.artifact.manifest.v1+json", "application/vnd.cncf.oras.artifact.manifest.v1+json"}
)
"""Types of manifests that artifacts had before OCI image-spec v1.1."""
BUILD_CACHE = "application/vnd.buildkit.cacheconfig.v0"
"""The configuration of BuildKit's cache, in an index or a manifest (github.com/moby/buildkit, cache/remotecache/v1)."""
_UNKNOWN = WirePlatform(os="unknown", architecture="unknown")


def version_kind(source: Source, document: Document) -> VersionKind:
    """Decide what a version is; an index is left to its manifests. Raises `RegistryError` when it cannot be read."""
    if document.kind in ARTIFACT_MANIFESTS:
        return VersionKind.ARTIFACT
    parsed = document.parsed()
    return _index_kind(parsed) if isinstance(parsed, Index) else _manifest_kind(source, parsed)


def is_unknown_platform(descriptor: Descriptor) -> bool:
    """Whether an index says `unknown/unknown` of a manifest, as BuildKit does of an attestation."""
    return descriptor.platform == _UNKNOWN


def _index_kind(index: Index) -> VersionKind:
    types = {each.media_type for each in index.manifests}
    if BUILD_CACHE in types:
        return VersionKind.ARTIFACT
    return VersionKind.INDEX if types <= manifests.MANIFESTS | manifests.INDEXES else VersionKind.UNKNOWN


def _manifest_kind(source: Source, manifest: Manifest) -> VersionKind:
    if manifest.config.media_type == BUILD_CACHE:
        return VersionKind.ARTIFACT
    if manifest.config.size > configuration.MOST:
        return VersionKind.UNKNOWN
    try:
        raw = platforms.read_config(source, manifest)
    except (MissingError, AlteredError):
        return VersionKind.UNKNOWN
    if _is_no_image(manifest, raw):
        return VersionKind.ARTIFACT
    return VersionKind.IMAGE if _is_image(manifest, raw) else VersionKind.UNKNOWN


def _is_no_image(manifest: Manifest, raw: bytes) -> bool:
    # An attestation is one by the word of its index too: the word is taken for said, no index is at hand.
    attested = Descriptor(digest=manifest.config.digest, size=0, platform=_UNKNOWN)
    if manifest_kind(attested, manifest, raw) in {ManifestKind.ATTESTATION, ManifestKind.ARTIFACT}:
        return True
    return _has_image_config(manifest) and not _unpacks(manifest) and not _platform(manifest, raw)


def _is_image(manifest: Manifest, raw: bytes) -> bool:
    unpacks = _unpacks(manifest) or not manifest.layers
    return _has_image_config(manifest) and unpacks and bool(_platform(manifest, raw))


def _has_image_config(manifest: Manifest) -> bool:
    return manifest.config.media_type in manifests.CONFIGS


def _unpacks(manifest: Manifest) -> bool:
    return any(is_unpacked(layer.media_type) for layer in manifest.layers)


def _platform(manifest: Manifest, raw: bytes) -> str:
    """What the configuration says that it runs on; empty when it does not say, as that of cosign's signatures."""
    try:
        platform = configuration.config(raw, manifest.config).platform()
    except RegistryError:
        return ""
    return str(platform) if platform and "unknown" not in {platform.os, platform.architecture} else ""
