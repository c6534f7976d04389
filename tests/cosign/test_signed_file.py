"""Files with a bundle beside them."""

import base64
import json

import pytest

from gate.cosign import signed_file, trusted_root
from gate.cosign.json_fields import ForeignError, UnreadableError
from gate.cosign.verify_batch import VerifySettings
from gate.model.evidence import Outcome, Signer
from tests.builders import NOW
from tests.lab.cosign import Cosign
from tests.lab.sigstore import ISSUER

VEX = b'{"@context": "https://openvex.dev/ns/v0.2.0", "statements": []}\n'
JOB = Signer("https://github.com/octo/app/.github/workflows/release.yml@refs/heads/main", ISSUER)


@pytest.fixture(scope="session")
def signed(cosign, sigstore, signing_key, tmp_path_factory):
    """Bundles of `VEX` by name."""
    workdir = tmp_path_factory.mktemp("blob")
    (workdir / "vex.json").write_bytes(VEX)
    (workdir / "token").write_text(sigstore.token())
    job, plain = Cosign(cosign, workdir, sigstore), Cosign(cosign, workdir)
    quiet = ["--use-signing-config=false", "--tlog-upload=false"]
    with_log = ["--signing-config", sigstore.signing_config(), "--trusted-root", sigstore.trusted_root]
    job.run("sign-blob", "-y", "--identity-token", "token", *with_log, "--bundle", "job.json", "vex.json")
    job.run("sign-blob", "-y", "--key", signing_key.private, *with_log, "--bundle", "logged.json", "vex.json")
    plain.run("sign-blob", "-y", "--key", signing_key.private, *quiet, "--bundle", "key.json", "vex.json")
    return {name: (workdir / f"{name}.json").read_bytes() for name in ("job", "key", "logged")}


@pytest.fixture
def means(here, tmp_path, tool, public):
    return VerifySettings(tool, public, here, tmp_path, jobs=2)


def test_a_job_signed_it(signed, means):
    file = signed_file.read_signed_file(VEX, signed["job"])
    assert (file.signer.subject, file.signer.repository) == (JOB.subject, "https://github.com/octo/app")
    judgement, proven = signed_file.verify(file, JOB, means)
    assert (judgement.outcome, proven.at) == (Outcome.PROVEN, NOW)


@pytest.mark.parametrize(("name", "at"), [("key", None), ("logged", NOW)])
def test_a_key_signed_it(signed, means, key, other_key, name, at):
    judgement, proven = signed_file.verify(signed_file.read_signed_file(VEX, signed[name]), key, means)
    assert (judgement.outcome, proven.at) == (Outcome.PROVEN, at)
    judgement, _ = signed_file.verify(signed_file.read_signed_file(VEX, signed[name]), other_key, means)
    assert judgement.outcome is Outcome.UNTRUSTED


def test_a_time_that_no_root_vouches_for_is_not_proven(signed, here, tmp_path, three, key):
    offline = VerifySettings(three, trusted_root.Roots(offline=True), here, tmp_path, jobs=2)
    judgement, proven = signed_file.verify(signed_file.read_signed_file(VEX, signed["logged"]), key, offline)
    assert (judgement.outcome, proven.at) == (Outcome.PROVEN, None)


@pytest.mark.parametrize("name", ["job", "key"])
def test_another_file_is_not_what_was_signed(signed, means, key, name):
    file = signed_file.read_signed_file(VEX + b" ", signed[name])
    judgement, _ = signed_file.verify(file, JOB if name == "job" else key, means)
    assert judgement.outcome is Outcome.TAMPERED


def test_somebody_else_did_not_sign_it(signed, means, key):
    evil = Signer("https://github.com/evil/app/.github/workflows/release.yml@refs/heads/main", ISSUER)
    file = signed_file.read_signed_file(VEX, signed["job"])
    assert signed_file.verify(file, evil, means)[0].outcome is Outcome.UNTRUSTED
    for name, by, how in (
        ("job", key, "by a certificate, not with a key"),
        ("key", JOB, "with a key, not by a certificate"),
    ):
        judgement, _ = signed_file.verify(signed_file.read_signed_file(VEX, signed[name]), by, means)
        assert (judgement.outcome, judgement.why) == (Outcome.UNTRUSTED, f"it is signed {how}")


def test_a_statement_about_an_image_is_no_signature_of_a_file(corpus):
    with pytest.raises(ForeignError):
        signed_file.read_signed_file(VEX, corpus["v1 att"].content)


@pytest.mark.parametrize(
    "change", [{"messageSignature": {"signature": ""}}, {"messageSignature": None}, {"mediaType": 7}]
)
def test_what_is_malformed_is_refused(signed, change):
    with pytest.raises(UnreadableError):
        signed_file.read_signed_file(VEX, json.dumps({**json.loads(signed["job"]), **change}).encode())


def test_the_digest_that_a_bundle_claims_counts_for_nothing(signed, means):
    """What is proven is the file that is there."""
    document = json.loads(signed["job"])
    document["messageSignature"]["messageDigest"]["digest"] = base64.b64encode(bytes(32)).decode()
    judgement, _ = signed_file.verify(signed_file.read_signed_file(VEX, json.dumps(document).encode()), JOB, means)
    assert judgement.outcome is Outcome.PROVEN
