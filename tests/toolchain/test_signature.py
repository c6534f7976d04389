"""The signature of a release, which a real cosign looks at under a private root; and new releases for the lock."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from gate.toolchain.lock import here as platform
from tests.builders import NOW
from tests.lab.cosign import Cosign
from tests.toolchain.conftest import ARCHIVE, VERSION
from tests.toolchain.releases import ISSUER, program, sha256, trivy_archive

NEXT = "9.10.0"
NEW = ARCHIVE.replace(VERSION, NEXT)


@pytest.fixture
def sign(cosign, sigstore, tmp_path):
    """Sign a file as the lab's job, or another one; the bundle."""
    room = tmp_path / "signing"
    room.mkdir()
    tool = Cosign(cosign, room, sigstore)

    def call(data, **claims):
        (room / "file").write_bytes(data)
        (room / "token").write_text(sigstore.token(**claims))
        with_log = ["--signing-config", sigstore.signing_config(), "--trusted-root", sigstore.trusted_root]
        tool.run("sign-blob", "-y", "--identity-token", "token", *with_log, "--bundle", "bundle.json", "file")
        return (room / "bundle.json").read_bytes()

    return call


@pytest.fixture
def trusting(gate, cosign, sigstore, shop):
    """Run a command with a cosign, the private root and the mirror."""

    def call(*args, **env):
        named = ["--mirror", shop.url, "--releases-root", sigstore.trusted_root]
        return gate(*args, *named, GATE_COSIGN=str(cosign), **env)

    return call


def beside(shop, bundle, name=ARCHIVE, version=VERSION):
    shop.releases.publish("trivy", version, f"{name}.sigstore.json", bundle)


def test_a_good_signature_is_checked_without_a_word(trusting, shop, sign, kept):
    beside(shop, sign(shop.archive))
    code, out, err = trusting("tools", "install", "trivy", "--quiet")
    assert (code, "installed" in out, err) == (0, True, "")
    assert kept() == [f"{sha256(shop.trivy)}/trivy"]


def test_somebody_else_s_signature_stops_everything(trusting, shop, sign, kept):
    evil = "https://github.com/evil/app/.github/workflows/release.yml@refs/heads/main"
    beside(shop, sign(shop.archive, job_workflow_ref=evil.removeprefix("https://github.com/")))
    code, _, err = trusting("tools", "install", "trivy")
    assert (code, "the signature does not say" in err) == (6, True), err
    assert kept() == []


def test_another_repository_that_calls_the_workflow_of_the_lock_is_somebody_else(trusting, shop, sign, kept):
    beside(shop, sign(shop.archive, repository="evil/app"))
    code, _, err = trusting("tools", "install", "trivy")
    assert (code, "it was signed in https://github.com/evil/app" in err) == (6, True), err
    assert kept() == []


@pytest.mark.parametrize("kind", ["of another file", "none"])
def test_a_signature_that_does_not_hold_stops_everything(trusting, shop, sign, kept, kind):
    beside(shop, sign(b"another") if kind == "of another file" else b"{}")
    code, _, err = trusting("tools", "install", "trivy")
    assert code == 6, err
    assert kept() == []


def test_without_a_signature_the_lock_alone_counts_and_that_is_said(trusting, shop):
    code, _, err = trusting("tools", "install", "trivy")
    assert (code, "note: trivy: the release has no signature for it" in err) == (0, True)


def test_a_signature_that_cannot_be_had_is_said_to_be_so(trusting, shop):
    shop.releases.site.fault("GET", "sigstore.json", status=403)
    code, _, err = trusting("tools", "install", "trivy")
    assert (code, "note: trivy: its signature cannot be had" in err) == (0, True)


def test_without_a_cosign_that_is_said(gate, shop, sign):
    beside(shop, sign(shop.archive))
    code, _, err = gate("tools", "install", "trivy", "--mirror", shop.url)
    assert (code, "there is no cosign yet" in err) == (0, True)


