"""Whom a result will be signed by, told before anything is signed."""

import pytest

from gate.cosign import sign
from gate.cosign.expected_signer import expected_signer
from gate.cosign.signing_identity import SigningIdentity
from gate.cosign.verify_command import Key
from gate.errors import UsageError
from tests.lab.sigstore import PEOPLE, email_claims, github_claims, gitlab_claims


def test_the_public_half_of_a_key_is_told_before_anything_is_signed(shop, tool, signing_key, key):
    by = SigningIdentity(key=str(signing_key.private))
    assert sign.public_key(by, shop.settings(tool=tool)) == key.pem
    assert expected_signer(by, shop.settings(tool=tool)) == Key(str(signing_key.private), key.pem)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "e30.e30.e30", "a.W10.c", "a.\xff.c", "a." + "b" * 100_000 + ".c"])
def test_a_token_that_is_none_is_told_without_quoting_it(shop, token):
    with pytest.raises(UsageError) as caught:
        expected_signer(SigningIdentity(token=token), shop.settings())
    assert len(token) < 4 or token not in caught.value.problem + caught.value.hint


@pytest.mark.parametrize("name", ["iss", "repository", "job_workflow_ref", "ref", "sha", "event_name", "run_id"])
def test_a_token_that_says_too_little_is_refused(shop, sigstore, name):
    with pytest.raises(UsageError, match=name):
        expected_signer(SigningIdentity(token=sigstore.token(**{name: 7})), shop.settings())


def test_a_person_is_known_by_the_address_and_others_by_their_subject(shop, sigstore):
    person = expected_signer(SigningIdentity(token=sigstore.token(**email_claims("dev@example.org"))), shop.settings())
    assert (person.subject, person.issuer) == ("dev@example.org", PEOPLE)
    service = expected_signer(
        SigningIdentity(token=sigstore.token(sub="spiffe://example.org/x", iss=PEOPLE)), shop.settings()
    )
    assert (service.subject, service.repository) == ("spiffe://example.org/x", "")


def test_a_reusable_workflow_signs_under_its_name_with_the_calling_repository(shop, sigstore):
    called = "octo/shared/.github/workflows/build.yml@refs/tags/v1"
    token = sigstore.token(**github_claims(called=called, repository_id="7", owner_id="8"))
    one = expected_signer(SigningIdentity(token=token), shop.settings())
    assert one.subject == f"https://github.com/{called}"
    assert (one.repository, one.repository_id, one.owner_id) == ("https://github.com/octo/app", "7", "8")


@pytest.mark.parametrize("issuer", ["https://gitlab.com", "https://gitlab.example.org"])
def test_a_job_of_gitlab_is_known_by_the_file_of_its_pipeline(shop, sigstore, issuer):
    one = expected_signer(SigningIdentity(token=sigstore.token(**gitlab_claims(issuer=issuer))), shop.settings())
    server = issuer.removeprefix("https://")
    assert one.subject == f"https://{server}/octo/app//.gitlab-ci.yml@refs/heads/main"
    assert one.issuer == issuer


@pytest.mark.parametrize(
    ("claims", "subject"),
    [
        (
            {"iss": "https://agent.buildkite.com", "organization_slug": "octo", "pipeline_slug": "app"},
            "https://buildkite.com/octo/app",
        ),
        (
            {"iss": PEOPLE, "kubernetes.io": {"namespace": "ci", "serviceaccount": {"name": "builder"}}},
            "https://kubernetes.io/namespaces/ci/serviceaccounts/builder",
        ),
    ],
)
def test_other_issuers_have_the_subject_that_fulcio_gives_them(shop, sigstore, claims, subject):
    assert (
        expected_signer(
            SigningIdentity(token=sigstore.token(sub="organization:octo", **claims)), shop.settings()
        ).subject
        == subject
    )


@pytest.mark.parametrize(
    "claims",
    [
        {**gitlab_claims(), "ci_config_ref_uri": ""},
        {**gitlab_claims(), "ci_config_ref_uri": None},
        {"sub": "x", "iss": "https://agent.buildkite.com"},
        {"sub": "x", "iss": PEOPLE, "kubernetes.io": {"namespace": "ci"}},
    ],
)
def test_a_token_of_another_system_that_says_too_little_is_refused(shop, sigstore, claims):
    with pytest.raises(UsageError, match="has no"):
        expected_signer(SigningIdentity(token=sigstore.token(**claims)), shop.settings())
