"""Write the private OCI layouts that Trivy scans: one manifest each (OCI image-spec v1.1, image-layout.md)."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from gate.io import files, strict_json
from gate.model.image import PlatformImage

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
_MARKER = b'{"imageLayoutVersion":"1.0.0"}'


def digest_of(data: bytes) -> str:
    """The digest of content, which is the name of its blob."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def blob(folder: Path, digest: str) -> Path:
    """Where the blob of that digest is, or has to be."""
    return folder / "blobs" / "sha256" / digest.removeprefix("sha256:")


def bare_config(image: PlatformImage) -> bytes:
    """An image configuration that names system, architecture and layers, and nothing that the image's author wrote.

    The variant is not in it: an index may list one manifest under several, and its layout is made once.

    Trivy guesses from an image's history which layers are those of its base image, and does not search them for
    secrets. Without a history it searches every layer.
    """
    platform, diff_ids = image.platform, [layer.diff_id for layer in image.layers]
    named = {"os": platform.os, "architecture": platform.architecture}
    return strict_json.dumps({**named, "rootfs": {"type": "layers", "diff_ids": diff_ids}})


def write(folder: Path, image: PlatformImage, config: bytes, layers: Mapping[str, Path]) -> None:
    """Write the layout of `image` to the new `folder`, from its checked parts: `layers` maps digests to files.

    The manifest names a `bare_config`, so that nothing in the image's own configuration changes how its layers are
    scanned; the own one is a blob of the layout too. A layer that is there unpacked (`.tar`) is named by its diff_id.
    """
    (folder / "blobs" / "sha256").mkdir(parents=True)
    described = []
    for layer in image.layers:
        path = layers[layer.digest]
        is_unpacked = path.suffix == ".tar"
        digest, media_type = (layer.diff_id, OCI_LAYER) if is_unpacked else (layer.digest, layer.media_type)
        files.link(path, blob(folder, digest))
        described.append({"mediaType": media_type, "digest": digest, "size": path.stat().st_size})
    blob(folder, image.config_digest).write_bytes(config)
    seal(folder, bare_config(image), described)


def seal(folder: Path, config: bytes, layers: Sequence[Mapping[str, object]]) -> None:
    """Make a layout of `folder`, in which the layers are in their places already.

    `layers` are their descriptors: `mediaType`, `digest`, `size`.
    """
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {"mediaType": OCI_CONFIG, "digest": digest_of(config), "size": len(config)},
        "layers": layers,
    }
    raw = strict_json.dumps(manifest)
    for data in (raw, config):
        blob(folder, digest_of(data)).write_bytes(data)
    entry = {"mediaType": OCI_MANIFEST, "digest": digest_of(raw), "size": len(raw)}
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]}
    (folder / "index.json").write_bytes(strict_json.dumps(index))
    (folder / "oci-layout").write_bytes(_MARKER)
