"""What one repository of a registry holds, and what a registry could do to it behind everybody's back."""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.lab.oci import INDEX, Descriptor, digest, encode

LEGACY = (".sig", ".att")


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

    def forget(self, named: str) -> None:
        """Lose what has that digest, and the tags that lead to it."""
        self.blobs.pop(named, None)
        self.documents.pop(named, None)
        self.tags = {tag: one for tag, one in self.tags.items() if one != named}

    def descriptor(self, named: str) -> Descriptor:
        """Of a document, as an index would have it."""
        document = self.documents[named]
        return {"mediaType": document.media_type, "digest": named, "size": len(document.body)}

    def referring(self, subject: str) -> list[Descriptor]:
        """What the referrers API lists (OCI distribution-spec v1.1, "Listing Referrers")."""
        found = []
        for named, document in self.documents.items():
            read = document.read()
            if read.get("subject", {}).get("digest") == subject:
                kind = read.get("artifactType") or read.get("config", {}).get("mediaType", "")
                more = {"artifactType": kind, "annotations": read.get("annotations", {})}
                found.append({**self.descriptor(named), **more})
        return found

    def graft(self, image: str, onto: str) -> None:
        """Make the evidence of `image` look like that of `onto`, in every place where evidence is looked for."""
        subject = self.descriptor(onto)
        for one in self.referring(image):
            self._reroot(one["digest"], subject)
        for tag, named in list(self.tags.items()):
            suffix = tag.removeprefix(fallback(image))
            if tag == fallback(image):
                index = self.documents[named].read()
                index["manifests"] = [self._moved(one, subject) for one in index["manifests"]]
                self.put(INDEX, encode(index), fallback(onto))
            elif suffix in LEGACY:
                self.tags[fallback(onto) + suffix] = named

    def _moved(self, listed: Descriptor, subject: Descriptor) -> Descriptor:
        return {**listed, **self.descriptor(self._reroot(listed["digest"], subject))}

    def _reroot(self, named: str, subject: Descriptor) -> str:
        document = self.documents[named]
        return self.put(document.media_type, encode({**document.read(), "subject": subject}))


def fallback(image: str) -> str:
    """The tag under which a registry without the referrers API has what refers to that digest."""
    return image.replace(":", "-")


def paged(entries: Iterable[Any], size: int, start: int) -> tuple[list[Any], int]:
    """A page of `entries`, and where the next begins; 0 when there is none."""
    rest = list(entries)[start:]
    return (rest[:size], start + size) if size and len(rest) > size else (rest, 0)
