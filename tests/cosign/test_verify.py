"""What is proven, and what is not, by the real cosign."""

import json
from dataclasses import replace

import pytest

from gate.cosign import trusted_root as roots_of_trust
from gate.cosign.statements import read_claim
from gate.cosign.verify import VerifyRequest, verify_claims
from gate.cosign.verify_batch import VerifySettings
from gate.cosign.verify_command import Key
from gate.errors import InputError
from gate.model.evidence import Outcome, Signer
from tests.builders import NOW
from tests.lab.sigstore import ISSUER, PEOPLE

SIGNED = ["v1", "v1 unstamped", "v2", "stamped", "old", "old of 3"]
KEYED = ["key", "old key"]


@pytest.mark.parametrize("kind", ["sig", "att"])
@pytest.mark.parametrize("name", SIGNED)
def test_what_a_job_signed_is_proven_to_be_by_it_and_of_that_time(corpus, proven, tool, both, name, kind):
    proof = proven(corpus[f"{name} {kind}"], by=tool, roots=both)
    if name == "v2" and tool.major == 2:
        assert proof.outcome is Outcome.UNKNOWN
        assert "cosign 3" in proof.why
        return
    assert (proof.outcome, proof.why) == (Outcome.PROVEN, "")
    assert proof.signer == Signer(
        subject="https://github.com/octo/app/.github/workflows/release.yml@refs/heads/main",
        issuer=ISSUER,
        repository="https://github.com/octo/app",
        ref="refs/heads/main",
        commit="a" * 40,
        event="push",
        run="https://github.com/octo/app/actions/runs/7/attempts/1",
        repository_id="1001",
        owner_id="2002",
    )
    assert proof.claim.at == NOW


def test_what_a_person_signed_is_proven_by_the_address(corpus, proven, tool):
    proof = proven(corpus["person sig"], by=tool)
    assert proof.signer == Signer(subject="dev@example.org", issuer=PEOPLE)


@pytest.mark.parametrize("kind", ["sig", "att"])
@pytest.mark.parametrize("name", KEYED)
def test_what_a_key_signed_is_proven_without_any_root_and_has_no_time(corpus, proven, tool, key, name, kind):
    proof = proven(corpus[f"{name} {kind}"], by=tool, key=key, roots=roots_of_trust.Roots(offline=True))
    assert (proof.outcome, proof.signer, proof.claim.at) == (Outcome.PROVEN, Signer(key="team"), None)


@pytest.mark.parametrize("name", ["key v1 att", "key v2 att", "key stamped att", "old key logged sig"])
def test_the_time_of_what_a_key_signed_is_believed_only_where_a_root_vouches_for_it(corpus, proven, key, public, name):
    bare = proven(corpus[name], key=key, roots=roots_of_trust.Roots(offline=True))
    assert (bare.outcome, bare.claim.at) == (Outcome.PROVEN, None)
    vouched = proven(corpus[name], key=key, roots=public)
    assert (vouched.outcome, vouched.claim.at) == (Outcome.PROVEN, NOW)


def test_an_unknown_log_makes_what_a_key_signed_no_worse(corpus, proven, key, stranger):
    proof = proven(corpus["key v1 att"], key=key, roots=roots_of_trust.read_trusted_root(stranger.trusted_root))
    assert (proof.outcome, proof.claim.at) == (Outcome.PROVEN, None)


@pytest.mark.parametrize(
    "name", ["key att", "key v1 att", "key v2 att", "key stamped att", "old key sig", "old key att"]
)
def test_another_key_is_not_trusted(corpus, proven, other_key, name):
    proof = proven(corpus[name], key=other_key)
    assert (proof.outcome, proof.signer) == (Outcome.UNTRUSTED, None)


