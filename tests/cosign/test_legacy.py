"""The old format, and everything hostile that may be in it."""

import json
from dataclasses import replace

import pytest

from gate.cosign.statements import ForeignError, UnreadableError, read_claim
from gate.model.evidence import Format, Piece


def legacy(piece, **annotations):
    kept = {**piece.annotations, **{NAMES_OF[name]: text for name, text in annotations.items()}}
    return replace(piece, annotations=kept)


NAMES_OF = {
    "signature": "dev.cosignproject.cosign/signature",
    "certificate": "dev.sigstore.cosign/certificate",
    "bundle": "dev.sigstore.cosign/bundle",
    "stamp": "dev.sigstore.cosign/rfc3161timestamp",
}
PAYLOAD = {"critical": {"type": "cosign container image signature", "image": {"docker-manifest-digest": "sha256:0"}}}
HOSTILE_OLD = {
    "no signature": lambda p: legacy(p, signature=""),
    "a signature that is none": lambda p: legacy(p, signature="€"),
    "two certificates": lambda p: legacy(p, certificate=p.annotations[NAMES_OF["certificate"]] * 2),
    "a certificate that is none": lambda p: legacy(p, certificate="x"),
    "a log entry that is none": lambda p: legacy(p, bundle="{}"),
    "a log entry too deep": lambda p: legacy(p, bundle='{"a":' * 100_000),
    "a log entry that is no text": lambda p: legacy(p, bundle="\ud800"),
    "a log entry in other letters": lambda p: legacy(p, bundle=p.annotations[NAMES_OF["bundle"]].replace("Pay", "pay")),
    "a log without a name": lambda p: legacy(
        p, bundle=p.annotations[NAMES_OF["bundle"]].replace('"logID":"', '"logID":"zz')
    ),
    "a timestamp that is none": lambda p: legacy(p, stamp='{"SignedRFC3161Timestamp":"AAAA"}'),
    "a payload that is none": lambda p: replace(p, content=b"{}"),
    "a payload about another kind of digest": lambda p: replace(p, content=json.dumps(PAYLOAD).encode()),
    "a payload with a field twice": lambda p: replace(p, content=p.content[:-1] + b',"critical":{}}'),
}


@pytest.mark.parametrize("change", HOSTILE_OLD.values(), ids=HOSTILE_OLD)
def test_what_is_malformed_in_the_old_format_is_refused_in_words(corpus, change):
    with pytest.raises(UnreadableError) as caught:
        read_claim(change(corpus["old sig"]))
    assert not isinstance(caught.value, ForeignError)
    assert caught.value.problem.isprintable()


def test_an_old_payload_of_another_kind_is_told_apart(corpus):
    other = corpus["old sig"].content.replace(b"cosign container image signature", b"atomic container signature")
    with pytest.raises(ForeignError):
        read_claim(replace(corpus["old sig"], content=other))


def test_attestation_and_signature_cannot_pass_for_each_other(corpus):
    for name, other in (("old att", False), ("old sig", True)):
        with pytest.raises(UnreadableError):
            read_claim(replace(corpus[name], attestation=other))
    with pytest.raises(UnreadableError):
        read_claim(Piece(corpus["v1 att"].subject, Format.LEGACY, "", corpus["v1 att"].content))
