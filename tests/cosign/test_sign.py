"""Signing and attesting, by whoever may, in both formats, and proven afterwards."""

from dataclasses import replace

import pytest

from gate.cosign import trusted_root
from gate.cosign.expected_signer import expected_signer
from gate.cosign.sign_errors import OutageError
from gate.cosign.signing_config import SigningServices
from gate.cosign.signing_config import read_signing_config as read_services
from gate.cosign.signing_identity import Login, SigningIdentity
from gate.cosign.statements import read_claim
from gate.cosign.trusted_root import Roots
from gate.errors import InputError, ToolFailedError, ToolMissingError, UsageError
from gate.model.evidence import SIGNATURE, Format, Outcome
from tests.builders import NOW
from tests.cosign.making import KIND, PREDICATE
from tests.lab.cosign import PASSWORD
from tests.lab.sigstore import email_claims, github_claims

TEXTS = {"commit": "abc", "list": 'a, b and "c"', "empty": ""}


def test_a_key_signs_and_attests_and_nobody_is_asked(shop, way, signing_key, key, proven, sigstore):
    """Without a configuration there is no log, and the way to the public services is closed here."""
    before = len(sigstore.requests)
    by = SigningIdentity(key=str(signing_key.private))
    shop.sign(by, annotations=TEXTS, **way)
    shop.attest(by, **way)
    signature, attestation = sorted(shop.pieces(), key=lambda one: read_claim(one).predicate_type == KIND)
    for piece in (signature, attestation):
        proof = proven(piece, key=key, roots=Roots(offline=True))
        assert (proof.outcome, proof.claim.piece.format) == (Outcome.PROVEN, way["form"])
    assert (read_claim(signature).predicate_type, read_claim(signature).annotations) == (SIGNATURE, TEXTS)
    assert (read_claim(attestation).predicate_type, read_claim(attestation).predicate) == (KIND, PREDICATE)
    assert len(sigstore.requests) == before


@pytest.mark.parametrize(
    "claims",
    [
        github_claims(),
        github_claims(ref="refs/tags/v1.2.3", event="workflow_dispatch", repository="octo/other"),
        github_claims(called="octo/shared/.github/workflows/build.yml@refs/tags/v1"),
        {**github_claims(), "iss": "https://ghes.example.org/_services/token"},
        email_claims("dev@example.org"),
    ],
    ids=["a job", "a tag", "a reusable workflow", "an enterprise's own server", "a person"],
)
def test_who_holds_a_token_is_known_before_and_proven_after(shop, way, sigstore, to_sigstore, proven, claims):
    by = SigningIdentity(token=sigstore.token(**claims))
    expected = expected_signer(by, shop.settings())
    shop.sign(by, to_sigstore(), **way)
    [piece] = shop.pieces()
    assert proven(piece).signer == expected
    assert proven(piece).claim.at == NOW


def test_a_job_signs_as_itself(shop, way, sigstore, to_sigstore, proven):
    shop.sign(SigningIdentity(), to_sigstore(), env=sigstore.actions_env(event_name="workflow_dispatch"), **way)
    assert proven(shop.pieces()[0]).signer.event == "workflow_dispatch"


@pytest.mark.parametrize("config", [{"rekor": 2}, {"rekor": 1, "tsa": False}])
def test_a_bundle_goes_to_the_services_that_are_configured(shop, sigstore, to_sigstore, proven, config):
    before = len(sigstore.requests)
    shop.attest(SigningIdentity(token=sigstore.token()), to_sigstore(**config))
    asked = {str(one) for one in sigstore.requests[before:]}
    assert asked == {"POST /api/v2/signingCert", f"POST /api/v{config['rekor']}/log/entries"} | (
        {"POST /api/v1/timestamp"} if config.get("tsa", True) else set()
    )
    assert proven(shop.pieces()[0]).outcome is Outcome.PROVEN


