"""What the real cosign 3 and 2 make of the private Sigstore, on registries with and without the referrers API."""

import os
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import NOW
from tests.lab.cosign import Cosign
from tests.lab.sigstore import PEOPLE, Sigstore, email_claims, github_claims, workflow_uri

KIND = "https://example.org/decision/v1"
JOB = workflow_uri(github_claims())


@pytest.fixture
def three(cosign, sigstore, tmp_path):
    return Cosign(cosign, tmp_path / "three", sigstore)


@pytest.fixture
def two(cosign2, sigstore, tmp_path):
    return Cosign(cosign2, tmp_path / "two", sigstore)


@pytest.fixture(params=["registry", "referrers"])
def image(request, layouts):
    """A new one, by its digest."""
    registry = request.getfixturevalue(request.param)
    name = f"lab/{os.urandom(8).hex()}"
    return f"{registry.host}/{name}@{registry.push(layouts, 'clean', f'{name}:1')}"


@pytest.mark.parametrize(("rekor", "tsa"), [(1, True), (1, False), (2, True), (None, True)])
def test_a_job_signs_and_attests_and_both_are_proven(three, sigstore, image, rekor, tsa):
    three = replace(three, rekor=rekor, tsa=tsa)
    three.sign(image, sigstore.token())
    three.attest(image, KIND, {"passed": True}, sigstore.token())
    assert len(three.verify(image, JOB)) == 2
    [statement] = three.statements(image, KIND, JOB)
    assert statement["predicate"] == {"passed": True}


def test_a_key_signs_without_any_sigstore(cosign, signing_key, image, tmp_path):
    plain = Cosign(cosign, tmp_path / "plain")
    plain.sign(image, signing_key)
    assert len(plain.verify(image, signing_key)) == 1
    plain.verify(image, plain.key("another"), code=1)


@pytest.mark.parametrize("rekor", [1, 2])
def test_a_key_may_be_entered_into_the_log(three, signing_key, image, rekor):
    three = replace(three, rekor=rekor)
    three.sign(image, signing_key)
    assert len(three.verify(image, signing_key)) == 1


@pytest.mark.parametrize("writer", ["two", "three"])
def test_the_old_format_is_read_by_both(three, two, sigstore, image, writer):
    written = {"two": two, "three": three}[writer]
    written.sign(image, sigstore.token(), legacy=True)
    written.attest(image, KIND, {"passed": True}, sigstore.token(), legacy=True)
    for reader in (two, three):
        [signature] = reader.verify(image, JOB)
        assert signature["optional"]["Subject"] == JOB
        assert len(reader.statements(image, KIND, JOB)) == 1


def test_cosign_2_signs_with_a_key_without_any_sigstore(cosign2, signing_key, image, tmp_path):
    plain = Cosign(cosign2, tmp_path / "plain")
    plain.sign(image, signing_key)
    plain.attest(image, KIND, {}, signing_key, legacy=True)
    assert len(plain.verify(image, signing_key)) == 1


def test_cosign_2_writes_attestations_that_cosign_3_reads(three, two, sigstore, image):
    two.attest(image, KIND, {"by": 2}, sigstore.token())
    [statement] = three.statements(image, KIND, JOB)
    assert statement["predicate"] == {"by": 2}


@pytest.mark.parametrize(
    "claims",
    [
        github_claims(repository="evil/app"),
        github_claims(ref="refs/heads/feature"),
        github_claims(workflow=".github/workflows/test.yml"),
        github_claims(called="octo/shared/.github/workflows/build.yml@refs/tags/v1"),
        {**github_claims(), "iss": "https://git.example.org/_services/token"},
        email_claims("dev@example.org"),
    ],
)
def test_another_signer_is_refused(three, sigstore, image, claims):
    three.sign(image, sigstore.token(**claims))
    three.verify(image, JOB, code=1)


def test_a_person_and_a_reusable_workflow_sign_in_their_own_names(three, sigstore, image):
    three.sign(image, sigstore.token(**email_claims("dev@example.org")))
    assert len(three.verify(image, "dev@example.org", issuer=PEOPLE)) == 1
    claims = github_claims(called="octo/shared/.github/workflows/build.yml@refs/tags/v1")
    three.sign(image, sigstore.token(**claims))
    caller = ("--certificate-github-workflow-repository", "octo/app")
    assert len(three.verify(image, workflow_uri(claims), *caller)) == 1


def test_a_job_that_may_ask_for_tokens_needs_none(three, sigstore, image):
    claims = github_claims(ref="refs/tags/v1")
    replace(three, env=sigstore.actions_env(**claims)).sign(image)
    three.verify(image, workflow_uri(claims))
    refused = {**sigstore.actions_env(), "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "another job's"}
    replace(three, env=refused).sign(image, "", "--fulcio-auth-flow=token", code=1)


def test_evidence_of_the_past_is_proven_by_its_stamp(three, sigstore, image):
    with sigstore.at(NOW - timedelta(days=400)):
        three.sign(image, sigstore.token())
    assert len(three.verify(image, JOB)) == 1
    assert sigstore.now == NOW


@pytest.mark.parametrize("wrong", [{"exp": 0}, {"aud": "another"}])
def test_fulcio_believes_no_token_that_is_old_or_for_another(three, sigstore, image, wrong):
    three.sign(image, sigstore.token(**wrong), code=1)


def test_another_sigstore_is_not_believed(three, cosign, sigstore, image, tmp_path):
    with Sigstore(tmp_path / "another", now=NOW) as another:
        Cosign(cosign, tmp_path / "evil", another).sign(image, another.token())
        three.sign(image, another.token(), code=1)
    three.verify(image, JOB, code=1)


@pytest.mark.parametrize(("rekor", "path"), [(1, "/api/v1/log/entries"), (2, "/api/v2/log/entries")])
def test_an_outage_ends_the_signing_and_passes(cosign, image, tmp_path, rekor, path):
    with Sigstore(tmp_path / "sigstore") as sigstore:
        three = Cosign(cosign, tmp_path / "three", sigstore, rekor=rekor)
        sigstore.fail(path, 400)
        three.sign(image, sigstore.token(), code=1)
        assert sigstore.count("POST", path)
        sigstore.mend()
        three.sign(image, sigstore.token())
