"""An image in what `docker save` writes: manifest.json, a configuration and a tar file per layer.

Such an archive has no manifest in the sense of a registry, so it has no digest either. We build the manifest from
its parts, the same bytes for the same archive: the digest that we name is that of this manifest. It is not the
one that a push will give the image, for a push compresses the layers.
"""

import hashlib
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gate import strictjson
from gate.errors import InputError, UsageError
from gate.image import Layer
from gate.registry import configuration, unpack, wire
from gate.registry.localfiles import Files
from gate.registry.source import Sink
from gate.registry.wire import Descriptor, Document
from gate.reported_name import full_references
from gate.text import one_line


class _Entry(BaseModel):
    """An image in manifest.json."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _in_any_case(cls, entry: Any) -> Any:
        """Docker and Trivy take a name in any case, and of two such members the last: an entry has one of each."""
        if not isinstance(entry, dict):
            return entry
        folded = {name.casefold(): value for name, value in entry.items()}
        if len(folded) != len(entry):
            raise ValueError("it names a member twice")
        known = {field.alias or name for name, field in cls.model_fields.items()}
        return {name: folded[name.casefold()] for name in known if name.casefold() in folded}

    config: str = Field(alias="Config")
    layers: tuple[str, ...] = Field(alias="Layers", strict=False)
    tags: tuple[str, ...] | None = Field(None, alias="RepoTags", strict=False)


class ArchiveSource:
    """The `Source` of the one image in an archive."""

    local = True
    tag = None

    def __init__(self, files: Files, name: str) -> None:
        """Nothing is read yet."""
        self._files = files
        self.name = name
        self.references: tuple[str, ...] = ()
        self._members: dict[str, str] = {}
        self._described: dict[str, dict[str, Any]] = {}

    def top(self) -> Document:
        """Build the manifest. Raises `UsageError` when the archive holds several images."""
        entry = self._entry()
        self.references = full_references(entry.tags or ())
        config = self._descriptor(entry.config, wire.OCI_CONFIG)
        layers = [self._descriptor(name, wire.OCI_LAYER, packed=True) for name in entry.layers]
        manifest = {"schemaVersion": 2, "mediaType": wire.OCI_MANIFEST, "config": config, "layers": layers}
        return wire.document(strictjson.dumps(manifest), wire.OCI_MANIFEST)

    def _entry(self) -> _Entry:
        listed = strictjson.loads(self._files.read("manifest.json", wire.MANIFEST_MOST), "manifest.json")
        try:
            entries = [_Entry.model_validate(entry) for entry in listed]
        except (ValidationError, TypeError) as exc:
            raise InputError(
                f"{one_line(self.name, 200)}: manifest.json is malformed",
                hint="write the archive again: docker save -o FILE IMAGE",
            ) from exc
        if len(entries) != 1:
            tags = ", ".join(one_line(tag, 100) for entry in entries[:20] for tag in entry.tags or ())
            raise UsageError(
                f"{one_line(self.name, 200)} holds {len(entries)} images, and one is needed",
                hint=f"save one image to an archive; this one holds {tags or 'images without names'}",
            )
        return entries[0]

    def _descriptor(self, name: str, media_type: str, *, packed: bool = False) -> dict[str, Any]:
        if known := self._described.get(name):  # an archive may list one file a thousand times
            return known
        digest, size, start = hashlib.sha256(), 0, b""
        for piece in self._files.pieces(name):
            start = start or piece[:4]
            digest.update(piece)
            size += len(piece)
        text = f"sha256:{digest.hexdigest()}"
        self._members[text] = name
        kind = media_type + (unpack.suffix(start) if packed else "")
        self._described[name] = {"mediaType": kind, "digest": text, "size": size}
        return self._described[name]

    def manifest(self, descriptor: Descriptor) -> Document:
        """Never asked for: the archive is one platform's image."""
        raise InputError(f"{one_line(self.name, 200)} holds no index for {descriptor.digest}")

    def config(self, descriptor: Descriptor) -> bytes:
        """Read the configuration."""
        return self._files.read(self._members[descriptor.digest], configuration.MOST)

    def layer(self, layer: Layer, sink: Sink) -> None:
        """Open a layer."""
        sink(self._files.pieces(self._members[layer.digest]))