def test_without_a_log_a_root_without_logs_vouches(shop, sigstore, private, proven):
    services = services_of(sigstore.signing_config(rekor=None), private)
    shop.attest(SigningIdentity(token=sigstore.token()), services)
    assert proven(shop.pieces()[0], roots=private).outcome is Outcome.PROVEN


@pytest.mark.parametrize("config", [{"rekor": 1}, {"rekor": 2}])
def test_a_key_is_entered_into_the_log_that_is_configured(shop, signing_key, key, to_sigstore, proven, public, config):
    shop.sign(SigningIdentity(key=str(signing_key.private)), to_sigstore(**config))
    assert proven(shop.pieces()[0], key=key, roots=public).claim.at == NOW


def test_a_root_of_trust_is_of_no_matter_to_a_key_without_a_log(shop, way, signing_key, key, public, proven):
    shop.sign(SigningIdentity(key=str(signing_key.private)), SigningServices(root=public.documents[0]), **way)
    assert proven(shop.pieces()[0], key=key, roots=public).outcome is Outcome.PROVEN


def test_an_old_signature_by_a_key_is_entered_into_the_log_that_is_configured(
    shop, signing_key, key, to_sigstore, proven, public, tool
):
    shop.sign(SigningIdentity(key=str(signing_key.private)), to_sigstore(), form=Format.LEGACY, tool=tool)
    assert proven(shop.pieces()[0], key=key, roots=public).claim.at == NOW


def test_the_old_format_cannot_go_to_a_log_that_it_does_not_know(shop, sigstore, signing_key, to_sigstore, tool):
    with pytest.raises(UsageError, match="Rekor"):
        shop.sign(SigningIdentity(token=sigstore.token()), to_sigstore(rekor=2), form=Format.LEGACY, tool=tool)
    assert shop.pieces() == []
    shop.sign(SigningIdentity(key=str(signing_key.private)), to_sigstore(rekor=2), form=Format.LEGACY, tool=tool)
    assert len(shop.pieces()) == 1


def services_of(config, trusted):
    return read_services(config, trusted, log=False)


def test_of_several_roots_the_one_that_fits_must_vouch(shop, sigstore, both, proven):
    for rekor in (1, None):
        shop.attest(SigningIdentity(token=sigstore.token()), services_of(sigstore.signing_config(rekor=rekor), both))
    assert [proven(piece, roots=both).outcome for piece in shop.pieces()] == [Outcome.PROVEN] * 2


def test_what_the_root_does_not_vouch_for_is_not_pushed(shop, way, sigstore, stranger):
    services = services_of(sigstore.signing_config(), trusted_root.read_trusted_root(stranger.trusted_root))
    with pytest.raises(ToolFailedError, match="nothing was pushed"):
        shop.sign(SigningIdentity(token=sigstore.token()), services, **way)
    assert shop.pieces() == []


def test_cosign_2_does_not_sign_bundles(shop, two, signing_key):
    with pytest.raises(ToolMissingError) as caught:
        shop.sign(SigningIdentity(key=str(signing_key.private)), tool=two)
    assert "install cosign 3" in caught.value.hint


def test_a_key_may_be_in_a_variable(shop, signing_key, key, proven):
    shop.sign(SigningIdentity(key="env://MY_KEY"), env={"MY_KEY": signing_key.private.read_text()})
    assert proven(shop.pieces()[0], key=key).outcome is Outcome.PROVEN


def test_a_path_of_a_key_is_relative_to_the_folder_of_this_run(shop, signing_key):
    (shop.context.cwd / "mine.key").write_bytes(signing_key.private.read_bytes())
    shop.sign(SigningIdentity(key="mine.key"))
    assert len(shop.pieces()) == 1


@pytest.mark.parametrize(
    ("by", "hint"),
    [
        (SigningIdentity(), "id-token: write"),
        (SigningIdentity(key="env://NOT_THERE"), "set it"),
        (SigningIdentity(key="hsm://1"), "awskms"),
    ],
)
def test_who_cannot_sign_is_told_so_before_cosign_is_asked(shop, three, by, hint, tmp_path):
    with pytest.raises(UsageError) as caught:
        shop.sign(by, tool=replace(three, path=str(tmp_path / "never")))
    assert hint in caught.value.hint


