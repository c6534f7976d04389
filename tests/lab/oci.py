"""OCI image layouts and `docker save` archives (OCI image-spec v1.1), written without any tool."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import zstandard

from tests.lab.tarball import MODIFIED, Files, compress, pack

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
EMPTY = "application/vnd.oci.empty.v1+json"
IN_TOTO = "application/vnd.in-toto+json"
NAME = "org.opencontainers.image.ref.name"
CREATED = "2024-01-01T00:00:00Z"

Descriptor = dict[str, Any]
"""`mediaType`, `digest`, `size`, and what else the place asks for."""


def encode(value: object) -> bytes:
    """The one JSON text that we write for `value`."""
    return json.dumps(value, separators=(",", ":")).encode()


def digest(data: bytes) -> str:
    """`sha256:` and 64 digits."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Layout:
    """A folder of blobs by digest, and the names that were given to some of them."""

    def __init__(self, folder: Path) -> None:
        """Begin an empty one in `folder`."""
        self.folder = folder
        self._blobs = folder / "blobs" / "sha256"
        self._blobs.mkdir(parents=True, exist_ok=True)
        self._tagged: dict[str, Descriptor] = {}
        (folder / "oci-layout").write_bytes(encode({"imageLayoutVersion": "1.0.0"}))

    @classmethod
    def opened(cls, folder: Path) -> "Layout":
        """The layout that is in `folder` already."""
        layout = cls(folder)
        index = json.loads((folder / "index.json").read_bytes())
        layout._tagged = {one["annotations"][NAME]: one for one in index["manifests"]}
        return layout

    def blob(self, data: bytes, media_type: str, **more: object) -> Descriptor:
        """Keep `data`; `more` goes into its descriptor."""
        self.path(digest(data)).write_bytes(data)
        return {"mediaType": media_type, "digest": digest(data), "size": len(data), **more}

    def path(self, of: str) -> Path:
        """Where the blob of that digest is, or would be."""
        return self._blobs / of.removeprefix("sha256:")

    def read(self, of: str) -> bytes:
        """A blob."""
        return self.path(of).read_bytes()

    def document(self, of: str) -> dict[str, Any]:
        """A blob that is a JSON object: an index, a manifest, a configuration."""
        return dict(json.loads(self.read(of)))

    def image(
        self,
        layers: Iterable[Files],
        *,
        platform: str = "linux/amd64",
        os_version: str = "",
        zstd: bool = False,
        history: Sequence[Mapping[str, object]] = (),
        config: Mapping[str, object] | None = None,
        modified: int = MODIFIED,
    ) -> Descriptor:
        """One platform's image; `modified` is the time of its files, and layers are gzipped unless `zstd`."""
        tars = [pack(files, modified=modified) for files in layers]
        where = dict(zip(("os", "architecture", "variant"), platform.split("/"), strict=False))
        where |= {"os.version": os_version} if os_version else {}
        compressed, layer_type = (zstandard.compress, f"{LAYER[:-4]}zstd") if zstd else (compress, LAYER)
        configuration = {
            **where,
            "created": CREATED,
            "config": dict(config or {}),
            "rootfs": {"type": "layers", "diff_ids": [digest(tar) for tar in tars]},
            "history": [{"created": CREATED, **entry} for entry in history],
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.blob(encode(configuration), CONFIG),
            "layers": [self.blob(compressed(tar), layer_type) for tar in tars],
        }
        return self.blob(encode(manifest), MANIFEST, platform=where)

    def artifact(self, media_type: str, layers: Sequence[Descriptor]) -> Descriptor:
        """A manifest of layers that are no file system; `media_type` is its configuration's, which is empty."""
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.blob(b"{}", media_type),
            "layers": list(layers),
        }
        return self.blob(encode(manifest), MANIFEST)

    def attestation(self, of: Descriptor, *, statements: Sequence[Descriptor] = (), oci: bool = False) -> Descriptor:
        """The attestation manifest that BuildKit puts into an index for each image.

        `statements` are its layers, a provenance where there are none; `oci` is the form with an empty configuration
        and a subject that newer versions write (`oci-artifact=true`).
        """
        layers = list(statements) or [self._provenance(of)]
        unknown = {"architecture": "unknown", "os": "unknown"}
        rootfs = {"type": "layers", "diff_ids": [layer["digest"] for layer in layers]}
        manifest: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.blob(encode({**unknown, "config": {}, "rootfs": rootfs}), CONFIG),
            "layers": layers,
        }
        if oci:
            manifest |= {
                "artifactType": "application/vnd.docker.attestation.manifest.v1+json",
                "config": self.blob(b"{}", EMPTY),
                "subject": {name: of[name] for name in ("mediaType", "digest", "size")},
            }
        about = {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": of["digest"]}
        return self.blob(encode(manifest), MANIFEST, platform=unknown, annotations=about)

    def _provenance(self, of: Descriptor) -> Descriptor:
        statement = {
            "_type": "https://in-toto.io/Statement/v0.1",
            "predicateType": "https://slsa.dev/provenance/v0.2",
            "subject": [{"name": "lab", "digest": {"sha256": of["digest"].removeprefix("sha256:")}}],
            "predicate": {},
        }
        kind = {"in-toto.io/predicate-type": statement["predicateType"]}
        return self.blob(encode(statement), IN_TOTO, annotations=kind)

    def index(self, children: Sequence[Descriptor]) -> Descriptor:
        """One name for several platforms."""
        return self.blob(encode({"schemaVersion": 2, "mediaType": INDEX, "manifests": list(children)}), INDEX)

    def tag(self, descriptor: Descriptor, name: str) -> None:
        """Give it a name; the name moves if it was another's."""
        named = {key: descriptor[key] for key in ("mediaType", "digest", "size")}
        self._tagged[name] = {**named, "annotations": {NAME: name}}
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": list(self._tagged.values())}
        (self.folder / "index.json").write_bytes(encode(index))

    def tagged(self, name: str) -> Descriptor:
        """What has that name."""
        return self._tagged[name]

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, in the order given."""
        return tuple(self._tagged)
