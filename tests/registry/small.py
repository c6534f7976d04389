"""Small images as plain values: documents and blobs by digest, to be served or laid out."""

import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"


def sha256(raw: bytes) -> str:
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def tar(**files: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return out.getvalue()


@dataclass
class Content:
    """Everything a repository holds: documents (with their media types) and blobs, by digest."""

    documents: dict = field(default_factory=dict)
    blobs: dict = field(default_factory=dict)
    tags: dict = field(default_factory=dict)

    def blob(self, raw: bytes, media_type: str, **more) -> dict:
        self.blobs[sha256(raw)] = raw
        return {"mediaType": media_type, "digest": sha256(raw), "size": len(raw), **more}

    def document(self, doc: dict | bytes, media_type: str, *, tag: str = "", **more) -> dict:
        raw = doc if isinstance(doc, bytes) else json.dumps(doc).encode()
        self.documents[sha256(raw)] = (raw, media_type)
        if tag:
            self.tags[tag] = sha256(raw)
        return {"mediaType": media_type, "digest": sha256(raw), "size": len(raw), **more}

    def image(self, *layers, arch="amd64", tag="", pack=None, kind="+gzip", **changes) -> dict:
        """An image of these unpacked layers; `changes` override members of the manifest or (`config_…`) config."""
        pack = pack or (lambda raw: gzip.compress(raw, mtime=0))
        layers = layers or (tar(hello="world"),)
        config = {
            "os": "linux",
            "architecture": arch,
            "rootfs": {"type": "layers", "diff_ids": [sha256(raw) for raw in layers]},
            "history": [{"created_by": f"COPY layer {place}"} for place, _ in enumerate(layers)],
        } | {name.removeprefix("config_"): value for name, value in changes.items() if name.startswith("config_")}
        media_type = changes.get("mediaType", MANIFEST)
        manifest = {
            "schemaVersion": 2,
            "mediaType": media_type,
            "config": self.blob(json.dumps(config).encode(), CONFIG),
            "layers": [self.blob(pack(raw), LAYER + kind) for raw in layers],
        } | {name: value for name, value in changes.items() if not name.startswith("config_")}
        return self.document(manifest, media_type, tag=tag)

    def index(self, *entries: dict, tag="", media_type=INDEX) -> dict:
        doc = {"schemaVersion": 2, "mediaType": media_type, "manifests": list(entries)}
        return self.document(doc, media_type, tag=tag)

    def layout(self, folder: Path, *entries: dict) -> Path:
        """Write it as an OCI image layout whose index.json lists `entries`."""
        blobs = folder / "blobs" / "sha256"
        blobs.mkdir(parents=True)
        for digest, raw in {**self.blobs, **{name: raw for name, (raw, _) in self.documents.items()}}.items():
            (blobs / digest.removeprefix("sha256:")).write_bytes(raw)
        (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": list(entries)}))
        return folder


def on(descriptor: dict, platform: str) -> dict:
    """A descriptor as an index lists it, for `os/architecture[/variant]`."""
    names = dict(zip(("os", "architecture", "variant"), platform.split("/"), strict=False))
    return {**descriptor, "platform": names}
