"""Evidence beside images as anybody could write it, in a registry in memory: sound, odd and wrong."""

import json

from gate.model.image import ImageRef
from gate.registry.access import Access
from gate.registry.evidence import fetch_all_evidence, fetch_evidence
from tests.lab.oci import INDEX, MANIFEST, Layout
from tests.lab.referrers import MemoryRegistry
from tests.lab.storage import BUNDLE

REPOSITORY = "octo/app"
EMPTY = "application/vnd.oci.empty.v1+json"
PAYLOAD = "application/vnd.dev.cosign.simplesigning.v1+json"
ENVELOPE = "application/vnd.dsse.envelope.v1+json"
WAYS = ("referrers", "", ".sig", ".att")
"""Where evidence is looked for: the API, and the endings of tags."""


class Shelf:
    """One repository of a registry of one's own; `image` is the digest of a small image in it, tagged `1`."""

    def __init__(self, registry: MemoryRegistry, layout: Layout) -> None:
        self.registry = registry
        self.layout = layout
        self.held = registry.repository(REPOSITORY)
        self.name = f"{registry.host}/{REPOSITORY}"
        self.image = self.put(layout.image([{"app": b"1"}]), "1")

    def put(self, descriptor, tag):
        """Have what `layout` holds under a tag, and return its digest."""
        self.layout.tag(descriptor, tag)
        return self.registry.push(self.layout, tag, f"{REPOSITORY}:{tag}")

    def attach(self, content=b'{"bundle": 1}', image=""):
        """A bundle as cosign writes it; the digest of its manifest."""
        return self.registry.attach(REPOSITORY, image or self.image, content)

    def carry(self, content=b"{}", *, listed=None, omit=(), **changes):
        """A bundle's manifest with some members of its own, listed (with `listed` of its own) beside the image."""
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": BUNDLE,
            "config": self.held.keep(b"{}", EMPTY),
            "layers": [self.held.keep(content, BUNDLE)],
            "subject": self.held.descriptor(self.image),
        } | changes
        raw = json.dumps({name: value for name, value in manifest.items() if name not in omit}).encode()
        named = self.held.put(MANIFEST, raw)
        self.index([{**self.held.descriptor(named), **(listed or {})}])
        return named

    def list(self, entries, **changes):
        """An index of just that."""
        return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries} | changes).encode()

    def index(self, entries, **changes):
        """Let the fallback tag list just that."""
        return self.held.put(INDEX, self.list(entries, **changes), self.tag())

    def old(self, ending, *contents, **annotations):
        """Pieces as cosign 2 stores them; the digest of their manifest."""
        kind = PAYLOAD if ending == ".sig" else ENVELOPE
        layers = [{**self.held.keep(one, kind), "annotations": annotations} for one in contents]
        config = self.held.keep(b"{ }", "application/vnd.oci.image.config.v1+json")
        doc = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers}
        return self.registry.put(REPOSITORY, self.tag(ending), doc)

    def tag(self, ending=""):
        """The tag beside the image."""
        return self.image.replace(":", "-") + ending

    def path(self, way):
        """A pattern of the path by which that way is asked."""
        return f"/referrers/{self.image}$" if way == "referrers" else f"/manifests/{self.tag(way)}$"

    def asked(self):
        """The paths that were asked for, without what they have in common."""
        return [one.path.removeprefix(f"/v2/{REPOSITORY}/") for one in self.registry.requests]


def bounds(**access):
    """Impatient ones, so that a fault is soon believed."""
    return Access(**{"timeout": 5.0, "deadline": 30.0, "pause": 0.0001} | access)


def seen(shelf, context, what=":1", **access):
    """What is seen of the image."""
    return fetch_evidence(ImageRef.parse(f"{shelf.name}{what}"), context=context, access=bounds(**access))


def beside(shelf, context, what=":1", **access):
    """What is seen of an image that is no index."""
    (sight,) = seen(shelf, context, what, **access).manifests
    return sight


def contents(sight):
    """What the pieces hold."""
    return [piece.content for piece in sight.pieces]


def every(names, context, **access):
    """What is seen of many images."""
    return fetch_all_evidence([ImageRef.parse(name) for name in names], context=context, access=bounds(**access))
