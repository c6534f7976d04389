"""A registry that lies about a layer: the scanner alone passes it, `gate` does not."""

import struct
import zlib

import pytest

from tests.lab import tools, trivy
from tests.lab.contents import Deb, debian
from tests.lab.registry import NoRegistryError, program, running
from tests.lab.tarball import pack


def of_size(tar, size):
    """A sound gzip member of `tar` with exactly `size` bytes: a comment in its header (RFC 1952) fills it up."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = deflate.compress(tar) + deflate.flush()
    trailer = struct.pack("<II", zlib.crc32(tar), len(tar))
    head = b"\x1f\x8b\x08\x10" + bytes(4) + b"\x00\xff"
    room = size - len(head) - len(body) - len(trailer) - 1
    assert room >= 0, "the other content must be smaller"
    return head + b"." * room + b"\0" + body + trailer


@pytest.fixture
def lying(layouts):
    """A registry that serves `single`, its first layer swapped for a clean one of the same size, and that digest."""
    try:
        with running(program()) as served:
            digest = served.push(layouts, "single", "swapped/app:1")
            layer = layouts.document(digest)["layers"][0]
            name = layer["digest"].removeprefix("sha256:")
            stored = next(served.storage.rglob(f"{name}/data"))
            stored.write_bytes(of_size(pack(debian("12.4", [Deb("bash", "5.2.15-2+b2")])), layer["size"]))
            yield f"{served.host}/swapped/app@{digest}", layer["digest"]
    except NoRegistryError:
        tools.need(None, "a registry")


def vulnerable(report):
    return {one["PkgName"] for result in report["Results"] for one in result.get("Vulnerabilities", [])}


def test_a_swapped_layer_passes_trivy_and_not_gate(lying, scan, database, tmp_path, layouts):
    image, layer = lying
    room = tmp_path / "room"
    room.mkdir()
    true = trivy.scan(tools.trivy(), room, ["--input", f"{layouts.folder}:single"], cache=database)
    false = trivy.scan(tools.trivy(), room, ["--image-src", "remote", image], cache=database)
    assert "curl" in vulnerable(true)
    assert "curl" not in vulnerable(false)
    assert false["Metadata"]["RepoDigests"] == [image]

    said = scan(image)
    assert said.code == 6
    assert layer in said.err
    assert said.verdicts == []
