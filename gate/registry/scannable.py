"""Refuse images that cannot be scanned whole."""

from gate.errors import RegistryError
from gate.registry import manifests
from gate.registry.manifest_kind import IN_TOTO, ManifestKind
from gate.registry.manifests import Descriptor, Manifest
from gate.text import one_line

_NYDUS_HINT = (
    "scan and sign an index without it, or name nydus under unscanned_manifests in the policy: "
    "it is then passed over unscanned"
)


def check_scannable(manifest: Manifest, kind: ManifestKind, what: str, *, child: bool) -> None:
    """Raise `RegistryError` unless all of the manifest can be scanned. `child`: an index names it."""
    if kind is ManifestKind.NYDUS:
        raise RegistryError(f"{what} is a Nydus image, which no scanner reads", hint=_NYDUS_HINT if child else "")
    if manifest.layers and all(layer.media_type == IN_TOTO for layer in manifest.layers):
        raise _refused_statements(what, child=child)
    if manifest.config.media_type.startswith(manifests.BUILD_CACHE):
        raise RegistryError(f"{what} is a build cache of BuildKit and no image", hint="name an image's tag")
    if manifest.config.media_type not in manifests.CONFIGS:
        raise RegistryError(
            f"{what} is no container image: its configuration is of the type "
            f"{one_line(manifest.config.media_type, 100)!r}",
            hint="a runtime could take it all the same: build the index again without it"
            if child and kind is ManifestKind.IMAGE
            else "charts, signatures and other artifacts have nothing to scan",
        )
    for layer in manifest.layers:
        _check_layer(layer)


def _refused_statements(what: str, *, child: bool) -> RegistryError:
    if not child:
        return RegistryError(f"{what} is an attestation and no image", hint="name the image or its index instead")
    return RegistryError(
        f"{what} has layers of the type {IN_TOTO}, and is not marked as an attestation in its index and configuration",
        hint="podman would run it: build again, BuildKit gives an attestation the platform unknown/unknown in both",
    )


def _check_layer(layer: Descriptor) -> None:
    kind = layer.media_type
    if "foreign" in kind or "nondistributable" in kind or layer.urls:
        raise RegistryError(
            f"the layer {layer.digest} is kept elsewhere (a foreign layer), so the image cannot be scanned whole",
            hint="push the image with its foreign layers, or build on a base without them",
        )
    if kind not in manifests.LAYERS:
        hint = "decrypt the image first" if kind.endswith("+encrypted") else "only tar layers can be scanned"
        raise RegistryError(f"the layer {layer.digest} is of an unknown type: {one_line(kind, 100)}", hint=hint)
