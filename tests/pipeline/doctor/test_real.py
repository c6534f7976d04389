"""The words of the real tools, as they are, are known to `gate doctor --from-log`."""

import io
import os
import subprocess

import pytest

from gate.maintenance.known_errors import search
from tests.lab.cosign import Cosign
from tests.lab.referrers import MemoryRegistry


def ids(text):
    return [match.error.id for match in search(io.BytesIO(text.encode()))]


@pytest.fixture
def served(layouts):
    with MemoryRegistry() as registry:
        registry.named = f"{registry.host}/octo/app@{registry.push(layouts, 'clean', 'octo/app:1')}"
        yield registry


@pytest.fixture(params=["cosign", "cosign2"])
def signer(request, tmp_path):
    return Cosign(request.getfixturevalue(request.param), tmp_path)


def verified(signer, key, image):
    """What it says of an image that it does not prove."""
    offline = ["--insecure-ignore-tlog", "--allow-insecure-registry"]
    for code in (10, 11, 12, 1):
        try:
            return signer.run("verify", "--key", key.public, *offline, image, code=code).stderr
        except AssertionError:
            continue
    raise AssertionError


def test_an_image_that_nobody_signed(signer, signing_key, served):
    assert ids(verified(signer, signing_key, served.named)) == ["no-signatures"]


def test_an_image_that_somebody_else_signed(signer, signing_key, served):
    signer.sign(served.named, signer.key("other"))
    words = {"cosign": "no-attestations", "cosign2": "no-matching-signatures"}
    assert ids(verified(signer, signing_key, served.named)) == [words[signer.program.name]]


def test_an_image_that_is_not_there(signer, signing_key, served):
    assert "manifest-unknown" in ids(verified(signer, signing_key, f"{served.host}/octo/app:gone"))


def test_a_registry_that_wants_a_login(signer, signing_key, served):
    served.user("octo", "secret", push=("octo/*",))
    assert ids(verified(signer, signing_key, served.named)) == ["resource-denied"]


@pytest.fixture
def scan(trivy, tmp_path):
    def call(*args):
        home = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "HTTPS_PROXY": "http://127.0.0.1:9"}
        command = [str(trivy), "image", "--cache-dir", str(tmp_path / "cache"), *args]
        done = subprocess.run(command, env=home, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode
        return done.stderr

    return call


def test_trivy_without_its_database(scan):
    assert ids(scan("--skip-db-update", "--skip-version-check", "alpine:3")) == ["trivy-first"]


def test_trivy_that_cannot_fetch_its_database(scan):
    assert "trivy-db" in ids(scan("--download-db-only", "--db-repository", "127.0.0.1:9/octo/db:2"))


def test_trivy_that_is_asked_to_come_back_later(scan, served):
    served.fault("GET", "/v2/", status=429, body=b'{"errors": [{"code": "TOOMANYREQUESTS", "message": "slow down"}]}')
    said = scan("--download-db-only", "--db-repository", f"{served.host}/aquasecurity/trivy-db:2")
    assert "trivy-limit" in ids(said)


def test_trivy_that_finds_no_image(scan, served, database):
    said = scan(
        "--cache-dir", str(database), "--skip-db-update", "--skip-java-db-update", f"{served.host}/octo/app:gone"
    )
    assert {*ids(said)} & {"trivy-image", "manifest-unknown"}
