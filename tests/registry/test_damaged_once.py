"""Content that is damaged on its way once is fetched once more; damaged twice, it is called altered."""

import gzip
import json

import pytest

from gate.errors import RegistryError
from gate.registry.errors import AlteredError
from tests.lab.oci import Layout, digest
from tests.lab.referrers import MemoryRegistry
from tests.registry.beside import REPOSITORY, Shelf, beside, contents
from tests.registry.liar import Fault
from tests.registry.small import sha256, tar

LAYER = sha256(gzip.compress(tar(hello="world"), mtime=0))
DAMAGE = {
    "other bytes": lambda raw: bytes([raw[0] ^ 1]) + raw[1:],
    "too short": lambda raw: raw[:-1],
    "too long": lambda raw: raw + b"x",
    "empty": lambda raw: b"",
}
UNTOLD = {"Content-Length": None}


@pytest.fixture
def parts(content):
    """Paths and true bytes of a manifest that an index lists, its configuration and its layer."""
    image = content.image()
    raw, _ = content.documents[image["digest"]]
    content.index(image | {"platform": {"os": "linux", "architecture": "amd64"}}, tag="1")
    configuration = json.loads(raw)["config"]["digest"]
    return {
        "index": ("/manifests/1", content.documents[content.tags["1"]][0]),
        "manifest": (f"/manifests/{image['digest']}", raw),
        "configuration": (f"/blobs/{configuration}", content.blobs[configuration]),
        "layer": (f"/blobs/{LAYER}", content.blobs[LAYER]),
    }


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("part", ["index", "manifest", "configuration", "layer"])
def test_what_is_damaged_once_is_fetched_once_more(liar, parts, pull, part, damage):
    path, raw = parts[part]
    index_digest = {"Docker-Content-Digest": liar.content.tags["1"]} if part == "index" else {}
    liar.faults = {path: Fault(body=DAMAGE[damage](raw), headers={**UNTOLD, **index_digest}, times=1)}
    (got,) = pull(f"{liar.host}/o/app:1")
    assert len(got.layouts) == 1
    assert liar.count(path) == 2


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("part", ["manifest", "configuration", "layer"])
def test_what_is_damaged_twice_is_altered(liar, parts, pull, part, damage):
    path, raw = parts[part]
    liar.faults = {path: Fault(body=DAMAGE[damage](raw), headers=UNTOLD)}
    with pytest.raises(AlteredError, match=f"the {part} .* is not what came"):
        pull(f"{liar.host}/o/app:1")
    assert liar.count(path) == 2


def test_a_layer_whose_length_is_announced_wrongly_once_is_fetched_once_more(liar, parts, pull):
    path, raw = parts["layer"]
    liar.faults = {path: Fault(body=raw + b"x", times=1)}
    (got,) = pull(f"{liar.host}/o/app:1")
    assert len(got.layouts) == 1
    assert liar.count(path) == 2


def test_a_layer_that_is_not_of_its_configuration_is_not_fetched_again(content, liar, pull):
    content.image(tag="2", config_rootfs={"type": "layers", "diff_ids": [sha256(b"something else")]})
    with pytest.raises(RegistryError, match="but the configuration names"):
        pull(f"{liar.host}/o/app:2")
    assert liar.count(f"/blobs/{LAYER}") == 1


@pytest.fixture(params=["referrers", "fallback tag"])
def shelf(request, tmp_path):
    with MemoryRegistry(referrers=request.param == "referrers") as registry:
        yield Shelf(registry, Layout(tmp_path / "layout"))


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("part", ["manifest", "blob"])
def test_evidence_that_is_damaged_once_is_fetched_once_more(shelf, context, part, damage):
    path, raw = _evidence(shelf, part)
    shelf.registry.fault("GET", path, status=200, body=DAMAGE[damage](raw), times=1)
    sight = beside(shelf, context)
    assert contents(sight) == [b'{"a": 1}']
    assert sight.damaged == ()
    assert shelf.registry.count("GET", path) == 2


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("part", ["manifest", "blob"])
def test_evidence_that_is_damaged_twice_is_told_as_damaged(shelf, context, part, damage):
    path, raw = _evidence(shelf, part)
    shelf.registry.fault("GET", path, status=200, body=DAMAGE[damage](raw))
    sight = beside(shelf, context)
    assert (sight.pieces, len(sight.damaged)) == ((), 1)
    assert "is not what came" in sight.damaged[0].why
    assert shelf.registry.count("GET", path) == 2


def _evidence(shelf, part):
    """The path and the true bytes of a piece of evidence, or of its manifest."""
    named = shelf.attach(b'{"a": 1}')
    if part == "manifest":
        return f"/manifests/{named}", shelf.registry.read(REPOSITORY, named)
    content = b'{"a": 1}'
    return f"/blobs/{digest(content)}", content
