"""Evidence that is soundly signed, and still not what it is held for."""

import base64
import json
from dataclasses import replace

import pytest

from gate.cosign.signed_content import SignedContent
from gate.cosign.statements import UnreadableError, read_claim
from gate.cosign.verify import VerifyRequest, verify_claims
from gate.cosign.verify_batch import VerifySettings
from gate.cosign.verify_command import Key
from gate.errors import ToolMissingError
from gate.model.evidence import SIGNATURE, Format, Outcome, Piece
from tests.cosign.making import KIND, Maker, altered
from tests.lab.cosign import Cosign
from tests.lab.sigstore import keys

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
MINE, THEIRS = "a" * 64, "b" * 64


@pytest.fixture(scope="session")
def hand():
    """A key that signs whatever it is given."""
    return keys.new()


def handmade(hand, payload):
    """A bundle about `payload`, signed as DSSE says."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    sealed = SignedContent(BUNDLE, body, envelope=True, signature=b"x", certificate=None)
    sealed = replace(sealed, signature=keys.sign(hand, sealed.signed))
    return Piece(f"sha256:{MINE}", Format.BUNDLE, "", sealed.document(message=False))


def about(*digests, kind=KIND, **more):
    subjects = [{"name": "", "digest": {"sha256": digest}} for digest in digests]
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects,
        "predicateType": kind,
        "predicate": {},
    } | more


def trusted(hand):
    return Key("hand", keys.pem(hand).encode())


def test_a_statement_about_several_images_is_proven_of_each_and_of_no_other(hand, proven, tool):
    piece = handmade(hand, about(MINE, THEIRS))
    for digest, outcome in ((MINE, Outcome.PROVEN), (THEIRS, Outcome.PROVEN), ("c" * 64, Outcome.TAMPERED)):
        assert proven(piece, by=tool, key=trusted(hand), digest=f"sha256:{digest}").outcome is outcome


def test_an_attestation_by_the_same_signer_is_no_signature(corpus):
    """`cosign verify` of an image is content with any."""
    assert read_claim(corpus["v1 att"]).signer == read_claim(corpus["v1 sig"]).signer
    assert (read_claim(corpus["v1 att"]).predicate_type, read_claim(corpus["v1 sig"]).predicate_type) == (
        KIND,
        SIGNATURE,
    )


def test_a_claim_whose_type_is_not_what_was_signed_is_not_proven(corpus, here, tmp_path, three, public):
    claim = replace(read_claim(corpus["v1 att"]), predicate_type=SIGNATURE)
    asked = VerifyRequest(claim, claim.piece.subject, claim.signer)
    [proof] = verify_claims([asked], VerifySettings(three, public, here, tmp_path, 1))
    assert (proof.outcome, proof.why) == (Outcome.TAMPERED, "its predicate type is not the one that it declares")


def test_evidence_by_others_hides_none(corpus, here, tmp_path, three, both, hand):
    """Each piece stands for itself, of whichever format; cosign reads an image in one format alone."""
    names = ["old sig", "person att", "v1 att", "key att"]
    claims = [read_claim(corpus[name]) for name in names]
    mine = read_claim(corpus["v1 att"]).signer
    asked = [VerifyRequest(one, one.piece.subject, mine) for one in claims]
    proofs = verify_claims(asked, VerifySettings(three, both, here, tmp_path, 2))
    assert [one.outcome for one in proofs] == [
        Outcome.PROVEN,
        Outcome.UNTRUSTED,
        Outcome.PROVEN,
        Outcome.UNTRUSTED,
    ]


AMBIGUOUS = {
    "two subjects' names": b'{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"%s"}}],"subject":[]'
    b',"predicateType":"https://a.example/b"}' % MINE.encode(),
    "two digests": b'{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"%s","sha256":"%s"}}]'
    b',"predicateType":"https://a.example/b"}' % (MINE.encode(), THEIRS.encode()),
    "two types": b'{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"%s"}}]'
    b',"predicateType":"https://a.example/b","predicateType":"https://a.example/c"}' % MINE.encode(),
    "something after it": json.dumps(about(MINE)).encode() + b"{}",
}


@pytest.mark.parametrize("payload", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_what_could_be_read_in_two_ways_is_not_read_at_all(hand, payload):
    with pytest.raises(UnreadableError):
        read_claim(handmade(hand, payload))


@pytest.mark.parametrize("name", ["predicate_type", "PredicateType"])
def test_another_spelling_of_a_field_is_another_field(hand, name):
    said = about(MINE)
    said[name] = said.pop("predicateType")
    with pytest.raises(UnreadableError):
        read_claim(handmade(hand, said))


def test_a_second_spelling_beside_the_first_does_not_reach_cosign(corpus, proven, hand):
    """It reads `dsse_envelope` like `dsseEnvelope`; what it is asked to prove is written anew."""
    other = json.loads(handmade(hand, about(MINE)).content)["dsseEnvelope"]
    piece = altered(corpus["v1 att"], dsse_envelope=other, verification_material={"publicKey": {}}, Payload="x")
    assert proven(piece).outcome is Outcome.PROVEN


def test_a_signature_over_the_bare_statement_is_none(hand, proven, tool):
    """DSSE signs what it is together with what it says."""
    body = json.dumps(about(MINE)).encode()
    bare = SignedContent(BUNDLE, body, envelope=True, signature=keys.sign(hand, body), certificate=None)
    piece = Piece(f"sha256:{MINE}", Format.BUNDLE, "", bare.document(message=False))
    assert proven(piece, by=tool, key=trusted(hand)).outcome is Outcome.UNTRUSTED


def test_a_signed_payload_of_the_old_format_cannot_become_a_statement(corpus, proven, key, tool):
    """The same signature in the other format is a signature over something else."""
    old = corpus["old key sig"]
    document = json.loads(corpus["key att"].content)
    document["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(about(old.subject[7:])).encode()).decode()
    document["dsseEnvelope"]["signatures"] = [{"sig": old.annotations["dev.cosignproject.cosign/signature"]}]
    moved = altered(replace(corpus["key att"], subject=old.subject), **document)
    assert proven(moved, by=tool, key=key).outcome is Outcome.TAMPERED


def test_a_certificate_of_ones_own_making_is_not_trusted(
    corpus, proven, stranger, cosign, layouts, referrers, tmp_path
):
    """A stranger's authority certifies whatever name it likes."""
    made = Maker(referrers, layouts)
    made.attestation(f"forged {tmp_path.name[-1]}", Cosign(cosign, tmp_path / "forger", stranger), stranger.token())
    [forged] = made.pieces.values()
    assert read_claim(forged).signer == read_claim(corpus["v1 att"]).signer
    assert proven(forged).outcome is Outcome.UNTRUSTED


def test_a_program_that_is_gone_is_missing_and_not_a_no(corpus, proven, three, tmp_path):
    with pytest.raises(ToolMissingError):
        proven(corpus["v1 att"], by=replace(three, path=str(tmp_path / "gone")))
