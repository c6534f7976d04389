"""An image in an OCI image layout: a folder, or what newer versions of `docker save` write into a tar archive."""

from collections.abc import Sequence
from http import HTTPStatus

from gate.errors import GateError, RegistryError
from gate.model.image import Layer
from gate.model.reported_name import full_references
from gate.registry import configuration, manifests
from gate.registry.errors import MissingError
from gate.registry.local_names import Candidate, chosen, not_one
from gate.registry.manifest_kind import ManifestKind, manifest_kind
from gate.registry.manifests import Descriptor, Document, Index, Manifest
from gate.registry.oci_layout import OCI_INDEX
from gate.registry.platforms import read_config
from gate.registry.source import LocalSource, Sink
from gate.text import one_line

_NAMES = ("org.opencontainers.image.ref.name", "io.containerd.image.name")
"""Annotations that name an image: of every layout, and the whole name in layouts of Docker and containerd."""
_COSIGN_LAYERS = frozenset(
    {"application/vnd.dev.cosign.simplesigning.v1+json", "application/vnd.dsse.envelope.v1+json"}
)
"""Layers of the manifests of cosign 2, whose configuration is of an image's type."""
_CHILDREN_MOST = 512


class LayoutSource(LocalSource):
    """The `Source` of one image among those in a layout's index.json."""

    def top(self) -> Document:
        """Read the image that was chosen, or the only one. Raises `UsageError` naming all when that is not one."""
        listed = manifests.document(self._files.read("index.json", manifests.MANIFEST_MOST), OCI_INDEX).parsed()
        if not isinstance(listed, Index):
            raise RegistryError("index.json is no index")
        return self.manifest(self._one(listed.manifests))

    def _one(self, entries: tuple[Descriptor, ...]) -> Descriptor:
        if not entries:
            raise RegistryError("it holds no image")
        target, candidates = self._target, [Candidate(_names(entry), entry.digest) for entry in entries]
        places = chosen(target, candidates)
        fitting = self._images(entries, places)
        if len(fitting) == 1:
            named = (candidates[place].names for place in places if candidates[place].digest == fitting[0].digest)
            self.references = full_references(name for names in named for name in reversed(names))
            return fitting[0]
        if target.digest and not target.tag and not fitting and self._files.has(_blob(target.digest)):
            return Descriptor(mediaType="", digest=target.digest, size=0)  # a platform's manifest in an index
        raise not_one(target, candidates, len(fitting))

    def _images(self, entries: Sequence[Descriptor], places: Sequence[int]) -> list[Descriptor]:
        """The entries at `places`, each digest once; of several those that are no evidence attached to an image."""
        fitting = list({entries[place].digest: entries[place] for place in places}.values())
        if len(fitting) > 1:
            return [entry for entry in fitting if not self._is_evidence(entry)] or fitting
        return fitting

    def _is_evidence(self, descriptor: Descriptor, *, nested: bool = False) -> bool:
        """Check whether a manifest is certainly no image: no runtime runs it, or it is an index of such manifests.

        False for what cannot be read.
        """
        try:
            manifest = self.manifest(descriptor).parsed()
            if isinstance(manifest, Index):
                children = manifest.manifests
                if nested or not 0 < len(children) <= _CHILDREN_MOST:
                    return False
                return all(self._is_evidence(child, nested=True) for child in children)
            if manifest.layers and all(layer.media_type in _COSIGN_LAYERS for layer in manifest.layers):
                return True
            kind = manifest_kind(descriptor, manifest, read_config(self, manifest))
        except GateError:
            return False
        return kind in {ManifestKind.ATTESTATION, ManifestKind.ARTIFACT}

    def manifest(self, descriptor: Descriptor) -> Document:
        """Read one that an index names. Raises `MissingError` when it, or a part of it, is not in the layout."""
        self._check_there(descriptor.digest, "the manifest")
        raw = self._files.read(_blob(descriptor.digest), manifests.MANIFEST_MOST)
        document = manifests.document(raw, descriptor.media_type, descriptor.digest)
        if document.kind in manifests.MANIFESTS and isinstance(manifest := document.parsed(), Manifest):
            if manifest.config.media_type in manifests.CONFIGS:
                self._check_there(manifest.config.digest, "the configuration")
            for layer in manifest.layers:
                if layer.media_type in manifests.LAYERS and not layer.urls:
                    self._check_there(layer.digest, "the layer")
        return document

    def _check_there(self, digest: str, what: str) -> None:
        if not self._files.has(_blob(digest)):
            raise MissingError(
                f"{one_line(self.name, 200)} is not complete: {what} {digest} is not in it",
                hint="save or copy the image again",
                status=HTTPStatus.NOT_FOUND,
            )

    def config(self, descriptor: Descriptor) -> bytes:
        """Read a configuration, not yet checked."""
        return self._files.read(_blob(descriptor.digest), configuration.MOST)

    def layer(self, layer: Layer, sink: Sink) -> None:
        """Open a layer."""
        sink(self._files.pieces(_blob(layer.digest)))


def _blob(digest: str) -> str:
    return f"blobs/sha256/{digest.removeprefix('sha256:')}"


def _names(entry: Descriptor) -> tuple[str, ...]:
    annotations = entry.annotations or {}
    return tuple(dict.fromkeys(annotations[key] for key in _NAMES if annotations.get(key)))
