"""A registry that lies: whatever it serves under a digest is held against that digest."""

import gzip
import json

import pytest
import zstandard

from gate.errors import ExitCode, RegistryError
from gate.registry.documents import members
from tests.registry.liar import Fault
from tests.registry.small import CONFIG, DOCKER_MANIFEST, INDEX, LAYER, MANIFEST, on, sha256, tar

SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"


def packed(raw):
    return gzip.compress(raw, mtime=0)


def refusal(pull, liar, reference=":1", **access):
    with pytest.raises(RegistryError) as caught:
        pull(f"{liar.host}/o/app{reference}", **access)
    assert caught.value.code is ExitCode.REGISTRY == 6
    return caught.value


def test_another_sound_layer_of_the_same_size_is_noticed(content, liar, pull, context):
    content.image(tar(a="true"), tag="1")
    digest, swapped = sha256(packed(tar(a="true"))), packed(tar(a="ture"))
    assert len(swapped) == len(content.blobs[digest])
    content.blobs[digest] = swapped
    error = refusal(pull, liar)
    assert error.problem == f"the layer {digest} is not what came: its content has {sha256(swapped)}"
    assert "do not use this image" in error.hint
    assert list(context.cache.glob("blobs/sha256/*")) == []


@pytest.mark.parametrize("length", ["told", "not told"])
def test_a_layer_of_another_size_is_noticed(content, liar, pull, length):
    content.image(tag="1")
    digest = sha256(packed(tar(hello="world")))
    headers = {} if length == "told" else {"Content-Length": None}
    for wrong in (content.blobs[digest][:-1], content.blobs[digest] + b"x"):
        liar.faults = {f"/blobs/{digest}": Fault(body=wrong, headers=headers)}
        error = refusal(pull, liar)
        assert digest in error.problem
        assert f"instead of {len(content.blobs[digest])}" in error.problem


def test_a_layer_without_end_is_not_read_beyond_its_size(content, liar, pull):
    content.image(tag="1")
    liar.faults = {f"/blobs/{sha256(packed(tar(hello='world')))}": Fault(endless=True)}
    assert "more than" in refusal(pull, liar).problem


def test_a_layer_that_is_not_what_the_configuration_promises_is_noticed(content, liar, pull):
    wrong = sha256(b"something else")
    content.image(tag="1", config_rootfs={"type": "layers", "diff_ids": [wrong]})
    problem = refusal(pull, liar).problem
    assert sha256(packed(tar(hello="world"))) in problem
    assert f"unpacks to {sha256(tar(hello='world'))}, but the configuration names {wrong}" in problem


@pytest.mark.parametrize("promised", [0, 2])
def test_as_many_layers_as_promised_have_to_be_there(content, liar, pull, promised):
    content.image(tag="1", config_rootfs={"type": "layers", "diff_ids": [sha256(b"")] * promised})
    assert f"has 1 layers, and its configuration {promised}" in refusal(pull, liar).problem


@pytest.mark.parametrize(
    ("pack", "words"),
    [
        (lambda raw: packed(raw)[:-9], "ends too early"),
        (lambda raw: packed(raw) + b"trailing" * 9, "not a sound gzip stream"),
        (lambda raw: packed(raw)[:10] + b"\xff" * 40, "not a sound gzip stream"),
        (lambda raw: b"\x28\xb5\x2f\xfd" + b"\xff" * 40, "not a sound zstd stream"),
        (lambda raw: zstandard.compress(raw)[:-1], "its zstd stream ends too early"),
        (lambda raw: zstandard.compress(raw) + zstandard.compress(b"x")[:-1], "its zstd stream ends too early"),
    ],
)
def test_a_layer_that_cannot_be_unpacked_is_refused(content, liar, pull, pack, words):
    content.image(tag="1", pack=pack)
    assert words in refusal(pull, liar).problem


@pytest.mark.parametrize("tool", ["gzip", "zstd"])
def test_a_layer_that_unpacks_to_too_much_is_refused(content, liar, pull, tool):
    pack = gzip.compress if tool == "gzip" else zstandard.compress
    content.image(b"\0" * 50_000_000, tag="1", pack=pack)
    assert "unpacks to more than 1,000,000 bytes" in refusal(pull, liar, unpacked_limit=1_000_000).problem


