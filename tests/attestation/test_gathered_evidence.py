"""The evidence of one manifest: which piece is the newest, and why there may be a newer one."""

from datetime import timedelta

import pytest

from gate.attestation.gathered_evidence import UNSURE_HINT, Gathered, Unread, doubt, newest
from gate.model.evidence import CYCLONEDX, SIGNATURE, Claim, Format, Outcome, Piece, Proof
from gate.model.verification import Check
from tests.builders import DIGEST, NOW

DAY = timedelta(days=1)


def sbom(made=None, signed=None, outcome=Outcome.PROVEN, kind=CYCLONEDX):
    document = {"metadata": {"timestamp": made.isoformat()}} if made else {}
    piece = Piece(DIGEST, Format.BUNDLE, "sha256:" + "9" * 64, b"{}")
    return Proof(Claim(piece, kind, frozenset({DIGEST}), document, None, signed), outcome, None, "no root of trust")


OLD, NEW = NOW - DAY, NOW


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (sbom(OLD, signed=NEW), sbom(NEW, signed=OLD)),
        (sbom(OLD), sbom(NEW)),
        (sbom(signed=NEW), sbom(OLD)),
        (sbom(signed=OLD), sbom(signed=NEW)),
        (sbom(NEW, signed=OLD), sbom(NEW, signed=NEW)),
        (sbom(), sbom(signed=OLD)),
        (sbom(NEW, outcome=Outcome.UNTRUSTED), sbom(OLD)),
    ],
)
def test_the_newest_is_what_was_made_last_and_of_equals_what_was_signed_last(older, newer):
    assert newest([older, newer]) is newer
    assert newest([newer, older]) is newer


def test_nothing_proven_is_no_newest():
    assert newest([]) is None
    assert newest([sbom(NEW, outcome=outcome) for outcome in Outcome if outcome is not Outcome.PROVEN]) is None


UNSURE = sbom(outcome=Outcome.UNKNOWN)
LOST = Unread("sha256:" + "b" * 64, "it is not there any more", missing=True)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (Gathered(DIGEST), ("", "")),
        (Gathered(DIGEST, hint="try again later"), ("", "")),
        (Gathered(DIGEST, proofs=(sbom(NEW),)), ("", "")),
        (Gathered(DIGEST, proofs=(sbom(outcome=Outcome.UNKNOWN, kind=SIGNATURE),)), ("", "")),
        (
            Gathered(DIGEST, proofs=(UNSURE,), unread=(LOST,), unknown="429", hint="try again later"),
            ("429", "try again later"),
        ),
        (Gathered(DIGEST, proofs=(UNSURE,), unread=(LOST,)), ("no root of trust", UNSURE_HINT)),
        (Gathered(DIGEST, proofs=(UNSURE,), hint="install cosign"), ("no root of trust", "install cosign")),
        (
            Gathered(DIGEST, unread=(LOST,)),
            (f"the evidence {LOST.manifest} cannot be read: it is not there any more", LOST.hint),
        ),
    ],
)
def test_doubt_says_why_there_may_be_newer_evidence_and_what_to_do(where, expected):
    assert doubt(Check.SBOM, where) == expected


@pytest.mark.parametrize(
    ("unread", "start"),
    [
        (LOST, "repair the registry's list, or delete the manifest sha256:b"),
        (Unread("sha256:" + "a" * 64, "altered"), "delete the manifest sha256:a"),
        (
            Unread("sha256:" + "a" * 64, "altered", droppable=True),
            "scan and sign the image again: gate sign IMAGE drops",
        ),
    ],
)
def test_what_cannot_be_read_says_how_to_get_rid_of_it(unread, start):
    assert unread.hint.startswith(start)
    assert "gate sign IMAGE" in unread.hint
