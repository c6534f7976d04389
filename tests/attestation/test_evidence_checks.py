"""From evidence to answers: which piece decides, and that doubt is never a yes."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.attestation import predicates
from gate.attestation.evidence_checks import foreign_sbom, rows
from gate.attestation.gathered_evidence import Gathered, Unread
from gate.attestation.proven_verdict import Terms, newest_verdict
from gate.model.evidence import CYCLONEDX, SIGNATURE, SPDX, VERDICT, Claim, Format, Outcome, Piece, Proof, Signer
from gate.model.findings import PlatformScan
from gate.model.verification import Check, State, concluded
from gate.policy import Policy, Trust
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
    document = json.loads(predicates.verdict(base.model_copy(update={"platforms": scans, "policy": named})))
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


def test_a_signed_index_with_passed_verdict_and_sbom_for_each_platform_is_verified():
    found = answers(SIGNED, told())
    assert [row.check for row in found] == [Check.SIGNATURE, Check.VERDICT, Check.SBOM, Check.SBOM]
    assert concluded(found)
    assert all(str(WHO) in row.signer for row in found)
    assert all(row.hint == "" for row in found)
    assert f"PASSED, judged less than an hour ago, by {WHO}" in found[1].why


def test_nothing_is_missing_each_by_itself():
    found = answers(platforms=(gathered(digest=AMD),))
    assert [row.state for row in found] == [State.MISSING, State.MISSING, State.MISSING]
    assert all(row.hint == "sign it where it is built: gate sign IMAGE" for row in found)
    assert all((row.signer, row.at, row.format) == ("", None, "") for row in found)
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
    assert row.signer == ("" if expected is State.UNKNOWN else str(WHO))


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


def test_the_newest_verdict_does_not_count_when_it_was_judged_after_signing():
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


def test_a_row_names_the_key_that_is_proven_to_have_signed():
    key = Signer(key="keys/a.pub")
    by_key = Proof(proof(SIGNATURE, document={}, signer=None).claim, Outcome.PROVEN, key)
    [row] = [row for row in answers(by_key) if row.check is Check.SIGNATURE]
    assert (row.state, row.why, row.signer) == (State.GOOD, "by the key a.pub", "the key a.pub")


@pytest.mark.parametrize(
    ("one", "hint"),
    [
        (told(BAD), "see what was found: gate scan IMAGE"),
        (
            told(policy="f" * 64),
            f"if that policy is as good, add its SHA-256 to trust.policies: {'f' * 64}",
        ),
        (told(policy=""), ""),
        (told(at=NOW + DAY), "check the clocks"),
        (told(at=NOW - 8 * DAY), "judge and sign it again: gate sign IMAGE"),
        (told(platforms=(AMD,)), "sign it where it is built: gate sign IMAGE"),
        (proof(VERDICT, document={}), ""),
    ],
)
def test_what_speaks_against_a_verdict_says_who_signed_it_and_what_to_do(one, hint):
    [row] = [row for row in answers(one) if row.check is Check.VERDICT]
    assert row.state is not State.GOOD
    assert (row.signer, row.hint) == (str(WHO), hint)


def test_only_what_the_policy_requires_is_asked():
    terms = replace(TERMS, trust=Trust(require=("signature",)))
    assert [row.check for row in answers(SIGNED, terms=terms)] == [Check.SIGNATURE]


SECOND = timedelta(seconds=1)
MOST = Trust().max_age


@pytest.mark.parametrize(("age", "expected"), [(MOST, State.GOOD), (MOST + SECOND, State.STALE)])
def test_a_verdict_as_old_as_the_policy_allows_is_good_and_one_second_more_is_stale(age, expected):
    assert state(told(at=NOW - age)) is expected


@pytest.mark.parametrize(
    ("judged_ahead", "signed_ahead", "expected"),
    [
        (timedelta(minutes=5), timedelta(minutes=5), State.GOOD),
        (timedelta(minutes=5, seconds=1), timedelta(minutes=5, seconds=1), State.STALE),
        (timedelta(0), timedelta(minutes=5, seconds=1), State.STALE),
        (timedelta(0), -timedelta(minutes=5), State.GOOD),
        (timedelta(0), -timedelta(minutes=5, seconds=1), State.STALE),
    ],
)
def test_clocks_may_differ_by_five_minutes_and_no_second_more(judged_ahead, signed_ahead, expected):
    assert state(told(at=NOW + judged_ahead, signed=NOW + signed_ahead)) is expected


def test_a_verdict_without_a_time_of_signing_is_as_old_as_it_says():
    untimed = told(at=NOW - DAY)
    untimed = replace(untimed, claim=replace(untimed.claim, at=None))
    [row] = [row for row in answers(untimed) if row.check is Check.VERDICT]
    assert (row.state, row.at) == (State.GOOD, NOW - DAY)


def test_a_verdict_on_another_manifest_than_the_one_asked_about_covers_no_platform():
    alone = gathered(told(platforms=()), digest=DIGEST)
    others = [gathered(SBOM, digest=AMD)], [alone, gathered(SBOM, digest=AMD)]
    for platforms in others:
        assert rows(alone, platforms, TERMS)[1].state is State.MISMATCHED


def test_every_platform_has_to_be_in_the_verdict_the_first_and_the_last():
    for left_out in (AMD, ARM):
        assert state(told(platforms={AMD, ARM} - {left_out})) is State.MISMATCHED


def test_an_accepted_policy_has_a_name():
    nameless = replace(TERMS, policies=frozenset({POLICY, ""}))
    assert state(told(policy=""), terms=nameless) is State.MISMATCHED


def other_tool(result="PASSED", verifier="https://other.example", **more):
    document = {
        "verifier": {"id": verifier},
        "timeVerified": NOW.isoformat(),
        "verificationResult": result,
        "policy": {"digest": {"sha256": POLICY}},
        "ghcrGate": {"platforms": [{"digest": AMD}, {"digest": ARM}]},
    }
    return proof(VERDICT, document=document, **more)


def test_a_summary_by_another_tool_is_no_verdict_unless_the_policy_names_it():
    [row] = [row for row in answers(other_tool()) if row.check is Check.VERDICT]
    assert row.state is State.MISSING
    assert "https://other.example" in row.why
    assert "trust.verifiers" in row.hint
    assert state(other_tool(outcome=Outcome.UNTRUSTED)) is State.MISSING
    assert state(told(at=NOW - DAY), other_tool("FAILED")) is State.GOOD
    named = replace(TERMS, trust=Trust(verifiers=("https://other.example",)))
    assert state(other_tool(), terms=named) is State.GOOD
    assert state(told(at=NOW - DAY), other_tool("FAILED"), terms=named) is State.REFUSED


@pytest.mark.parametrize(
    ("outcome", "expected"), [(Outcome.TAMPERED, State.TAMPERED), (Outcome.UNKNOWN, State.UNKNOWN)]
)
def test_what_was_altered_may_be_a_verdict_whatever_tool_it_names_now(outcome, expected):
    assert state(other_tool(outcome=outcome)) is expected


def test_a_summary_by_another_tool_hides_no_refusal_and_no_doubt():
    assert state(other_tool(), told(BAD)) is State.REFUSED
    assert state(other_tool(), told(outcome=Outcome.UNTRUSTED)) is State.UNTRUSTED
    assert state(other_tool(), unknown="ghcr.io answered 500") is State.UNKNOWN


def bill(*described, kind=CYCLONEDX, at=NOW, **more):
    """An SBOM that names these digests as what it describes."""
    versions = [{"SPDXID": f"p{place}", "versionInfo": one} for place, one in enumerate(described)]
    spdx = {"packages": versions, "documentDescribes": [one["SPDXID"] for one in versions]}
    cyclone = {"metadata": {"timestamp": at.isoformat()}}
    if described:
        cyclone["metadata"]["component"] = {"version": described[0]}
    return proof(kind, document=cyclone if kind is CYCLONEDX else spdx, at=at, **more)


def sbom_row(*proofs, **more):
    """The answer about the SBOM of linux/amd64."""
    found = answers(platforms=(gathered(*proofs, digest=AMD, platform="linux/amd64", **more),))
    [row] = [row for row in found if row.check is Check.SBOM]
    return row


def test_an_sbom_of_the_manifest_or_of_none_counts_and_one_of_another_image_does_not():
    assert sbom_row(bill(AMD)).state is State.GOOD
    assert sbom_row(bill(AMD, kind=SPDX)).state is State.GOOD
    assert sbom_row(bill()).state is State.GOOD
    for foreign in (bill(ARM), bill(ARM, kind=SPDX), bill(AMD, ARM, kind=SPDX)):
        row = sbom_row(foreign)
        assert row.state is State.MISMATCHED
        assert "describes another image" in row.why
        assert ARM in row.why
        assert row.signer == str(WHO)
        assert row.hint


def test_an_sbom_of_another_image_takes_nothing_from_one_of_this_image():
    assert sbom_row(bill(ARM), bill(AMD, at=NOW - DAY)).state is State.GOOD
    assert sbom_row(bill(ARM), bill(at=NOW - DAY)).state is State.GOOD


def test_the_sbom_of_this_image_is_named_before_one_of_none():
    row = sbom_row(bill(AMD, at=NOW - DAY), bill())
    assert row.at == NOW - DAY


def test_where_an_sbom_may_be_hidden_one_of_another_image_is_not_the_answer():
    assert sbom_row(bill(ARM), unread=(ALTERED,)).state is State.TAMPERED
    assert sbom_row(bill(ARM), unread=(LOST,)).state is State.UNKNOWN
    assert sbom_row(bill(ARM), unknown="ghcr.io answered 500").state is State.UNKNOWN
    assert sbom_row(bill(ARM), bill(outcome=Outcome.UNKNOWN)).state is State.UNKNOWN
    assert sbom_row(bill(ARM), unread=(replace(ALTERED, predicate_type=VERDICT),)).state is State.MISMATCHED


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.UNTRUSTED, State.UNTRUSTED),
        (Outcome.TAMPERED, State.TAMPERED),
        (Outcome.UNKNOWN, State.UNKNOWN),
    ],
)
def test_an_sbom_that_is_not_proven_is_none(outcome, expected):
    for one in (bill(AMD, outcome=outcome), bill(outcome=outcome), bill(ARM, outcome=outcome)):
        assert sbom_row(one).state is expected


def test_the_newest_foreign_sbom_is_the_one_that_is_named():
    assert foreign_sbom(gathered(digest=AMD)) is None
    assert foreign_sbom(gathered(bill(ARM, outcome=Outcome.UNTRUSTED), digest=AMD)) is None
    row = foreign_sbom(gathered(bill(ARM), bill(DIGEST, at=NOW - DAY), digest=AMD, platform="linux/amd64"))
    assert (row.state, row.check, row.digest, row.platform) == (State.MISMATCHED, Check.SBOM, AMD, "linux/amd64")
    assert ARM in row.why
    assert DIGEST not in row.why
    assert "does not say which image" in foreign_sbom(gathered(bill(), digest=AMD)).why


def test_an_altered_claim_is_no_reason_to_pass_over_what_is_unknown():
    altered, unsure = proof(SIGNATURE, outcome=Outcome.TAMPERED), proof(SIGNATURE, outcome=Outcome.UNKNOWN)
    assert state(altered, unsure, check=Check.SIGNATURE) is State.UNKNOWN
    assert state(unsure, check=Check.SIGNATURE, unread=(ALTERED,)) is State.UNKNOWN
    assert state(check=Check.SIGNATURE, unread=(ALTERED,), unknown="429") is State.UNKNOWN
    assert state(altered, check=Check.SIGNATURE, unread=(LOST, ALTERED)) is State.TAMPERED
    untrusted = proof(SIGNATURE, outcome=Outcome.UNTRUSTED)
    assert state(altered, untrusted, check=Check.SIGNATURE) is State.UNTRUSTED


def test_a_row_says_whose_evidence_it_is_and_of_what():
    signer = replace(WHO, repository="https://github.com/o/app", repository_id="1001", owner_id="2002")
    found = answers(proof(SIGNATURE, document={}, signer=signer, at=NOW - DAY), told(signer=signer, signed=NOW))
    for row in found[:2]:
        assert (row.signer, row.repository, row.repository_id, row.owner_id) == (
            str(signer),
            "https://github.com/o/app",
            "1001",
            "2002",
        )
        assert (row.digest, row.platform, row.format) == (DIGEST, "", "bundle")
        assert "id 1001, owner id 2002" in row.why
    assert [row.at for row in found[:2]] == [NOW - DAY, NOW]
    assert [(row.digest, row.platform) for row in found[2:]] == [(AMD, "linux/amd64"), (ARM, "linux/arm64")]


def test_the_verdict_that_decides_is_the_newest_that_counts():
    def decides(*proofs, terms=TERMS):
        return newest_verdict(gathered(*proofs), terms)

    old, new = told(at=NOW - DAY), told(BAD)
    assert decides() is None
    assert decides(SIGNED, told(policy="f" * 64), told(outcome=Outcome.UNTRUSTED), other_tool("FAILED")) is None
    assert decides(new, old).proof is new
    assert decides(old, told(policy="f" * 64)).proof is old
    assert decides(told(BAD, at=NOW - DAY, policy="f" * 64)).summary.passed is False
    with pytest.raises(predicates.PredicateError):
        decides(old, proof(VERDICT, document={}))


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
        read = [(predicates.summary(one.claim.predicate).at, predicates.summary(one.claim.predicate)) for one in proven]
        passes = [at for at, one in read if one.passed and one.policy == POLICY]
        assert passes
        assert max(passes) >= NOW - Policy().trust.max_age
        assert not any(at >= max(passes) for at, one in read if not one.passed)
