"""Archives as `docker save` writes them: one manifest.json, and in either form the layers unpacked."""

import gzip
import io
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.lab.oci import CONFIG, INDEX, MANIFEST, NAME, Layout, digest, encode
from tests.lab.tarball import MODIFIED

_PLAIN_LAYER = "application/vnd.oci.image.layer.v1.tar"


def save(layout: Layout, of: str, to: Path, *, names: Sequence[str] = (), oci: bool = True) -> None:
    """Write the image whose manifest has the digest `of`; `oci` is the form since Docker 25, otherwise the one before.

    In the form of before, the archive holds no manifest: an image has another digest, or none, once it is saved.
    """
    manifest = layout.document(of)
    config = layout.read(manifest["config"]["digest"])
    layers = [gzip.decompress(layout.read(layer["digest"])) for layer in manifest["layers"]]
    members = _modern(config, layers, names) if oci else _old(config, layers, names)
    with tarfile.open(to, "w", format=tarfile.PAX_FORMAT) as archive:
        for path, data in members.items():
            info = tarfile.TarInfo(path)
            info.size, info.mtime = len(data), MODIFIED
            archive.addfile(info, io.BytesIO(data))


def _old(config: bytes, layers: Sequence[bytes], names: Sequence[str]) -> Mapping[str, bytes]:
    paths = [f"{_hex(layer)}/layer.tar" for layer in layers]
    listed = {"Config": f"{_hex(config)}.json", "RepoTags": list(names) or None, "Layers": paths}
    return {
        f"{_hex(config)}.json": config,
        **dict(zip(paths, layers, strict=True)),
        "manifest.json": encode([listed]),
    }


def _modern(config: bytes, layers: Sequence[bytes], names: Sequence[str]) -> Mapping[str, bytes]:
    described = [{"mediaType": _PLAIN_LAYER, "digest": digest(layer), "size": len(layer)} for layer in layers]
    manifest = encode(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {"mediaType": CONFIG, "digest": digest(config), "size": len(config)},
            "layers": described,
        }
    )
    entry = {"mediaType": MANIFEST, "digest": digest(manifest), "size": len(manifest)}
    named = [
        {**entry, "annotations": {"io.containerd.image.name": name, NAME: name.rpartition(":")[2]}} for name in names
    ]
    paths = [_path(layer) for layer in layers]
    listed = {"Config": _path(config), "RepoTags": list(names) or None, "Layers": paths}
    return {
        "oci-layout": encode({"imageLayoutVersion": "1.0.0"}),
        **{_path(blob): blob for blob in (config, *layers, manifest)},
        "index.json": encode({"schemaVersion": 2, "mediaType": INDEX, "manifests": named or [entry]}),
        "manifest.json": encode([listed]),
    }


def _hex(blob: bytes) -> str:
    return digest(blob).removeprefix("sha256:")


def _path(blob: bytes) -> str:
    return f"blobs/sha256/{_hex(blob)}"
