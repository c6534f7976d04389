"""An image in an OCI image layout: a folder, or what newer versions of `docker save` write into a tar archive."""

from gate.errors import RegistryError, UsageError
from gate.image import Layer
from gate.registry import configuration, wire
from gate.registry.localfiles import Files
from gate.registry.source import Sink
from gate.registry.wire import Descriptor, Document, Index
from gate.reported_name import full_references
from gate.text import one_line

_REF_NAME = "org.opencontainers.image.ref.name"
_NAMES = ("io.containerd.image.name", _REF_NAME)


class LayoutSource:
    """The `Source` of one image among those in a layout's index.json."""

    local = True

    def __init__(self, files: Files, name: str, *, tag: str | None, digest: str | None) -> None:
        """Take the image with this tag or digest, or the only one there is."""
        self._files = files
        self._digest = digest
        self.name = name
        self.tag = tag
        self.references: tuple[str, ...] = ()

    def top(self) -> Document:
        """Read what was named. Raises `UsageError` naming all there is when that is not one image."""
        listed = wire.document(self._files.read("index.json", wire.MANIFEST_MOST), wire.OCI_INDEX).parsed()
        if not isinstance(listed, Index):
            raise RegistryError("index.json is no index")
        entry = self._one(listed.manifests)
        self.references = self._references(entry, listed.manifests)
        return self.manifest(entry)

    def _references(self, chosen: Descriptor, entries: tuple[Descriptor, ...]) -> tuple[str, ...]:
        """What the annotations of every entry of the chosen image name."""
        named = [
            entry.annotations or {}
            for entry in entries
            if entry.digest == chosen.digest and self.tag in {None, _ref_name(entry)}
        ]
        return full_references(one[key] for one in named for key in _NAMES if key in one)

    def _one(self, entries: tuple[Descriptor, ...]) -> Descriptor:
        fitting = {
            entry.digest: entry
            for entry in entries
            if self._digest in {None, entry.digest} and self.tag in {None, _ref_name(entry)}
        }
        if len(fitting) == 1:
            return next(iter(fitting.values()))
        if self._digest and not fitting:  # a platform's manifest inside an index
            return Descriptor(mediaType="", digest=self._digest, size=0)
        there = ", ".join(one_line(_ref_name(entry) or entry.digest, 100) for entry in entries[:20])
        shown = one_line(self.name, 200)
        if not entries:
            raise RegistryError("it holds no image")
        what = "holds several images" if fitting else f"holds no image {one_line(self.tag or '', 140)!r}"
        raise UsageError(f"{shown} {what}", hint=f"choose with oci:DIR:TAG or oci:DIR@DIGEST; it holds {there}")

    def manifest(self, descriptor: Descriptor) -> Document:
        """Read one that an index names."""
        raw = self._files.read(_blob(descriptor.digest), wire.MANIFEST_MOST)
        return wire.document(raw, descriptor.media_type, descriptor.digest)

    def config(self, descriptor: Descriptor) -> bytes:
        """Read a configuration, not yet checked."""
        return self._files.read(_blob(descriptor.digest), configuration.MOST)

    def layer(self, layer: Layer, sink: Sink) -> None:
        """Open a layer."""
        sink(self._files.pieces(_blob(layer.digest)))


def _blob(digest: str) -> str:
    return f"blobs/sha256/{digest.removeprefix('sha256:')}"


def _ref_name(entry: Descriptor) -> str:
    return (entry.annotations or {}).get(_REF_NAME, "")
