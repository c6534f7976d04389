"""The private layouts that are scanned: one manifest each, nothing else."""

from collections.abc import Mapping
from pathlib import Path

from gate.model.image import PlatformImage
from gate.registry.blobs import link
from gate.registry.oci_layout import LAYER, bare_config, blob, seal


def write(folder: Path, image: PlatformImage, config: bytes, layers: Mapping[str, Path]) -> None:
    """Lay `image` out in the new `folder`, out of its checked parts.

    The manifest has a `bare_config`, so that nothing in the image's own configuration steers how its layers are
    scanned. That configuration is kept as a blob of the layout, under its digest.

    Where a layer is there unpacked, the layout has it so, under its diff_id, and a manifest that says so.
    """
    (folder / "blobs" / "sha256").mkdir(parents=True)
    described = []
    for layer in image.layers:
        path = layers[layer.digest]
        digest = layer.diff_id if path.suffix == ".tar" else layer.digest
        kind = LAYER if path.suffix == ".tar" else layer.media_type
        link(path, blob(folder, digest))
        described.append({"mediaType": kind, "digest": digest, "size": path.stat().st_size})
    blob(folder, image.config_digest).write_bytes(config)
    seal(folder, bare_config(image.platform, (layer.diff_id for layer in image.layers)), described)