@pytest.mark.parametrize(
    "lookalike",
    [
        Signer("https://github.com/octo/app/.github/workflows/release.yml@refs/heads/mai", ISSUER),
        Signer("https://github.com/octo/app/.github/workflows/release.yml@refs/heads/main2", ISSUER),
        Signer("https://github.com/octo/app/.github/workflows/releaseXyml@refs/heads/main", ISSUER),
        Signer("https://github.com/octo/.*", ISSUER),
        Signer("https://github.com/octo/app/.github/workflows/release.yml@refs/heads/main", f"{ISSUER}/"),
        Signer("https://github.com/Octo/app/.github/workflows/release.yml@refs/heads/main", ISSUER),
    ],
)
def test_who_looks_alike_is_not_trusted(corpus, proven, lookalike):
    proof = proven(corpus["v1 att"], signer=lookalike)
    assert proof.outcome is Outcome.UNTRUSTED
    assert "octo/app/.github/workflows/release.yml@refs/heads/main" in proof.why


def test_a_key_is_no_certificate_and_a_certificate_no_key(corpus, proven, key):
    signed = proven(corpus["v1 att"], key=key)
    assert signed.outcome is Outcome.UNTRUSTED
    assert "octo/app" in signed.why
    assert proven(corpus["key att"], signer=Signer("a", "b")).outcome is Outcome.UNTRUSTED
    assert proven(corpus["key att"]).outcome is Outcome.UNTRUSTED


@pytest.mark.parametrize("name", ["v1 sig", "v1 att", "stamped att", "old sig", "old att"])
def test_evidence_that_was_moved_from_another_image_proves_nothing(corpus, proven, both, name):
    proof = proven(corpus[name], digest=corpus["key att"].subject.replace("1", "2"), roots=both)
    assert (proof.outcome, proof.signer) == (Outcome.TAMPERED, None)
    assert "another image" in proof.why


def test_without_a_root_and_offline_nothing_is_known_of_a_certificate(corpus, proven):
    proof = proven(corpus["v1 att"], roots=roots_of_trust.Roots(offline=True))
    assert proof.outcome is Outcome.UNKNOWN
    assert "--trusted-root" in proof.why


def test_a_public_root_that_cannot_be_fetched_is_no_tampering(corpus, proven, tool):
    proof = proven(corpus["v1 att"], by=tool, roots=roots_of_trust.Roots())
    assert proof.outcome is Outcome.UNKNOWN
    assert "--trusted-root" in proof.why


@pytest.mark.parametrize("name", ["v1 att", "key v1 att"])
def test_a_root_need_not_name_more_than_the_one_log(corpus, proven, sigstore, tmp_path, key, name):
    document = json.loads(sigstore.trusted_root.read_text())
    [entry] = json.loads(corpus[name].content)["verificationMaterial"]["tlogEntries"]
    document["tlogs"] = [one for one in document["tlogs"] if one["logId"] == entry["logId"]]
    assert len(document["tlogs"]) == 1
    (tmp_path / "root.json").write_text(json.dumps(document))
    single = roots_of_trust.read_trusted_root(tmp_path / "root.json")
    assert proven(corpus[name], roots=single, key=key if "key" in name else None).claim.at == NOW


def test_a_stranger_may_not_vouch(corpus, proven, stranger):
    strange = roots_of_trust.read_trusted_root(stranger.trusted_root)
    for name in ("v1 att", "v2 att", "old sig"):
        assert proven(corpus[name], roots=strange).outcome is Outcome.UNTRUSTED


def test_each_root_is_tried_by_itself(corpus, proven, stranger, both, sigstore, tmp_path):
    """The right authority in one document and the right log in another vouch for nothing together."""
    mine, theirs = json.loads(sigstore.trusted_root.read_text()), json.loads(stranger.trusted_root.read_text())
    halves = [{**mine, "certificateAuthorities": theirs["certificateAuthorities"]}, {**theirs, "tlogs": mine["tlogs"]}]
    (tmp_path / "halves.jsonl").write_text("\n".join(map(json.dumps, halves)))
    halved = proven(corpus["v1 unstamped att"], roots=roots_of_trust.read_trusted_root(tmp_path / "halves.jsonl"))
    assert (halved.outcome, halved.signer) == (Outcome.UNTRUSTED, None)
    strangers = roots_of_trust.read_trusted_root(stranger.trusted_root).documents
    assert proven(corpus["v1 att"], roots=replace(both, documents=(*strangers, *both.documents))).signer


