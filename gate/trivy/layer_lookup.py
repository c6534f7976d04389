"""Find the layer of a finding and the instruction that made it; many findings share one result."""

from collections.abc import Iterable

from gate.io.redact import masked
from gate.model.findings import Occurrence
from gate.model.image import Layer, is_digest
from gate.trivy.report_schema import Configuration, History, ImageMetadata, LayerRef, RootFS


class LayerLookup:
    """Occurrences on one platform."""

    def __init__(self, platform: str, layers: Iterable[Layer], manifest: str = "") -> None:
        """`layers` are the known layers of the platform; `manifest` is the digest of its manifest."""
        self._platform, self._manifest = platform, manifest
        self._layers = {layer.diff_id: layer for layer in layers}
        self.nowhere = (Occurrence(platform, manifest=manifest),)
        """The occurrence of a finding without a layer."""
        self._made: dict[tuple[str, str], tuple[Occurrence]] = {}

    def of(self, ref: LayerRef | None) -> tuple[Occurrence]:
        """Return the occurrence in a layer, as the one-element tuple that a finding starts with.

        Results are cached, because few layers hold nearly all findings.
        """
        if not ref:
            return self.nowhere
        key = ref.DiffID, ref.Digest
        if (made := self._made.get(key)) is None:
            layer = self._layers.get(ref.DiffID)
            digest, created_by = (layer.digest, layer.created_by) if layer else (ref.Digest, masked(ref.CreatedBy))
            made = self._made[key] = (Occurrence(self._platform, digest, ref.DiffID, created_by, self._manifest),)
        return made


def layers_of(metadata: ImageMetadata) -> tuple[Layer, ...]:
    """Return the layers named in an existing report, in order, each with its history entry."""
    config = metadata.ImageConfig or Configuration()
    commands = made_by(config.history or ())
    known = {layer.DiffID: layer for layer in metadata.Layers or ()}
    layers = []
    for place, diff_id in enumerate((config.rootfs or RootFS()).diff_ids or ()):
        layer = known.get(diff_id)
        if layer and is_digest(diff_id) and is_digest(layer.Digest):
            created_by = commands[place] if place < len(commands) else ""
            layers.append(Layer(digest=layer.Digest, diff_id=diff_id, size=layer.Size, created_by=created_by))
    return tuple(layers)


def made_by(history: Iterable[History]) -> list[str]:
    """The instruction of each layer: a history entry that is not `empty_layer` made one (OCI image-spec, config.md)."""
    return [masked(entry.created_by) for entry in history if not entry.empty_layer]
