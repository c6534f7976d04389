"""When something was signed, by whose word, and what a certificate was worth then."""

import base64
import json
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta

import pytest

from gate.cosign import trusted_root
from gate.cosign.signing_config import SigningServices
from gate.cosign.signing_identity import SigningIdentity
from gate.cosign.statements import read_claim
from gate.model.evidence import Outcome
from tests.builders import NOW
from tests.cosign.making import altered
from tests.lab.sigstore import Sigstore

LOG, AUTHORITY = "/api/v1/log/entries", "/api/v1/timestamp"


@pytest.fixture
def clocks(tmp_path):
    """A Sigstore whose clock may be changed while somebody signs."""
    with Sigstore(tmp_path / "clocks", now=NOW) as served:
        yield served


def vouching(sigstore, *, logs=True):
    """Its root of trust, with its logs or without."""
    document = json.loads(sigstore.trusted_root.read_text())
    if not logs:
        del document["tlogs"], document["ctlogs"]
    path = sigstore.folder / "root.json"
    path.write_text(json.dumps(document))
    return trusted_root.read_trusted_root(path)


def signed(shop, sigstore, place, when, **config):
    """Signed at `NOW`, while the clock at `place` shows `when`; nothing is vouched for before it is pushed."""
    with ExitStack() as stack:
        sigstore.meanwhile("POST", place, lambda: stack.enter_context(sigstore.at(when)))
        shop.sign(
            SigningIdentity(token=sigstore.token()), SigningServices(sigstore.signing_config(**config).read_bytes())
        )
    return shop.pieces()[0]


@pytest.mark.parametrize(
    ("late", "outcome"),
    [
        (timedelta(minutes=9), Outcome.PROVEN),
        (timedelta(minutes=11), Outcome.UNTRUSTED),
        (timedelta(days=365), Outcome.UNTRUSTED),
        (timedelta(minutes=-1), Outcome.UNTRUSTED),
        (timedelta(days=-365), Outcome.UNTRUSTED),
    ],
)
@pytest.mark.parametrize(("place", "config"), [(LOG, {"rekor": 1, "tsa": False}), (AUTHORITY, {"rekor": None})])
def test_a_certificate_is_worth_something_only_while_it_lasts(shop, clocks, proven, place, config, late, outcome):
    """Its ten minutes, by the log's or the authority's clock; today, long after, is of no matter."""
    proof = proven(signed(shop, clocks, place, NOW + late, **config), roots=vouching(clocks, logs=place == LOG))
    assert proof.outcome is outcome
    assert proof.claim.at == NOW + late


def test_a_certificate_without_a_time_that_is_trusted_is_worth_nothing(corpus, proven, tool):
    """A proof of inclusion alone does not say when, and the certificate has long ended."""
    piece = corpus["v1 unstamped att"]
    document = json.loads(piece.content)
    del document["verificationMaterial"]["tlogEntries"][0]["inclusionPromise"]
    proof = proven(altered(piece, **document), by=tool)
    assert (proof.outcome, proof.signer, proof.claim.at) == (Outcome.UNTRUSTED, None, None), proof.why


def entry(piece):
    [one] = json.loads(piece.content)["verificationMaterial"]["tlogEntries"]
    return one


def with_material(piece, **fields):
    return altered(piece, verificationMaterial={**json.loads(piece.content)["verificationMaterial"], **fields})


def stamps(piece):
    return json.loads(piece.content)["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"]


def test_of_several_timestamps_the_earliest_counts_and_has_to_hold(corpus, proven, private):
    """A stranger's cannot make evidence older than it is, nor one from later hide how old it is."""
    piece = corpus["stamped att"]
    [own] = stamps(piece)
    for year, outcome in ((b"2025", Outcome.TAMPERED), (b"2027", Outcome.PROVEN)):
        other = base64.b64decode(own["signedTimestamp"]).replace(b"20260601", year + b"0601")
        both = [own, {"signedTimestamp": base64.b64encode(other).decode()}]
        for order in (both, both[::-1]):
            data = {"rfc3161Timestamps": order}
            proof = proven(with_material(piece, timestampVerificationData=data), roots=private)
            assert proof.outcome is outcome
            assert (proof.claim.at == NOW) is (outcome is Outcome.PROVEN)


def test_of_several_log_entries_all_have_to_be_of_logs_that_are_trusted(corpus, proven, public):
    piece = corpus["v1 att"]
    strange = {**entry(piece), "logId": {"keyId": base64.b64encode(bytes(32)).decode()}, "integratedTime": "1600000000"}
    proof = proven(with_material(piece, tlogEntries=[entry(piece), strange]))
    assert (proof.outcome, proof.signer) == (Outcome.UNTRUSTED, None)


def test_of_several_log_entries_all_have_to_hold(corpus, proven):
    piece = corpus["v1 att"]
    wrong = {**entry(piece), "integratedTime": "1600000000"}
    proof = proven(with_material(piece, tlogEntries=[entry(piece), wrong]))
    assert proof.outcome is not Outcome.PROVEN


def test_a_time_that_was_signed_for_another_entry_does_not_hold(corpus, proven, tool):
    piece, other = corpus["v1 att"], corpus["v1 sig"]
    moved = {**entry(piece), "inclusionPromise": entry(other)["inclusionPromise"]}
    assert proven(with_material(piece, tlogEntries=[moved]), by=tool).outcome is Outcome.TAMPERED


def test_the_word_of_a_log_goes_before_an_authoritys(corpus):
    piece = corpus["v1 att"]
    [own] = stamps(piece)
    other = base64.b64decode(own["signedTimestamp"]).replace(b"20260601", b"20250601")
    data = {"rfc3161Timestamps": [{"signedTimestamp": base64.b64encode(other).decode()}]}
    assert read_claim(with_material(piece, timestampVerificationData=data)).at == NOW


def test_a_key_that_is_trusted_needs_no_time_but_tells_none_that_is_not_proven(corpus, proven, key, public):
    piece = corpus["key v1 att"]
    later = with_material(piece, tlogEntries=[{**entry(piece), "integratedTime": "1700000000"}])
    assert proven(later, key=key, roots=public).outcome is Outcome.TAMPERED
    bare = proven(later, key=key, roots=replace(public, documents=()))
    assert (bare.outcome, bare.claim.at) == (Outcome.PROVEN, None)