@pytest.mark.parametrize("name", ["stamped sig", "stamped att"])
def test_what_is_in_no_log_is_vouched_for_only_by_who_keeps_none(corpus, proven, tool, public, private, name):
    assert proven(corpus[name], by=tool, roots=private).outcome is Outcome.PROVEN
    kept = proven(corpus[name], by=tool, roots=public)
    assert kept.outcome is Outcome.UNTRUSTED
    assert "gh attestation trusted-root" in kept.why
    online = proven(corpus[name], by=tool, roots=roots_of_trust.Roots())
    assert online.outcome is Outcome.UNTRUSTED


def test_what_is_in_a_log_is_not_vouched_for_by_who_keeps_none(corpus, proven, private):
    assert proven(corpus["v1 att"], roots=private).outcome is Outcome.UNTRUSTED


def test_a_legacy_timestamp_counts_for_the_signature_not_for_the_whole_envelope(corpus, proven, tool, key, private):
    """Cosign 2 stamps the whole of an attestation; a bundle, as which it is proven, cannot say so."""
    assert proven(corpus["old stamped sig"], by=tool, roots=private).claim.at == NOW
    assert proven(corpus["old key stamped sig"], by=tool, key=key, roots=private).claim.at == NOW
    whole = proven(corpus["old key stamped att"], by=tool, key=key, roots=private)
    assert (whole.outcome, whole.claim.at) == (Outcome.PROVEN, None)
    assert proven(corpus["old stamped att"], by=tool, roots=private).outcome is Outcome.UNTRUSTED


def test_many_are_proven_side_by_side_and_answered_in_order(corpus, here, tmp_path, three, both, key):
    names = sorted(set(corpus) - {"old stamped att", "old late sig", "old late att"})
    claims = [read_claim(corpus[name]) for name in names]
    requests = [VerifyRequest(one, one.piece.subject, one.signer or key) for one in claims]
    settings = VerifySettings(three, both, here, tmp_path, 4)
    proofs = verify_claims(requests, settings)
    assert [proof.outcome for proof in proofs] == [Outcome.PROVEN] * len(names)
    assert [proof.claim.piece for proof in proofs] == [corpus[name] for name in names]
    assert verify_claims([], settings) == []


def test_a_trusted_key_that_is_none_is_an_error_that_names_it(corpus, proven):
    with pytest.raises(InputError, match=r"security/team.pub"):
        proven(corpus["key att"], key=Key("security/team.pub", b"-----BEGIN PUBLIC KEY-----\nAAAA\n"))


@pytest.mark.parametrize("tail", ["exit 0", "echo 'Verified OK' >&2; exit 3", "echo garbage >&2; exit 1", "kill -9 $$"])
def test_a_program_that_answers_otherwise_proves_nothing(corpus, proven, three, tmp_path, tail):
    liar = tmp_path / "liar"
    liar.write_text(f"#!/bin/sh\n{tail}\n")
    liar.chmod(0o755)
    proof = proven(corpus["v1 att"], by=replace(three, path=str(liar)))
    assert (proof.outcome, proof.signer) == (Outcome.UNKNOWN, None)


def test_a_program_that_hangs_is_stopped_and_nothing_is_known(corpus, proven, three, tmp_path):
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    proof = proven(corpus["v1 att"], by=replace(three, path=str(slow)), timeout=0.2)
    assert proof.outcome is Outcome.UNKNOWN
    assert "took longer" in proof.why
