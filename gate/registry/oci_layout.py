"""OCI image layouts of one manifest: what the scanner is handed (OCI image-spec v1.1, image-layout.md)."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from gate.io import strict_json
from gate.model.image import Platform

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
_MARKER = b'{"imageLayoutVersion":"1.0.0"}'


def digest_of(data: bytes) -> str:
    """The digest of content, which is the name of its blob."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def blob(folder: Path, digest: str) -> Path:
    """Where the blob of that digest is, or has to be."""
    return folder / "blobs" / "sha256" / digest.removeprefix("sha256:")


def bare_config(platform: Platform, diff_ids: Iterable[str]) -> bytes:
    """An image configuration that names system, architecture and layers, and nothing that the image's author wrote.

    The variant is not in it: an index may list one manifest under several, and its layout is made once.

    Trivy guesses from an image's history which layers are those of its base image, and does not search them for
    secrets. Without a history it searches every layer.
    """
    named = {"os": platform.os, "architecture": platform.architecture}
    return strict_json.dumps({**named, "rootfs": {"type": "layers", "diff_ids": list(diff_ids)}})


def seal(folder: Path, config: bytes, layers: Sequence[Mapping[str, object]]) -> str:
    """Make a layout of `folder`, in which the layers are in their places already; gives the manifest's digest.

    `layers` are their descriptors: `mediaType`, `digest`, `size`.
    """
    whole = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": CONFIG, "digest": digest_of(config), "size": len(config)},
        "layers": layers,
    }
    raw = strict_json.dumps(whole)
    for data in (raw, config):
        blob(folder, digest_of(data)).write_bytes(data)
    entry = {"mediaType": MANIFEST, "digest": digest_of(raw), "size": len(raw)}
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}
    (folder / "index.json").write_bytes(strict_json.dumps(index))
    (folder / "oci-layout").write_bytes(_MARKER)
    return digest_of(raw)
