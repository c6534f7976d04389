"""The private layouts that are scanned: one manifest each, nothing else (OCI image-spec v1.1, image-layout.md)."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from gate import strictjson
from gate.image import PlatformImage
from gate.registry.blobs import link
from gate.registry.wire import OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST

MARKER = b'{"imageLayoutVersion":"1.0.0"}'


def write(folder: Path, image: PlatformImage, config: bytes, layers: Mapping[str, Path]) -> None:
    """Lay `image` out in the new `folder`, out of its checked parts.

    Where a layer is there unpacked, the layout has it so, under its diff_id, and a manifest that says so: the
    configuration, and with it the image's identity, stays what it was.
    """
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    described = []
    for layer in image.layers:
        path = layers[layer.digest]
        digest = layer.diff_id if path.suffix == ".tar" else layer.digest
        kind = OCI_LAYER if path.suffix == ".tar" else layer.media_type
        link(path, blobs / digest.removeprefix("sha256:"))
        described.append({"mediaType": kind, "digest": digest, "size": path.stat().st_size})
    whole = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {"mediaType": OCI_CONFIG, "digest": image.config_digest, "size": len(config)},
        "layers": described,
    }
    raw = strictjson.dumps(whole)
    digest = f"sha256:{hashlib.sha256(raw).hexdigest()}"
    for name, data in ((digest, raw), (image.config_digest, config)):
        (blobs / name.removeprefix("sha256:")).write_bytes(data)
    entry = {"mediaType": OCI_MANIFEST, "digest": digest, "size": len(raw)}
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]}
    (folder / "index.json").write_bytes(strictjson.dumps(index))
    (folder / "oci-layout").write_bytes(MARKER)