def test_a_folder_is_checked_without_a_network(gate, shop, sign, cosign, sigstore, tmp_path):
    folder = tmp_path / "usb"
    folder.mkdir()
    (folder / ARCHIVE).write_bytes(shop.archive)
    (folder / f"{ARCHIVE}.sigstore.json").write_bytes(sign(shop.archive))
    asked = ["tools", "install", "trivy", "--from", folder]
    code, _, err = gate(*asked, "--releases-root", sigstore.trusted_root, GATE_COSIGN=str(cosign))
    assert (code, err) == (0, "")


class TestLock:
    @pytest.fixture(autouse=True)
    def _new(self, shop):
        self.trivy = program()
        self.archive = trivy_archive(self.trivy)
        shop.releases.publish("trivy", NEXT, NEW, self.archive)

    @pytest.fixture
    def lock(self, here, shop, cosign, sigstore, capfd, tmp_path):
        """Renew the lock, days after the signature."""
        from gate.cli import run

        def call(*args, days=8):
            context = replace(here, now=NOW + timedelta(days=days), env={**here.env, "GATE_COSIGN": str(cosign)})
            named = ["--mirror", shop.url, "--releases-root", sigstore.trusted_root, "-o", tmp_path / "new.json"]
            code = run([str(one) for one in ("tools", "lock", *args, *named)], context)
            return int(code), *capfd.readouterr()

        call.file = tmp_path / "new.json"
        return call

    def test_a_signed_release_that_is_old_enough_is_pinned_by_what_is_in_it(self, lock, gate, shop, sign, kept):
        beside(shop, sign(self.archive), NEW, NEXT)
        code, out, err = lock(f"trivy={NEXT}")
        assert (code, out) == (0, f"trivy 9.10.0 is pinned for {platform()}\n"), err
        new = json.loads(lock.file.read_bytes())["tools"]
        assert new["trivy"]["files"][platform()] == {
            "name": NEW,
            "sha256": sha256(self.archive),
            "binary": sha256(self.trivy),
        }
        assert "2026-06-01" in new["trivy"]["source"]
        assert new["trivy"]["signer"]["issuer"] == ISSUER
        assert new["cosign"]["version"] == VERSION
        assert kept() == []
        assert gate("tools", "install", "trivy", "--mirror", shop.url, "--tools-lock", lock.file)[0] == 0

    def test_one_that_is_younger_than_a_week_is_not(self, lock, shop, sign, kept):
        beside(shop, sign(self.archive), NEW, NEXT)
        code, _, err = lock(f"trivy={NEXT}", days=6)
        assert (code, "less than 7 days ago" in err, "wait until 2026-06-08" in err) == (3, True, True), err
        assert not lock.file.exists()
        assert kept() == []

    def test_one_by_somebody_else_is_not(self, lock, shop, sign):
        beside(shop, sign(self.archive, job_workflow_ref="evil/app/.github/workflows/r.yml@refs/heads/main"), NEW, NEXT)
        assert lock(f"trivy={NEXT}")[0] == 6
        assert not lock.file.exists()

    def test_one_without_a_signature_is_not(self, lock):
        code, _, err = lock(f"trivy={NEXT}")
        assert (code, "has no signature bundle" in err) == (6, True)

    def test_one_that_is_not_there_is_not(self, lock):
        code, _, err = lock("trivy=9.11.0")
        assert (code, "404" in err) == (6, True)

    def test_one_of_the_deny_list_is_not(self, lock, shop):
        code, _, err = lock("trivy=0.69.4")
        assert (code, "GHSA-69fq-xp46-6x23" in err, shop.releases.site.requests) == (4, True, [])

    @pytest.mark.parametrize("text", ["trivy", "trivy=", "trivy=latest", "trivy=1.2", "sh=1.2.3", "trivy=1.2.3/.."])
    def test_what_is_no_release_is_refused(self, lock, text):
        assert lock(text)[0] == 2
