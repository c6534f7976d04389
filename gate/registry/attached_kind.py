"""Decide whether a manifest in a layout is evidence attached to an image: a bundle, a signature, an SBOM."""

from gate.errors import GateError
from gate.registry import configuration
from gate.registry.manifest_kind import ManifestKind, manifest_kind
from gate.registry.manifests import Descriptor, Index
from gate.registry.oci_layout import digest_of
from gate.registry.source import Source

_COSIGN_LAYERS = frozenset(
    {"application/vnd.dev.cosign.simplesigning.v1+json", "application/vnd.dsse.envelope.v1+json"}
)
"""Layers of the manifests of cosign 2, whose configuration is of an image's type."""
_EMPTY = b"{}"
_CHILDREN_MOST = 512


def is_attached(source: Source, descriptor: Descriptor, *, nested: bool = False) -> bool:
    """Check whether a manifest is certainly no image: no runtime runs it, or it is an index of such manifests.

    False for what cannot be read.
    """
    try:
        manifest = source.manifest(descriptor).parsed()
        if isinstance(manifest, Index):
            children = manifest.manifests
            if nested or not 0 < len(children) <= _CHILDREN_MOST:
                return False
            return all(is_attached(source, child, nested=True) for child in children)
        if manifest.layers and all(layer.media_type in _COSIGN_LAYERS for layer in manifest.layers):
            return True
        is_empty = manifest.config.digest == digest_of(_EMPTY)
        config = _EMPTY if is_empty else configuration.checked(source.config(manifest.config), manifest.config)
        kind = manifest_kind(descriptor, manifest, config)
    except GateError:
        return False
    return kind in {ManifestKind.ATTESTATION, ManifestKind.ARTIFACT}