@pytest.mark.parametrize("target", ["{host}/octo/app:1", "{host}/octo/app", "-x", "{host}/octo/app@sha256:x"])
def test_only_a_digest_is_signed(shop, signing_key, target):
    shop.target = target.format(host=shop.registry.host)
    with pytest.raises((InputError, UsageError)):
        shop.sign(SigningIdentity(key=str(signing_key.private)))


@pytest.mark.parametrize("annotations", [{"a": "b=c"}, {"": "b"}, {"a=b": "c"}, {"a": "b\nc"}])
def test_an_annotation_that_cosign_cannot_sign_is_refused(shop, signing_key, annotations):
    with pytest.raises(InputError, match="annotation"):
        shop.sign(SigningIdentity(key=str(signing_key.private)), annotations=annotations)


@pytest.mark.parametrize("predicate", [[], "text", 7, None])
def test_a_predicate_is_an_object(shop, signing_key, predicate):
    with pytest.raises(InputError):
        shop.attest(SigningIdentity(key=str(signing_key.private)), predicate=predicate)


@pytest.mark.parametrize("predicate", [{"a": 2**53 + 1}, {"a": [{"b": -(2**60)}]}])
def test_a_number_that_cosign_would_change_is_not_signed(shop, signing_key, predicate):
    with pytest.raises(InputError, match="another number"):
        shop.attest(SigningIdentity(key=str(signing_key.private)), predicate=predicate)


def test_other_numbers_are_signed_as_they_are(shop, signing_key):
    told = {"a": 2**53, "b": [-(2**53), 0.1, True], "c": "9007199254740993"}
    shop.attest(SigningIdentity(key=str(signing_key.private)), predicate=told)
    assert read_claim(shop.pieces()[0]).predicate == told


@pytest.mark.parametrize("kind", ["vuln", "", "https://example.org/a b", "-x"])
def test_a_predicate_type_is_a_uri(shop, signing_key, kind):
    with pytest.raises(InputError, match="URI"):
        shop.attest(SigningIdentity(key=str(signing_key.private)), kind=kind)


def test_nothing_is_left_in_the_room(shop, sigstore, signing_key, to_sigstore):
    shop.sign(SigningIdentity(token=sigstore.token()), to_sigstore(), login=Login(shop.registry.host, "a", "b"))
    shop.attest(SigningIdentity(key=str(signing_key.private)))
    with pytest.raises(UsageError):
        shop.sign(SigningIdentity(token=sigstore.token(exp=0)), to_sigstore())
    assert list(shop.workdir.iterdir()) == []


def test_without_a_configuration_identities_go_to_the_public_services(shop, way, sigstore):
    """Which cannot be reached from here."""
    with pytest.raises(OutageError) as caught:
        shop.sign(SigningIdentity(token=sigstore.token()), SigningServices(), **way)
    assert "sigstore.dev" in caught.value.problem


def test_a_key_goes_to_the_public_log_only_when_asked_to(shop, way, signing_key):
    with pytest.raises(OutageError) as caught:
        shop.sign(SigningIdentity(key=str(signing_key.private)), SigningServices(log=True), **way)
    assert "sigstore.dev" in caught.value.problem
    assert shop.pieces() == []


def test_the_words_hold_no_secret(shop, sigstore, to_sigstore):
    token = sigstore.token(exp=0)
    with pytest.raises(UsageError) as caught:
        shop.sign(SigningIdentity(token=token), to_sigstore())
    assert token not in caught.value.problem
    assert caught.value.__cause__ is None
    assert PASSWORD not in repr(SigningIdentity(key="k", token=token)) + repr(Login("h", "u", PASSWORD))
    assert token not in repr(SigningIdentity(token=token))
