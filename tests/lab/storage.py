"""What one repository of a registry holds, and what a registry could do to it behind everybody's back."""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.lab.oci import INDEX, MANIFEST, Descriptor, digest, encode

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
_EMPTY = "application/vnd.oci.empty.v1+json"
_LEGACY = (".sig", ".att")


@dataclass(frozen=True)
class Document:
    """A manifest or an index."""

    media_type: str
    body: bytes

    def read(self) -> dict[str, Any]:
        """It, as JSON."""
        return dict(json.loads(self.body))


@dataclass
class Repository:
    """By digest: blobs and documents; by name: tags. `lies` are served in the place of what has that digest."""

    referrers: bool
    blobs: dict[str, bytes] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    uploads: dict[str, bytes] = field(default_factory=dict)
    lies: dict[str, bytes] = field(default_factory=dict)

    def digest_of(self, name: str) -> str | None:
        """Of the document that is called `name`, a tag or a digest, if there is one."""
        found = self.tags.get(name, name)
        return found if found in self.documents else None

    def put(self, media_type: str, body: bytes, tag: str = "") -> str:
        """Keep a document, and return its digest."""
        named = digest(body)
        self.documents[named] = Document(media_type, body)
        if tag:
            self.tags[tag] = named
        return named

    def begin(self) -> str:
        """The name of a new upload."""
        name = secrets.token_hex(8)
        self.uploads[name] = b""
        return name

    def keep(self, data: bytes, media_type: str) -> Descriptor:
        """Keep a blob."""
        self.blobs[digest(data)] = data
        return {"mediaType": media_type, "digest": digest(data), "size": len(data)}

    def forget(self, named: str) -> None:
        """Lose what has that digest, and the tags that lead to it."""
        self.blobs.pop(named, None)
        self.documents.pop(named, None)
        self.tags = {tag: one for tag, one in self.tags.items() if one != named}

    def descriptor(self, named: str) -> Descriptor:
        """Of a document, as an index would have it."""
        document = self.documents[named]
        return {"mediaType": document.media_type, "digest": named, "size": len(document.body)}

    def evidence(self, image: str) -> list[Descriptor]:
        """What refers to that digest, as clients of this registry learn it."""
        if self.referrers:
            return self._referring(image)
        index = self.tags.get(fallback(image))
        return list(self.documents[index].read()["manifests"]) if index else []

    def bundle(self, image: str, content: bytes) -> str:
        """Put `content` beside that digest as cosign puts a bundle, and return its manifest's digest."""
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": BUNDLE,
            "config": self.keep(b"{}", _EMPTY),
            "layers": [self.keep(content, BUNDLE)],
            "subject": self.descriptor(image),
        }
        named = self.put(MANIFEST, encode(manifest))
        self._list(image, {**self.descriptor(named), "artifactType": BUNDLE})
        return named

    def graft(self, image: str, onto: str) -> None:
        """Make the evidence of `image` look like that of `onto`, wherever evidence is looked for."""
        for one in self.evidence(image):
            document = self.documents[one["digest"]]
            moved = {**document.read(), "subject": self.descriptor(onto)}
            self._list(onto, {**one, **self.descriptor(self.put(document.media_type, encode(moved)))})
        for suffix in _LEGACY:
            if found := self.tags.get(fallback(image) + suffix):
                self.tags[fallback(onto) + suffix] = found

    def _referring(self, image: str) -> list[Descriptor]:
        """What the referrers API lists (OCI distribution-spec v1.1, "Listing Referrers")."""
        found = []
        for named, document in self.documents.items():
            read = document.read()
            if read.get("subject", {}).get("digest") == image:
                kind = read.get("artifactType") or read.get("config", {}).get("mediaType", "")
                more = {"artifactType": kind, "annotations": read.get("annotations", {})}
                found.append({**self.descriptor(named), **more})
        return found

    def _list(self, image: str, added: Descriptor) -> None:
        """Tell of `added` where the registry does not do it by itself (same, "Referrers Tag Schema")."""
        if not self.referrers:
            index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [*self.evidence(image), added]}
            self.put(INDEX, encode(index), fallback(image))


def fallback(image: str) -> str:
    """The tag under which a registry without the referrers API has what refers to that digest."""
    return image.replace(":", "-")


def paged(entries: Iterable[Any], size: int, start: int) -> tuple[list[Any], int]:
    """A page of `entries`, and where the next begins; 0 when there is none."""
    rest = list(entries)[start:]
    return (rest[:size], start + size) if size and len(rest) > size else (rest, 0)
