"""From evidence to answers: which piece decides, and that doubt is never a yes."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate import predicate
from gate.assess import Terms, rows
from gate.evidence import CYCLONEDX, SIGNATURE, VERDICT, Claim, Format, Outcome, Piece, Proof, Signer
from gate.findings import PlatformScan
from gate.gathered import Gathered, Unread
from gate.policy import Policy, Trust
from gate.verification import Check, State, concluded
from tests.builders import DIGEST, NOW, finding, judged, verdict

AMD, ARM = "sha256:" + "1" * 64, "sha256:" + "2" * 64
POLICY = "e" * 64  # of the builder's verdicts
WHO = Signer(subject="https://github.com/o/app/.github/workflows/release.yml@refs/heads/main", issuer="https://issuer")
TERMS = Terms(trust=Trust(), policies=frozenset({POLICY}), now=NOW)
DAY = timedelta(days=1)


def proof(kind, *, outcome=Outcome.PROVEN, at=NOW, document=None, signer=WHO, why="it does not hold"):
    piece = Piece(DIGEST, Format.BUNDLE, "sha256:" + "9" * 64, b"{}")
    claim = Claim(piece, kind, frozenset({DIGEST}), document, signer, at)
    return Proof(claim, outcome, signer if outcome is Outcome.PROVEN else None, why)


def told(*findings, at=NOW, signed=None, platforms=(AMD, ARM), policy=POLICY, **more):
    base = verdict(*findings, judged_at=at)
    scans = tuple(PlatformScan(platform=f"linux/{place}", digest=each) for place, each in enumerate(platforms))
    named = base.policy.model_copy(update={"sha256": policy})
    document = json.loads(predicate.verdict(base.model_copy(update={"platforms": scans, "policy": named})))
    return proof(VERDICT, document=document, at=signed or at, **more)


BAD = judged(finding())
SIGNED = proof(SIGNATURE, document={})
ALTERED = Unread("sha256:" + "a" * 64, "its content is not what its digest says")
LOST = Unread("sha256:" + "b" * 64, "it is not there any more", missing=True, droppable=True)
SBOM = proof(CYCLONEDX, document={})


def gathered(*proofs, digest=DIGEST, **more):
    return Gathered(digest=digest, proofs=proofs, **more)


def answers(*proofs, terms=TERMS, platforms=None, **more):
    children = platforms or (
        gathered(SBOM, digest=AMD, platform="linux/amd64"),
        gathered(SBOM, digest=ARM, platform="linux/arm64"),
    )
    return rows(gathered(*proofs, **more), children, terms)


def states(*proofs, **more):
    return [row.state for row in answers(*proofs, **more)]


def state(*proofs, check=Check.VERDICT, **more):
    [found] = [row for row in answers(*proofs, **more) if row.check is check][:1]
    return found.state


def test_a_signed_index_with_a_passed_verdict_and_a_bill_for_each_platform_is_verified():
    found = answers(SIGNED, told())
    assert [row.check for row in found] == [Check.SIGNATURE, Check.VERDICT, Check.SBOM, Check.SBOM]
    assert concluded(found)
    assert all(str(WHO) in row.signer for row in found)


def test_nothing_is_missing_each_by_itself():
    assert states(platforms=(gathered(digest=AMD),)) == [State.MISSING, State.MISSING, State.MISSING]
    assert not concluded(())


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.UNTRUSTED, State.UNTRUSTED),
        (Outcome.TAMPERED, State.TAMPERED),
        (Outcome.UNKNOWN, State.UNKNOWN),
    ],
)
@pytest.mark.parametrize(
    ("check", "make"), [(Check.SIGNATURE, lambda **m: proof(SIGNATURE, **m)), (Check.VERDICT, told)]
)
def test_a_claim_that_is_not_proven_is_told_for_what_it_is(outcome, expected, check, make):
    [row] = [row for row in answers(make(outcome=outcome)) if row.check is check]
    assert row.state is expected
    assert row.why


def test_an_attestation_is_no_signature():
    assert state(told(), check=Check.SIGNATURE) is State.MISSING


def test_a_proven_signature_stands_beside_whatever_somebody_else_laid_there():
    junk = [proof(SIGNATURE, outcome=one) for one in (Outcome.UNTRUSTED, Outcome.TAMPERED, Outcome.UNKNOWN)]
    assert state(*junk, SIGNED, check=Check.SIGNATURE, unread=(ALTERED,), unknown="429") is State.GOOD


def test_altered_evidence_is_told_apart_from_none():
    assert state(check=Check.SIGNATURE, unread=(ALTERED,)) is State.TAMPERED
    assert state(check=Check.SBOM, platforms=(gathered(digest=AMD, unread=(ALTERED,)),)) is State.TAMPERED


def test_what_was_lost_may_have_been_the_evidence():
    for check in (Check.SIGNATURE, Check.VERDICT):
        assert state(check=check, unread=(LOST,)) is State.UNKNOWN


@pytest.mark.parametrize("unread", [ALTERED, LOST, replace(ALTERED, predicate_type=VERDICT)])
def test_listed_evidence_that_cannot_be_read_may_be_the_newest_refusal(unread):
    found = answers(SIGNED, told(), unread=(unread,))
    assert [row.state for row in found] == [State.GOOD, State.UNKNOWN, State.GOOD, State.GOOD]
    assert unread.manifest in found[1].why
    assert "gate sign" in found[1].hint
    assert state(unread=(unread,)) is State.UNKNOWN
    assert state(told(BAD), unread=(unread,)) is State.UNKNOWN
    assert state(told(outcome=Outcome.UNTRUSTED), unread=(unread,)) is State.UNKNOWN


def test_what_cannot_be_read_and_is_of_another_type_hides_no_verdict():
    of_another = tuple(replace(ALTERED, predicate_type=kind) for kind in (SIGNATURE, CYCLONEDX, "https://a.example/x"))
    assert state(told(), unread=of_another) is State.GOOD


def test_where_the_registry_did_not_answer_nobody_knows():
    found = answers(unknown="ghcr.io answered 500", hint="try again later")
    assert {row.state for row in found[:2]} == {State.UNKNOWN}
    assert "500" in found[0].why
    assert found[0].hint


def test_a_verdict_that_says_failed_refuses():
    assert state(told(BAD)) is State.REFUSED


@pytest.mark.parametrize("order", [1, -1])
def test_the_newest_verdict_decides_in_whatever_order_they_come(order):
    old_pass, new_fail = told(at=NOW - 2 * DAY), told(BAD, at=NOW - DAY)
    assert state(*[old_pass, new_fail][::order]) is State.REFUSED
    old_fail, new_pass = told(BAD, at=NOW - 2 * DAY), told(at=NOW - DAY)
    assert state(*[old_fail, new_pass][::order]) is State.GOOD


@pytest.mark.parametrize("order", [1, -1])
def test_the_newest_is_the_one_judged_last_whenever_it_was_signed_or_logged(order):
    hour = timedelta(hours=1)
    old_pass, new_fail = told(at=NOW - 2 * DAY, signed=NOW), told(BAD, at=NOW - DAY)
    assert state(*[old_pass, new_fail][::order]) is State.REFUSED
    old_fail, new_pass = told(BAD, at=NOW - 2 * DAY, signed=NOW), told(at=NOW - DAY, signed=NOW - DAY + hour)
    assert state(*[old_fail, new_pass][::order]) is State.GOOD
    untimed = told(BAD, at=NOW - DAY)
    untimed = replace(untimed, claim=replace(untimed.claim, at=None))
    assert state(*[old_pass, untimed][::order]) is State.REFUSED


def test_a_pass_that_claims_to_be_judged_later_than_it_was_signed_is_no_pass_though_it_is_the_newest():
    claims = told(at=NOW - timedelta(hours=1), signed=NOW - timedelta(hours=2))
    assert state(claims) is State.STALE
    assert state(claims, told(BAD, at=NOW - timedelta(hours=2))) is State.STALE
    within = told(at=NOW - timedelta(hours=1), signed=NOW - timedelta(hours=1, minutes=5))
    assert state(within) is State.GOOD


def test_of_two_as_new_as_each_other_the_one_that_fails_decides():
    assert state(told(), told(BAD)) is State.REFUSED


def test_a_failure_under_another_policy_beats_an_older_pass():
    assert state(told(at=NOW - 2 * DAY), told(BAD, at=NOW - DAY, policy="f" * 64)) is State.REFUSED


def test_a_pass_under_another_policy_says_nothing():
    assert state(told(policy="f" * 64)) is State.MISMATCHED
    assert state(told(at=NOW - DAY), told(policy="f" * 64)) is State.GOOD
    assert state(told(BAD, at=NOW - DAY), told(policy="f" * 64)) is State.REFUSED
    assert state(told(policy="")) is State.MISMATCHED


def test_any_policy_will_do_where_the_policy_says_so():
    terms = replace(TERMS, trust=Trust(policies="any"))
    assert state(told(policy="f" * 64), terms=terms) is State.GOOD


def test_a_verdict_by_an_untrusted_signer_changes_nothing():
    assert state(told(at=NOW - DAY), told(BAD, outcome=Outcome.UNTRUSTED)) is State.GOOD
    assert state(told(BAD, at=NOW - DAY), told(outcome=Outcome.UNTRUSTED)) is State.REFUSED


def test_a_verdict_that_could_not_be_checked_may_be_the_newest():
    assert state(told(at=NOW - DAY), told(outcome=Outcome.UNKNOWN)) is State.UNKNOWN
    assert state(told(), unknown="ghcr.io answered 429") is State.UNKNOWN


def test_an_old_verdict_is_stale_by_when_it_was_made_not_by_when_it_was_signed_again():
    assert state(told(at=NOW - 8 * DAY)) is State.STALE
    assert state(told(at=NOW - 8 * DAY, signed=NOW)) is State.STALE


@pytest.mark.parametrize(
    "one",
    [
        {"at": NOW + timedelta(hours=1)},
        {"at": NOW, "signed": NOW + timedelta(hours=1)},
        {"at": NOW, "signed": NOW - timedelta(hours=1)},
    ],
)
def test_times_that_cannot_be_are_no_pass(one):
    assert state(told(**one)) is State.STALE


def test_a_verdict_that_leaves_a_platform_out_does_not_cover_the_index():
    [row] = [row for row in answers(told(platforms=(AMD,))) if row.check is Check.VERDICT]
    assert row.state is State.MISMATCHED
    assert "linux/arm64" in row.why


def test_an_image_that_is_no_index_is_what_its_verdict_is_about():
    alone = gathered(SIGNED, told(platforms=()), SBOM)
    assert concluded(rows(alone, [alone], TERMS))


def test_a_trusted_verdict_that_cannot_be_read_is_no_pass_even_beside_a_good_one():
    assert state(told(), proof(VERDICT, document={"verificationResult": "maybe"})) is State.MISMATCHED


def test_only_what_the_policy_requires_is_asked():
    terms = replace(TERMS, trust=Trust(require=("signature",)))
    assert [row.check for row in answers(SIGNED, terms=terms)] == [Check.SIGNATURE]


outcomes = st.sampled_from(list(Outcome))
pieces = st.builds(
    lambda outcome, failed, days, later, policy: told(
        *([BAD] if failed else []),
        at=NOW - days * DAY,
        signed=NOW - min(days, later) * DAY,
        outcome=outcome,
        policy=policy,
    ),
    outcomes,
    st.booleans(),
    st.integers(0, 9),
    st.integers(0, 9),
    st.sampled_from([POLICY, "f" * 64, ""]),
)


@given(st.lists(pieces, max_size=6), st.booleans())
def test_a_yes_always_has_a_proven_pass_and_no_newer_failure(proofs, unseen):
    found = state(*proofs, unknown="500" if unseen else "")
    proven = [one for one in proofs if one.outcome is Outcome.PROVEN]
    if found is State.GOOD:
        assert not unseen
        assert not any(one.outcome is Outcome.UNKNOWN for one in proofs)
        read = [(predicate.summary(one.claim.predicate).at, predicate.summary(one.claim.predicate)) for one in proven]
        passes = [at for at, one in read if one.passed and one.policy == POLICY]
        assert passes
        assert max(passes) >= NOW - Policy().trust.max_age
        assert not any(at >= max(passes) for at, one in read if not one.passed)
