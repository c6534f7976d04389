"""What the real cosign, 3 and 2, leaves beside an image is found as it was written."""

import base64
import json
import os

import pytest

from gate.model.evidence import Format
from gate.model.image import ImageRef
from gate.registry.evidence import fetch_evidence
from tests.lab.cosign import Cosign
from tests.registry.beside import bounds

KIND = "https://example.org/decision/v1"


@pytest.fixture(params=["registry", "referrers"])
def image(request, layouts):
    """A new one, by its digest, in a registry without the referrers API and in one with it."""
    registry = request.getfixturevalue(request.param)
    name = f"lab/{os.urandom(8).hex()}"
    return f"{registry.host}/{name}@{registry.push(layouts, 'clean', f'{name}:1')}"


@pytest.fixture
def three(cosign, tmp_path):
    return Cosign(cosign, tmp_path / "three")


@pytest.fixture
def two(cosign2, tmp_path):
    return Cosign(cosign2, tmp_path / "two")


@pytest.fixture
def pieces(context):
    """What lies beside an image, and nothing unknown or odd."""

    def pieces(image):
        (sight,) = fetch_evidence(ImageRef.parse(image), context=context, access=bounds()).manifests
        assert (sight.unknown, sight.damaged, sight.passed_over) == ("", (), ())
        assert {piece.subject for piece in sight.pieces} <= {sight.digest}
        return sight.pieces

    return pieces


def statement(bundle):
    return json.loads(base64.b64decode(json.loads(bundle)["dsseEnvelope"]["payload"]))


def test_what_cosign_3_writes_is_found(three, signing_key, image, pieces):
    three.sign(image, signing_key)
    three.attest(image, KIND, {"passed": True}, signing_key)
    found = pieces(image)
    assert {piece.format for piece in found} == {Format.BUNDLE}
    said = [statement(piece.content) for piece in found]
    assert sorted(one["predicateType"] for one in said) == [KIND, "https://sigstore.dev/cosign/sign/v1"]
    hexes = {subject["digest"]["sha256"] for one in said for subject in one["subject"]}
    assert hexes == {image.rpartition(":")[2]}


def test_what_cosign_2_writes_is_found_and_a_bundle_beside_it(two, three, signing_key, image, pieces):
    two.sign(image, signing_key, legacy=True)
    two.attest(image, KIND, {"passed": True}, signing_key, legacy=True)
    three.attest(image, KIND, {"of": "another"}, three.key("another"))
    found = {(piece.format, piece.attestation): piece for piece in pieces(image)}
    assert set(found) == {(Format.LEGACY, False), (Format.LEGACY, True), (Format.BUNDLE, True)}
    signature, envelope = found[Format.LEGACY, False], found[Format.LEGACY, True]
    payload = json.loads(signature.content)
    assert payload["critical"]["image"]["docker-manifest-digest"] == image.rpartition("@")[2]
    assert base64.b64decode(signature.annotations["dev.cosignproject.cosign/signature"])
    assert json.loads(envelope.content)["payloadType"] == "application/vnd.in-toto+json"


def test_an_index_signed_with_all_its_platforms_has_a_signature_beside_each(
    three, signing_key, registry, layouts, context
):
    name = f"lab/{os.urandom(8).hex()}"
    image = f"{registry.host}/{name}@{registry.push(layouts, 'multi', f'{name}:1')}"
    three.sign(image, signing_key, "--recursive")
    got = fetch_evidence(ImageRef.parse(image), context=context, access=bounds())
    assert [str(sight.platform) for sight in got.manifests] == ["None", "linux/amd64", "linux/arm64/v8"]
    assert [len(sight.pieces) for sight in got.manifests] == [1, 1, 1]
