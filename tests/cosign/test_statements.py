"""What a piece of evidence says of itself, and everything hostile that it may be instead."""

import base64
import json
from dataclasses import replace

import pytest

from gate.cosign.statements import ForeignError, UnreadableError, read_claim, stated_type
from gate.model.evidence import SIGNATURE
from tests.builders import NOW
from tests.cosign.making import KIND, PREDICATE, altered

NAMES = ["v1", "v1 unstamped", "v2", "stamped", "person", "key", "old", "old of 3", "old key", "old key logged"]


@pytest.mark.parametrize("name", NAMES)
def test_a_signature_says_which_image_and_what_the_signer_stated(corpus, name):
    claim = read_claim(corpus[f"{name} sig"])
    assert claim.predicate_type == SIGNATURE
    assert claim.subjects == {corpus[f"{name} sig"].subject}
    assert claim.annotations == {"commit": "abc"}
    assert (claim.signer is None) == ("key" in name)


@pytest.mark.parametrize("name", NAMES)
def test_an_attestation_says_which_image_and_what_of_it(corpus, name):
    claim = read_claim(corpus[f"{name} att"])
    assert (claim.predicate_type, claim.predicate, claim.annotations) == (KIND, PREDICATE, {})
    assert claim.subjects == {corpus[f"{name} att"].subject}


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("v1 att", NOW),
        ("v2 att", NOW),
        ("stamped att", NOW),
        ("old sig", NOW),
        ("key att", None),
        ("old key sig", None),
    ],
)
def test_the_time_is_by_a_logs_or_an_authoritys_word(corpus, name, at):
    assert read_claim(corpus[name]).at == at


def test_a_time_that_no_log_signed_is_none(corpus):
    """A proof of inclusion covers what was logged, not when."""
    piece = corpus["v1 unstamped att"]
    document = json.loads(piece.content)
    del document["verificationMaterial"]["tlogEntries"][0]["inclusionPromise"]
    assert read_claim(altered(piece, **document)).at is None


def statement(piece, **fields):
    """The same bundle, or envelope, about something else."""
    envelope = json.loads(piece.content)
    envelope = envelope.get("dsseEnvelope", envelope)
    said = {**json.loads(base64.b64decode(envelope["payload"])), **fields}
    return payload(piece, json.dumps({name: one for name, one in said.items() if one is not None}).encode())


def payload(piece, data):
    document = json.loads(piece.content)
    document["dsseEnvelope"]["payload"] = base64.b64encode(data).decode()
    return altered(piece, **document)


def material(piece, **fields):
    document = json.loads(piece.content)
    kept = {**document["verificationMaterial"], **fields}
    return altered(piece, verificationMaterial={name: one for name, one in kept.items() if one is not None})


def envelope(piece, **fields):
    return altered(piece, dsseEnvelope={**json.loads(piece.content)["dsseEnvelope"], **fields})


def entry(piece, **fields):
    [one] = json.loads(piece.content)["verificationMaterial"]["tlogEntries"]
    return material(piece, tlogEntries=[{**one, **fields}])


def raw(piece, change):
    return replace(piece, content=change(piece.content))


