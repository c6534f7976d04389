"""Children of an index that are no plain platform's image: what hides an image, and what no runtime takes."""

from collections.abc import Mapping
from typing import Any

from tests.lab.contents import github_token
from tests.lab.oci import CONFIG, EMPTY, IN_TOTO, LAYER, MANIFEST, Descriptor, Layout, digest, encode
from tests.lab.tarball import compress, pack

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
OCTETS = "application/octet-stream"
AMD64 = {"architecture": "amd64", "os": "linux"}
ARM64 = {"architecture": "arm64", "os": "linux"}
UNKNOWN = {"architecture": "unknown", "os": "unknown"}
ATTESTATION = {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": "sha256:" + "0" * 64}
MARKER = "hidden.txt"
"""The file that every hidden image has, with a secret in it."""


def child(
    layout: Layout,
    name: str,
    *,
    platform: Mapping[str, str] | None = None,
    config: Mapping[str, object] | bytes = AMD64,
    config_type: str = CONFIG,
    layer_type: str = LAYER,
    manifest_type: str = MANIFEST,
    layer: Mapping[str, object] | None = None,
    **descriptor: object,
) -> Descriptor:
    """A manifest of one layer, a root file system of its own; `platform` and `descriptor` are what the index says."""
    tar = pack({MARKER: f"{name}: {github_token()}\n".encode()})
    whole = config
    if not isinstance(config, bytes):
        whole = encode({**config, "config": {}, "rootfs": {"type": "layers", "diff_ids": [digest(tar)]}})
    manifest = {
        "schemaVersion": 2,
        "mediaType": manifest_type,
        "config": layout.blob(bytes(whole) if isinstance(whole, bytes) else b"", config_type),
        "layers": [layout.blob(compress(tar), layer_type, **(layer or {}))],
    }
    more = {"platform": platform} if platform else {}
    return layout.blob(encode(manifest), manifest_type, **more, **descriptor)


def hiding(layout: Layout) -> dict[str, Descriptor]:
    """Children that some runtime takes, or could, and that look like something else. Each name says how."""
    shapes: dict[str, dict[str, Any]] = {
        "no platform": {},
        "no platform, layers typed in-toto": {"layer_type": IN_TOTO},
        "no platform, layers typed in-toto, configuration unknown": {"layer_type": IN_TOTO, "config": UNKNOWN},
        "no platform, layers typed in-toto, configuration without content": {"layer_type": IN_TOTO, "config": b"{}"},
        "no platform, layers of any type": {"layer_type": OCTETS},
        "no platform, Docker types": {"config_type": DOCKER_CONFIG, "layer_type": DOCKER_LAYER},
        "empty configuration over tar layers": {"config_type": EMPTY, "config": b"{}"},
        "configuration typed empty over tar layers": {"config_type": EMPTY},
        "configuration typed empty over tar layers on a platform": {"config_type": EMPTY, "platform": AMD64},
        "configuration typed empty over in-toto": {"config_type": EMPTY, "layer_type": IN_TOTO},
        "configuration typed empty over in-toto, unknown/unknown": {
            "config_type": EMPTY,
            "layer_type": IN_TOTO,
            "platform": UNKNOWN,
        },
        "an image's configuration of an artifact's type": {
            "config_type": "application/vnd.x+json",
            "layer_type": OCTETS,
        },
        "an artifact's type over Docker layers": {"config_type": "application/vnd.x+json", "layer_type": DOCKER_LAYER},
        "an artifact's type over encrypted layers": {
            "config_type": "application/vnd.x+json",
            "config": b"{}",
            "layer_type": f"{LAYER}+encrypted",
        },
        "Docker's manifest with a configuration of any type": {
            "config_type": "application/vnd.x+json",
            "layer_type": DOCKER_LAYER,
            "manifest_type": DOCKER_MANIFEST,
        },
        "octets as configuration": {"config_type": OCTETS, "layer_type": OCTETS, "config": b"{}"},
        "a configuration without a type": {"config_type": "", "layer_type": OCTETS, "config": b"{}"},
        "a layer without a type": {"config_type": EMPTY, "layer_type": "", "config": b"{}"},
        "two spellings of rootfs": {
            "config_type": EMPTY,
            "layer_type": OCTETS,
            "config": b'{"RootFS": {"diff_ids": []}}',
        },
        "a configuration read in two ways": {"config_type": EMPTY, "layer_type": OCTETS, "config": b'{"a": 1, "a": 2}'},
        "unknown/unknown over an image": {"platform": UNKNOWN},
        "unknown/unknown over in-toto, configuration of a host": {"platform": UNKNOWN, "layer_type": IN_TOTO},
        "unknown/unknown over an image that calls itself unknown": {"platform": UNKNOWN, "config": UNKNOWN},
        "unknown/unknown and a variant": {
            "platform": {**UNKNOWN, "variant": "v8"},
            "config": UNKNOWN,
            "layer_type": IN_TOTO,
        },
        "an image annotated as an attestation": {"annotations": ATTESTATION},
        "an image on a platform annotated as an attestation": {"annotations": ATTESTATION, "platform": AMD64},
        "descriptor and configuration disagree": {"platform": {**ARM64, "architecture": "s390x"}},
        "a platform over an attestation": {"platform": AMD64, "config": UNKNOWN, "layer_type": IN_TOTO},
        "EROFS": {"layer_type": "application/vnd.erofs.layer.v1", "config_type": EMPTY, "config": b"{}"},
        "EROFS as an image": {"layer_type": "application/vnd.erofs.layer.v1+zstd", "platform": AMD64},
        "wasm": {
            "layer_type": "application/wasm",
            "config_type": "application/vnd.wasm.config.v0+json",
            "config": b'{"architecture": "wasm", "os": "wasip1"}',
        },
        "wasm as an image": {"layer_type": "application/wasm", "config": {"architecture": "wasm", "os": "wasi"}},
        "wasm content": {
            "layer_type": "application/vnd.wasm.content.layer.v1+wasm",
            "config_type": "application/vnd.wasm.config.v1+json",
            "config": b"{}",
        },
    }
    found = {name: child(layout, name, **shape) for name, shape in shapes.items()}
    found["Nydus"] = nydus(layout)
    found["Nydus by its blobs' types alone"] = child(
        layout,
        "nydus blob",
        layer_type="application/vnd.oci.image.layer.nydus.blob.v1",
        config_type=EMPTY,
        config=b"{}",
    )
    nested: tuple[tuple[str, str, Mapping[str, object]], ...] = (
        ("an index in an index", LAYER, {}),
        ("an index in an index, unknown/unknown", LAYER, {"platform": UNKNOWN}),
        ("in-toto in an index in an index", IN_TOTO, {}),
        ("in-toto in an index, unknown/unknown", IN_TOTO, {"platform": UNKNOWN}),
        ("an index called a manifest", LAYER, {"mediaType": MANIFEST}),
    )
    for name, layer_type, more in nested:
        found[name] = {**bare(layout.index([child(layout, name, layer_type=layer_type)])), **more}
    twice = child(layout, "in-toto two indexes deep", layer_type=IN_TOTO)
    found["in-toto two indexes deep"] = bare(layout.index([bare(layout.index([twice]))]))
    return found


def harmless(layout: Layout, of: Descriptor) -> dict[str, Descriptor]:
    """Children that no runtime takes; `of` is the image that they are about."""
    statement = layout.blob(b'{"predicateType": "https://spdx.dev/Document"}', IN_TOTO)
    soci = "application/vnd.amazon.soci.index.v1+json"
    index = layout.artifact(soci, [layout.blob(b"a zTOC", OCTETS)])
    chart = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
    return {
        "BuildKit's attestation": layout.attestation(of),
        "BuildKit's attestation of several statements": layout.attestation(of, statements=[statement, statement]),
        "BuildKit's attestation as an OCI artifact": layout.attestation(of, oci=True),
        "a SOCI index": index,
        "a SOCI index on the platform of its image": {**index, "platform": of["platform"]},
        "a SOCI index with an empty configuration": layout.artifact(EMPTY, [layout.blob(b"a zTOC", OCTETS)]),
        "a Helm chart": layout.artifact("application/vnd.cncf.helm.config.v1+json", [layout.blob(b"chart", chart)]),
        "an index of a SOCI index": bare(layout.index([index])),
    }


def nydus(layout: Layout) -> Descriptor:
    """The image for linux/amd64 that Nydus adds to an index: blobs, and a tar file that leads to them."""
    blob = layout.blob(b"nydus blob", "application/vnd.oci.image.layer.nydus.blob.v1")
    tar = pack({"image/image.boot": b"bootstrap"})
    bootstrap = layout.blob(compress(tar), LAYER, annotations={"containerd.io/snapshot/nydus-bootstrap": "true"})
    rootfs = {"type": "layers", "diff_ids": [blob["digest"], digest(tar)]}
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": layout.blob(encode({**AMD64, "config": {}, "rootfs": rootfs}), CONFIG),
        "layers": [blob, bootstrap],
    }
    return layout.blob(encode(manifest), MANIFEST, platform={**AMD64, "os.features": ["nydus.remoteimage.v1"]})


def bare(descriptor: Descriptor) -> Descriptor:
    """A descriptor with nothing but what it has to have."""
    return {name: descriptor[name] for name in ("mediaType", "digest", "size")}
