"""Decide whether a container runtime could take a manifest: what it could take is an image, and has to be scanned.

Sources: OCI image-spec v1.1 (image-index.md, media-types.md), docs.docker.com/build/metadata/attestations, and what
podman, skopeo, containerd and Docker pull. They take a manifest of an index that names no platform when no other fits
the host. Podman goes by the type of the configuration and unpacks layers of any type; containerd goes by the types of
the layers and takes a configuration of any type; Docker takes layers of any type, and configurations without a type.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Any

from gate.errors import InputError
from gate.io import strict_json
from gate.registry.manifests import CONFIGS, Descriptor, Manifest

EMPTY_CONFIG = "application/vnd.oci.empty.v1+json"
IN_TOTO = "application/vnd.in-toto+json"

_UNTYPED_CONFIGS = frozenset({"", "application/octet-stream", "application/json", "text/html"})
"""Docker reads a configuration of these types as an image's (github.com/moby/moby, distribution/registry.go)."""
_UNPACKED = ("application/vnd.oci.image.", "application/vnd.docker.")
"""How the types of layers begin that runtimes unpack, or could with a decryption key or a plugin."""
_MOUNTED = ("erofs", "squashfs", "wasm", "nydus")
"""Parts of the types of layers that runtimes mount or run as they are."""
_NYDUS_MARKS = ("containerd.io/snapshot/nydus-bootstrap", "containerd.io/snapshot/nydus-blob")
"""Annotations of the layers of a Nydus image (github.com/containerd/nydus-snapshotter)."""
_UNKNOWN = "unknown"


class ManifestKind(Enum):
    """What a manifest is to a container runtime."""

    IMAGE = "image"
    NYDUS = "nydus"
    """An image in the Nydus format: the nydus snapshotter runs it, and no scanner reads it."""
    ATTESTATION = "attestation"
    """Provenance or SBOM that BuildKit puts into an index: its platform is one that no host has."""
    ARTIFACT = "artifact"
    """Neither its configuration nor its layers are of a type that a runtime takes: a SOCI index, a chart."""


def manifest_kind(descriptor: Descriptor | None, manifest: Manifest, config: bytes) -> ManifestKind:
    """Decide what `manifest` is. `descriptor` is its entry in the index, None for one that was named directly.

    `config` has to be checked against its digest. What is neither surely an attestation nor surely an artifact is an
    image, whatever the index or an annotation says.
    """
    if _is_nydus(manifest):
        return ManifestKind.NYDUS
    if _is_attestation(descriptor, manifest, config):
        return ManifestKind.ATTESTATION
    if _is_artifact(manifest, config):
        return ManifestKind.ARTIFACT
    return ManifestKind.IMAGE


def _is_nydus(manifest: Manifest) -> bool:
    return any(
        "nydus" in layer.media_type.casefold() or any(mark in (layer.annotations or {}) for mark in _NYDUS_MARKS)
        for layer in manifest.layers
    )


def _is_attestation(descriptor: Descriptor | None, manifest: Manifest, config: bytes) -> bool:
    """Whether index, layers and configuration all have the form that BuildKit gives an attestation, old or new."""
    platform = descriptor.platform if descriptor else None
    if platform is None or (platform.os, platform.architecture, platform.variant) != (_UNKNOWN, _UNKNOWN, ""):
        return False
    if not manifest.layers or any(layer.media_type != IN_TOTO for layer in manifest.layers):
        return False
    if manifest.config.media_type in CONFIGS:
        members = _members(config)
        return members is not None and members.get("os") == members.get("architecture") == _UNKNOWN
    return manifest.config.media_type == EMPTY_CONFIG and _is_no_image_config(config)


def _is_artifact(manifest: Manifest, config: bytes) -> bool:
    config_type = manifest.config.media_type.partition(";")[0].strip().casefold()
    if config_type in CONFIGS | _UNTYPED_CONFIGS:
        return False
    return not any(is_unpacked(layer.media_type) for layer in manifest.layers) and _is_no_image_config(config)


def is_unpacked(media_type: str) -> bool:
    """Whether a runtime unpacks, mounts or runs a layer of that type."""
    folded = media_type.strip().casefold()
    return not folded or folded.startswith(_UNPACKED) or any(part in folded for part in _MOUNTED)


def _is_no_image_config(config: bytes) -> bool:
    """Whether a runtime that ignores the type of the configuration finds no file system named in it.

    Containerd does not unpack layers again that it has: with an image's configuration it runs them, whatever the
    manifest lists.
    """
    if not config.lstrip().startswith(b"{"):
        return True
    members = _members(config)
    return members is not None and not any(key.casefold() == "rootfs" for key in members)


def _members(config: bytes) -> Mapping[str, Any] | None:
    """The members of a configuration; None when it cannot be read in one way only."""
    try:
        found = strict_json.loads(config, "the configuration")
    except InputError:
        return None
    if not isinstance(found, dict) or len({key.casefold() for key in found}) != len(found):
        return None  # Go takes `RootFS` for `rootfs`, and the last of the two
    return found