SUBJECT = {"digest": {"sha256": "0" * 64}}
HOSTILE = {
    "nothing": lambda p: raw(p, lambda _: b""),
    "no JSON": lambda p: raw(p, lambda _: b"\x00\xff"),
    "a list": lambda p: raw(p, lambda _: b"[]"),
    "cut short": lambda p: raw(p, lambda data: data[:-20]),
    "too deep": lambda p: raw(p, lambda _: b'{"a":' * 100_000),
    "a field twice": lambda p: raw(p, lambda data: data[:-1] + b',"mediaType":"x"}'),
    "not a number": lambda p: raw(p, lambda data: data[:-1] + b',"x":NaN}'),
    "bytes that are no text": lambda p: raw(p, lambda data: data[:-1] + b',"x":"\xff"}'),
    "no content": lambda p: altered(p, dsseEnvelope=None),
    "two contents": lambda p: altered(p, messageSignature={"signature": "AAAA"}),
    "no material": lambda p: altered(p, verificationMaterial=None),
    "material that is a list": lambda p: altered(p, verificationMaterial=[]),
    "neither certificate nor key": lambda p: material(p, certificate=None),
    "a certificate and a key": lambda p: material(p, publicKey={"hint": "x"}),
    "two certificates": lambda p: material(
        p, x509CertificateChain={"certificates": [json.loads(p.content)["verificationMaterial"]["certificate"]]}
    ),
    "a chain of none": lambda p: material(p, certificate=None, x509CertificateChain={"certificates": []}),
    "a certificate that is none": lambda p: material(p, certificate={"rawBytes": "AAAA"}),
    "no signature": lambda p: envelope(p, signatures=[]),
    "two signatures": lambda p: envelope(p, signatures=[{"sig": "AAAA"}, {"sig": "AAAA"}]),
    "an empty signature": lambda p: envelope(p, signatures=[{"sig": ""}]),
    "a signature that is a number": lambda p: envelope(p, signatures=[{"sig": 7}]),
    "a payload in another base64": lambda p: envelope(p, payload="e30"),
    "a payload with lines": lambda p: envelope(p, payload="e30\n="),
    "a payload with loose bits": lambda p: envelope(p, payload="e31="),
    "a payload that is no JSON": lambda p: payload(p, b"x"),
    "a payload that is a list": lambda p: payload(p, b"[1]"),
    "a payload with a field twice": lambda p: payload(p, b'{"_type":"x","_type":"y"}'),
    "a payload too deep": lambda p: payload(p, b'{"a":' * 100_000),
    "no subject": lambda p: statement(p, subject=[]),
    "subjects that are none": lambda p: statement(p, subject={"digest": {"sha256": "0" * 64}}),
    "too many subjects": lambda p: statement(p, subject=[SUBJECT] * 10_001),
    "a subject without a digest": lambda p: statement(p, subject=[{"name": "x"}]),
    "a digest in upper case": lambda p: statement(p, subject=[{"digest": {"sha256": "A" * 64}}]),
    "a digest too short": lambda p: statement(p, subject=[{"digest": {"sha256": "0" * 63}}]),
    "a digest with a line end": lambda p: statement(p, subject=[{"digest": {"sha256": "0" * 64 + "\n"}}]),
    "a digest that is a number": lambda p: statement(p, subject=[{"digest": {"sha256": 7}}]),
    "no type": lambda p: statement(p, predicateType=None),
    "a type that is no URI": lambda p: statement(p, predicateType="vuln"),
    "a type with escape codes": lambda p: statement(p, predicateType="https://a.example/\x1b[31m"),
    "an endless type": lambda p: statement(p, predicateType="https://a.example/" + "a" * 1000),
    "a log entry that is none": lambda p: material(p, tlogEntries=[7]),
    "too many log entries": lambda p: material(p, tlogEntries=[{}] * 33),
    "an index below nothing": lambda p: entry(p, logIndex="-1"),
    "an index of a thousand digits": lambda p: entry(p, logIndex="9" * 1000),
    "an index that is a fraction": lambda p: entry(p, logIndex=1.5),
    "an index that is an empty list": lambda p: entry(p, logIndex=[]),
    "an index that is a word": lambda p: entry(p, logIndex="one"),
    "a time that there is not": lambda p: entry(p, integratedTime=str((1 << 63) - 1)),
    "a log without a name": lambda p: entry(p, logId={}),
    "a log entry about nothing": lambda p: entry(p, canonicalizedBody=None),
    "an endless kind of log entry": lambda p: entry(p, kindVersion={"kind": "k" * 9000, "version": "0.0.1"}),
    "an endless hint": lambda p: material(p, certificate=None, publicKey={"hint": "h" * 9000}),
    "hashes that are none": lambda p: entry(p, inclusionProof={"rootHash": "AAAA", "treeSize": "1", "hashes": [7]}),
    "a timestamp that is none": lambda p: material(
        p, timestampVerificationData={"rfc3161Timestamps": [{"signedTimestamp": "AAAA"}]}
    ),
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_what_is_malformed_is_refused_in_words(corpus, change):
    with pytest.raises(UnreadableError) as caught:
        read_claim(change(corpus["v1 att"]))
    assert not isinstance(caught.value, ForeignError)
    assert caught.value.problem.isprintable()


FOREIGN = {
    "the signature of a file": lambda p: altered(p, dsseEnvelope=None, messageSignature={"signature": "AAAA"}),
    "another payload": lambda p: envelope(p, payloadType="application/vnd.in-toto+JSON"),
}
TOMORROW = {
    "a bundle of tomorrow": lambda p: altered(p, mediaType="application/vnd.dev.sigstore.bundle.v0.4+json"),
    "a statement of tomorrow": lambda p: statement(p, _type="https://in-toto.io/Statement/v2"),
}


@pytest.mark.parametrize("change", FOREIGN.values(), ids=FOREIGN)
def test_what_is_of_another_kind_is_told_apart(corpus, change):
    with pytest.raises(ForeignError):
        read_claim(change(corpus["v1 att"]))


@pytest.mark.parametrize("change", TOMORROW.values(), ids=TOMORROW)
def test_a_version_that_is_not_known_may_be_evidence_of_ours(corpus, change):
    piece = change(corpus["v1 att"])
    with pytest.raises(UnreadableError) as caught:
        read_claim(piece)
    assert not isinstance(caught.value, ForeignError)
    assert stated_type(piece) == read_claim(corpus["v1 att"]).predicate_type


def test_the_type_of_what_cannot_be_read_is_stated_only_where_it_can_be_read(corpus):
    good = corpus["v1 att"]
    kind = read_claim(good).predicate_type
    assert stated_type(material(good, certificate={"rawBytes": "AAAA"})) == kind
    for broken in (payload(good, b"x"), statement(good, predicateType=None), statement(good, predicateType="vuln")):
        assert not stated_type(broken)
    assert not stated_type(altered(good, dsseEnvelope=None))
    assert not stated_type(replace(good, content=b"{}"))
    assert stated_type(replace(corpus["old sig"], content=b"x")) == SIGNATURE
    assert stated_type(corpus["old att"]) == kind


def test_a_subject_that_is_no_image_is_passed_over(corpus):
    piece = statement(corpus["v1 att"], subject=[{"name": "x", "digest": {"sha512": "0" * 128}}, SUBJECT, SUBJECT])
    assert read_claim(piece).subjects == {f"sha256:{'0' * 64}"}


def test_annotations_are_texts_and_of_signatures_alone(corpus):
    told = [{**SUBJECT, "annotations": {"a": "b", "n": 7, "l": []}}]
    assert read_claim(statement(corpus["v1 sig"], subject=told)).annotations == {"a": "b"}
    assert read_claim(statement(corpus["v1 att"], subject=told)).annotations == {}


def test_ten_megabytes_are_read(corpus):
    piece = statement(corpus["v1 att"], predicate={"a": "x" * (10 << 20)})
    assert len(read_claim(piece).predicate["a"]) == 10 << 20


@pytest.mark.parametrize("version", ["0.1", "0.2"])
def test_older_bundles_hold_a_chain_of_which_the_first_signed(corpus, version):
    document = json.loads(corpus["v1 att"].content)
    own = document["verificationMaterial"]["certificate"]
    above = json.loads(corpus["person att"].content)["verificationMaterial"]["certificate"]
    older = altered(corpus["v1 att"], mediaType=f"application/vnd.dev.sigstore.bundle+json;version={version}")
    older = material(older, certificate=None, x509CertificateChain={"certificates": [own, above]})
    assert read_claim(older).signer == read_claim(corpus["v1 att"]).signer


def test_a_bundle_larger_than_cosign_takes_is_refused(corpus):
    with pytest.raises(UnreadableError, match="larger"):
        read_claim(replace(corpus["v1 att"], content=b" " * ((128 << 20) + 1)))