def test_another_manifest_under_a_pinned_digest_is_noticed(content, liar, pull):
    image, other = content.image(), content.image(tar(other="x"))
    content.documents[image["digest"]] = content.documents[other["digest"]]
    problem = refusal(pull, liar, f"@{image['digest']}").problem
    assert problem == f"the manifest {image['digest']} is not what came: its content has {other['digest']}"


def test_another_manifest_under_a_digest_of_the_index_is_noticed(content, liar, pull):
    image, other = content.image(), content.image(tar(other="x"))
    content.index(on(image, "linux/amd64"), tag="1")
    content.documents[image["digest"]] = content.documents[other["digest"]]
    assert image["digest"] in refusal(pull, liar).problem


def test_a_digest_in_the_headers_has_to_be_that_of_the_body(content, liar, pull):
    content.image(tag="1")
    liar.faults = {"/manifests/1": Fault(headers={"Docker-Content-Digest": sha256(b"")})}
    assert "is not what came" in refusal(pull, liar).problem


def test_another_configuration_is_noticed(content, liar, pull):
    content.image(tag="1")
    content.image(arch="arm64", tag="2")
    one, two = (json.loads(content.documents[content.tags[tag]][0])["config"]["digest"] for tag in "12")
    content.blobs[one] = content.blobs[two]
    assert refusal(pull, liar).problem == f"the configuration {one} is not what came: its content has {two}"


@pytest.mark.parametrize("length", [{"Content-Length": "104857600"}, {"Content-Length": None}])
@pytest.mark.parametrize("part", ["/manifests/", "/blobs/"])
def test_documents_of_100_mb_are_refused_without_reading_them(content, liar, pull, part, length):
    content.image(tag="1")
    liar.faults = {
        part: Fault(body=b" " * (100 << 20) if None in length.values() else b" " * (9 << 20), headers=length)
    }
    assert "longer than" in refusal(pull, liar).problem


def test_a_configuration_that_announces_100_mb_is_not_even_asked_for(content, liar, pull):
    content.image(tag="1", config={"mediaType": CONFIG, "digest": sha256(b""), "size": 100 << 20})
    assert "is larger than 8,388,608 bytes" in refusal(pull, liar).problem
    assert liar.count("/blobs/") == 0


@pytest.mark.parametrize(
    ("document", "media_type", "words"),
    [
        ({"schemaVersion": 1, "name": "o/app", "fsLayers": []}, SCHEMA_1, "is of Docker's schema 1"),
        ({"schemaVersion": 1, "name": "o/app", "fsLayers": []}, "application/json", "is of Docker's schema 1"),
        ({"schemaVersion": 2}, "application/x-\x1b[31mred", "is of an unknown type: application/x-"),
        ({"schemaVersion": 2}, "", "is of an unknown type: none is named"),
        ({"schemaVersion": 2, "mediaType": INDEX}, MANIFEST, "announced as application/vnd.oci.image.manifest"),
        ({"schemaVersion": 2, "mediaType": 7}, MANIFEST, "mediaType that is no text"),
        ({"manifests": [], "layers": []}, INDEX, "is a manifest and an index in one"),
        ({"manifests": [], "layers": []}, MANIFEST, "is a manifest and an index in one"),
        ({"schemaVersion": 2}, MANIFEST, "is malformed: config"),
        ({"manifests": [{"digest": "sha512:00", "size": 1}]}, INDEX, "is malformed: manifests.0.digest"),
        ({"manifests": [{"digest": "sha256:" + "../" * 21 + "x", "size": 1}]}, INDEX, "manifests.0.digest"),
        ({"manifests": [{"digest": sha256(b""), "size": -1}]}, INDEX, "is malformed: manifests.0.size"),
        ({"manifests": [], "Manifests": []}, INDEX, "its members: it has a member 'Manifests' that"),
        ({"manifests": [{"digest": sha256(b""), "DIGEST": sha256(b"")}]}, INDEX, "has a member 'DIGEST'"),
        (b'{"manifests": [], "manifests": []}', INDEX, "not readable as JSON"),
        (b"[" * 100_000, INDEX, "not readable as JSON"),
        (b'{"manifests": NaN}', INDEX, "not readable as JSON"),
        (b"<html>", MANIFEST, "not readable as JSON"),
        (b"\xff", MANIFEST, "not readable as JSON"),
        (b"", MANIFEST, "is empty"),
        (b"[]", MANIFEST, "is not an object"),
        (b'{"manifests": 5}', INDEX, "is malformed"),
        (b'{"layers": 5, "config": 5}', MANIFEST, "is malformed"),
    ],
)
def test_what_is_no_image_is_refused_with_words(content, liar, pull, *, document, media_type, words):
    entry = content.document(document, media_type, tag="1")
    problem = refusal(pull, liar).problem
    assert words in problem
    assert entry["digest"] in problem
    assert problem.isprintable()


