"""The documents of a registry, read without trust: descriptors, manifests, indexes.

Sources: OCI image-spec v1.1 (descriptor.md, manifest.md, image-index.md) and Docker's "Image Manifest
Version 2, Schema 2". Whatever is not one of these four types is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field

from gate.errors import RegistryError
from gate.model.image import Digest, Layer, Platform
from gate.registry.documents import NULL_IS_EMPTY, Wire, members, validated
from gate.registry.errors import AlteredError
from gate.registry.oci_layout import OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST, digest_of
from gate.text import one_line

_DOCKER = "application/vnd.docker."
MANIFESTS = frozenset({OCI_MANIFEST, f"{_DOCKER}distribution.manifest.v2+json"})
INDEXES = frozenset({OCI_INDEX, f"{_DOCKER}distribution.manifest.list.v2+json"})
CONFIGS = frozenset({OCI_CONFIG, f"{_DOCKER}container.image.v1+json"})
LAYERS = frozenset(
    {OCI_LAYER, f"{OCI_LAYER}+gzip", f"{OCI_LAYER}+zstd"}
    | {f"{_DOCKER}image.rootfs.diff.{kind}" for kind in ("tar", "tar.gzip", "tar.zstd")}
)
BUILD_CACHE = "application/vnd.buildkit.cacheconfig."
"""How the type of what `docker build --cache-to` writes begins, with its version at the end."""

MANIFEST_MOST = 4 << 20
"""Bytes; the limit of distribution, the registry's reference implementation."""


class WirePlatform(Wire):
    """Names the machine of a manifest."""

    os: str = Field(max_length=100)
    architecture: str = Field(max_length=100)
    variant: str = Field("", max_length=100)
    os_version: str | None = Field(None, alias="os.version", max_length=100)

    def value(self) -> Platform:
        """Give it as the rest of the house knows it."""
        return Platform(
            os=one_line(self.os),
            architecture=one_line(self.architecture),
            variant=one_line(self.variant) or None,
            os_version=one_line(self.os_version or ""),
        )


class Descriptor(Wire):
    """Points at content: its type, digest and size in bytes."""

    others = frozenset({"data", "artifactType"})
    media_type: str = Field("", alias="mediaType", max_length=255)
    digest: Digest
    size: int = Field(ge=0)
    platform: WirePlatform | None = None
    urls: tuple[str, ...] | None = Field(None, strict=False)
    annotations: Mapping[str, str] | None = None


class _Typed(Wire):
    others = frozenset(
        {
            *("schemaVersion", "mediaType", "artifactType", "config", "layers", "blobs", "manifests", "subject"),
            *("annotations", "fsLayers", "history", "signatures", "name", "tag", "architecture"),
        }
    )
    media_type: str | None = Field(None, alias="mediaType")
    schema_version: int | None = Field(None, alias="schemaVersion")


class Manifest(_Typed):
    """One platform's image, or an artifact in the form of one."""

    config: Descriptor
    layers: Annotated[tuple[Descriptor, ...], NULL_IS_EMPTY] = Field(strict=False)


class Index(_Typed):
    """Several manifests, or indexes again."""

    manifests: Annotated[tuple[Descriptor, ...], NULL_IS_EMPTY] = Field(strict=False)


@dataclass(frozen=True)
class Document:
    """A manifest or an index as it came, its bytes already checked against `digest`."""

    raw: bytes
    digest: str
    media_type: str

    @property
    def what(self) -> str:
        """How errors call it."""
        return f"the manifest {self.digest}"

    @cached_property
    def doc(self) -> dict[str, Any]:
        """The members, unchecked. Raises `RegistryError` when there are none."""
        return members(self.raw, self.what)

    @cached_property
    def kind(self) -> str:
        """Its media type, as announced or as it calls itself. Raises `RegistryError` when the two differ."""
        stated = "" if self.doc.get("mediaType") is None else self.doc["mediaType"]
        if not isinstance(stated, str):
            raise RegistryError(f"{self.what} has a mediaType that is no text", hint="build and push it again")
        known = MANIFESTS | INDEXES
        if self.media_type not in known:
            return str(stated) or self.media_type
        if stated not in {"", self.media_type}:
            # Two readers would see two images in it (CVE-2021-41190).
            raise RegistryError(
                f"{self.what} was announced as {self.media_type} and calls itself {one_line(str(stated), 100)}",
                hint="readers differ in which of the two they believe: build and push it again",
            )
        return self.media_type

    def parsed(self) -> Manifest | Index:
        """Read it. Raises `RegistryError` when it is neither a manifest nor an index."""
        if self.kind in INDEXES and not {"layers", "config"} & self.doc.keys():
            return validated(Index, self.doc, self.what)
        if self.kind in MANIFESTS and "manifests" not in self.doc:
            return validated(Manifest, self.doc, self.what)
        if self.doc.get("schemaVersion") == 1:
            raise RegistryError(
                f"{self.what} is of Docker's schema 1, whose content cannot be checked",
                hint="push the image again with a current Docker",
            )
        if self.kind in INDEXES | MANIFESTS:
            raise RegistryError(f"{self.what} is a manifest and an index in one")
        raise RegistryError(
            f"{self.what} is of an unknown type: {one_line(self.kind, 100) or 'none is named'}",
            hint="only OCI and Docker (schema 2) images and indexes can be scanned",
        )


def document(raw: bytes, media_type: str, digest: str = "") -> Document:
    """Check `raw` against `digest` (or give it its own). Raises `AlteredError` when it is something else."""
    actual = digest_of(raw)
    if digest and actual != digest:
        raise altered("manifest", digest, actual)
    return Document(raw, actual, media_type.partition(";")[0].strip().lower())


def altered(what: str, expected: str, actual: str) -> AlteredError:
    """Say that content is not what its digest promises."""
    return AlteredError(
        f"the {what} {expected} is not what came: its content has {actual}",
        hint="it was altered or damaged in its store or on its way; do not use this image",
    )


def missized(layer: Layer | Descriptor, actual: str) -> AlteredError:
    """Say that a layer is not as long as its manifest says."""
    return AlteredError(
        f"the layer {layer.digest} is not what came: {actual} bytes instead of {layer.size:,}",
        hint="it was altered or damaged in its store or on its way; do not use this image",
    )
