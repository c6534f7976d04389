"""Read images from a `docker save` archive: manifest.json, a configuration and a tar file for each layer.

Such an archive has no registry manifest and so no digest. A manifest is built from its parts, the same bytes for the
same archive, and its digest is used. A push gives the image another digest, because it compresses the layers.
"""

import hashlib
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gate.errors import InputError
from gate.io import strict_json
from gate.io.validation import message
from gate.model.image import Layer
from gate.model.reported_name import full_references
from gate.registry import configuration, manifests, unpack
from gate.registry.local_files import Files
from gate.registry.local_names import Candidate, LocalTarget, chosen, names_chosen, not_one
from gate.registry.manifests import Descriptor, Document
from gate.registry.oci_layout import OCI_CONFIG, OCI_LAYER, OCI_MANIFEST
from gate.registry.source import LocalSource, Sink
from gate.text import one_line


class _Entry(BaseModel):
    """An image in manifest.json."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    config: str
    layers: tuple[str, ...] | None = Field(strict=False)
    tags: tuple[str, ...] | None = Field(None, alias="repotags", strict=False)

    @model_validator(mode="before")
    @classmethod
    def _fold_keys(cls, entry: Any) -> Any:
        """Read keys in any case, as Docker does (Go's encoding/json); of two that differ in case only, neither."""
        if not isinstance(entry, dict):
            return entry
        folded = {key.casefold(): value for key, value in entry.items()}
        if len(folded) != len(entry):
            raise ValueError("two keys differ in upper and lower case only")
        return folded


class ArchiveSource(LocalSource):
    """The `Source` of one image in an archive."""

    def __init__(self, files: Files, target: LocalTarget) -> None:
        """Keep the archive and the target; nothing is read yet."""
        super().__init__(files, target)
        self._members: dict[str, str] = {}
        self._described: dict[str, dict[str, Any]] = {}

    def top(self) -> Document:
        """Build the manifest. Raises `UsageError` unless one image was chosen, or is the only one."""
        entry = self._entry()
        self.references = full_references(entry.tags or ())
        config = self._descriptor(entry.config, OCI_CONFIG)
        layers = [self._descriptor(name, OCI_LAYER, packed=True) for name in entry.layers or ()]
        manifest = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": layers}
        return manifests.document(strict_json.dumps(manifest), OCI_MANIFEST)

    def _entry(self) -> _Entry:
        if not self._files.has("manifest.json"):
            raise InputError(
                f"{one_line(self.name, 200)} has no manifest.json and no oci-layout: it holds no image",
                hint="make it with `docker save -o FILE.tar IMAGE`; pack a layout with tar -C DIR -cf FILE.tar .",
            )
        listed = strict_json.loads(self._files.read("manifest.json", manifests.MANIFEST_MOST), "manifest.json")
        try:
            entries = [_Entry.model_validate(entry) for entry in listed]
        except ValidationError as exc:
            raise self._malformed(message(exc.errors()[0])) from exc
        except TypeError as exc:
            raise self._malformed("it is no list") from exc
        if len(entries) == 1 and self._target.tag is self._target.digest is None:
            return entries[0]
        candidates = [Candidate(entry.tags or (), self._image_id(entry)) for entry in entries]
        fitting = chosen(self._target, candidates)
        if len(images := {(entries[place].config, entries[place].layers) for place in fitting}) != 1:
            raise not_one(self._target, candidates, len(images))
        tags = tuple(tag for place in fitting for tag in names_chosen(self._target, candidates[place].names))
        return entries[fitting[0]].model_copy(update={"tags": tags})

    def _image_id(self, entry: _Entry) -> str:
        return str(self._descriptor(entry.config, OCI_CONFIG)["digest"]) if self._files.has(entry.config) else ""

    def _malformed(self, cause: str) -> InputError:
        return InputError(
            f"{one_line(self.name, 200)}: manifest.json is malformed: {cause}",
            hint="save the image again: docker save -o FILE.tar IMAGE",
        )

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
        """Raise `InputError`: an archive has one platform and no index."""
        raise InputError(f"{one_line(self.name, 200)} holds no index for {descriptor.digest}")

    def config(self, descriptor: Descriptor) -> bytes:
        """Read the configuration."""
        return self._files.read(self._members[descriptor.digest], configuration.MOST)

    def layer(self, layer: Layer, sink: Sink) -> None:
        """Open a layer."""
        sink(self._files.pieces(self._members[layer.digest]))