@pytest.mark.parametrize(
    "configuration", [b"{}", b'{"rootfs": null}', b'{"rootfs": {"diff_ids": ["x"]}}', b'{"os": 1}', b'{"rootFS": {}}']
)
def test_a_malformed_configuration_is_refused(content, liar, pull, configuration):
    content.image(tag="1", config=content.blob(configuration, CONFIG))
    assert "the configuration" in refusal(pull, liar).problem


def test_an_artifact_that_is_no_image_is_refused(content, liar, pull):
    content.image(tag="1", config=content.blob(b"{}", "application/vnd.cncf.helm.config.v1+json"))
    assert "is no container image" in refusal(pull, liar).problem


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"}, "a foreign layer"),
        ({"mediaType": "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"}, "a foreign layer"),
        ({"urls": ["https://elsewhere.example/layer"]}, "a foreign layer"),
        ({"mediaType": f"{LAYER}+encrypted"}, "is of an unknown type"),
        ({"mediaType": ""}, "is of an unknown type"),
    ],
)
def test_layers_that_cannot_be_scanned_are_refused(content, liar, pull, change, words):
    layer = content.blob(packed(tar(hello="world")), f"{LAYER}+gzip")
    content.image(tag="1", layers=[layer | change])
    error = refusal(pull, liar)
    assert words in error.problem
    assert layer["digest"] in error.problem
    assert liar.count(f"/blobs/{layer['digest']}") == 0


def test_a_manifest_where_the_index_announces_an_index_is_refused(content, liar, pull):
    content.index(content.image() | {"mediaType": INDEX}, tag="1")
    assert "was announced as application/vnd.oci.image.index" in refusal(pull, liar).problem


def test_a_manifest_of_another_type_than_its_index_says_is_refused(content, liar, pull):
    content.index(on(content.image(), "linux/amd64") | {"mediaType": DOCKER_MANIFEST}, tag="1")
    assert "calls itself" in refusal(pull, liar).problem


def test_an_index_where_a_manifest_is_announced_is_refused(content, liar, pull):
    inner = content.index(on(content.image(), "linux/amd64"))
    del (doc := json.loads(content.documents[inner["digest"]][0]))["mediaType"]
    entry = content.document(doc, INDEX)
    content.index(on(entry, "linux/amd64") | {"mediaType": MANIFEST}, tag="1")
    assert "is a manifest and an index in one" in refusal(pull, liar).problem


def test_a_very_long_index_is_refused(content, liar, pull):
    content.index(*([on(content.image(), "linux/amd64")] * 513), tag="1")
    assert "nested too deep or too long" in refusal(pull, liar).problem


def test_instructions_are_shown_without_what_was_given_to_them(content, liar, pull):
    made = [
        {"created_by": "ENV TOKEN=abc", "empty_layer": True},
        {"created_by": "RUN |2 NPM_TOKEN=s3cret OTHER=a b /bin/sh -c make \x1b[31mall PASSWORD=hunter2 # buildkit"},
    ]
    content.image(tag="1", config_history=made)
    (got,) = pull(f"{liar.host}/o/app:1")
    words = got.image.platforms[0].layers[0].created_by
    assert words == "RUN /bin/sh -c make  [31mall PASSWORD=*** # buildkit"


def test_a_history_that_does_not_fit_explains_no_layer(content, liar, pull):
    content.image(tar(a="1"), tar(b="2"), tag="1", config_history=[{"created_by": "one of two"}])
    (got,) = pull(f"{liar.host}/o/app:1")
    assert [layer.created_by for layer in got.image.platforms[0].layers] == ["", ""]


@pytest.mark.parametrize("raw", [b"<html>", b"[" * 2000, b'{"config": 1, "config": 2}', b"[]", b"{", b'{"x": NaN}'])
def test_a_document_that_is_none_comes_with_what_to_do(raw):
    with pytest.raises(RegistryError, match="the manifest") as caught:
        members(raw, "the manifest sha256:x")
    assert "push the image again" in caught.value.hint
