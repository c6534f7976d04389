"""`gate trust add`: the verified signer of an image goes into gate.yaml when somebody says so."""

import io
import subprocess
import sys

import pytest

from gate.io import yaml_document
from tests.lab.sigstore import Sigstore, email_claims
from tests.pipeline.evidence.conftest import place_of
from tests.pipeline.evidence.staging import POLICY, attach

LINES = """\
trust:
  identities:
    - repository: octo/app
      workflow: .github/workflows/release.yml
      refs: [main]
      repository_id: "1001"
      owner_id: "2002"
"""
KEY_LINES = "trust:\n  identities:\n    - key: cosign.pub\n"
OTHERS = '# Rules\nversion: 1\nfail_on:   # strict\n  severity: "high"\n'


@pytest.fixture
def add(gate, sigstore, monkeypatch):
    """Run `gate trust add`, with `answer` on standard input."""

    def call(*args, answer="", root=sigstore.trusted_root, **more):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(answer.encode())))
        return gate("trust", "add", *args, "--trusted-root", root, **more)

    call.policy = gate.folder / "gate.yaml"
    return call


@pytest.fixture
def pushed(referrers, layouts, request):
    """Push a sample under a repository of the test's own; its name and digest."""

    def push():
        place = place_of(request)
        return f"{referrers.host}/{place}", referrers.push(layouts, "single", f"{place}:1")

    return push


@pytest.fixture
def signed(pushed, workshop):
    """An image that the release workflow of octo/app signed."""
    image, digest = pushed()
    workshop().sign(f"{image}@{digest}")
    return f"{image}:1"


def checkout(folder, origin):
    subprocess.run(["git", "init", "-q", "-b", "main", folder], check=True)
    subprocess.run(["git", "-C", folder, "remote", "add", "origin", origin], check=True)


def test_the_signer_is_shown_and_written_after_a_yes(add, signed):
    said = add(signed, answer="y\n")
    assert said.code == 0, said.words
    assert LINES in said.out
    assert "Trust octo/app/.github/workflows/release.yml@refs/heads/main" in said.err
    assert add.policy.read_text() == f"version: 1\n\n{LINES}"


def test_what_was_written_is_what_verify_needs(add, gate, pushed, workshop, sigstore):
    image, digest = pushed()
    attach(workshop(), image, digest)
    assert add(f"{image}:1", "--yes").code == 0
    said = gate("verify", f"{image}:1", "--accept-policy", POLICY, "--trusted-root", sigstore.trusted_root)
    assert said.code == 0, said.words


def test_the_rest_of_the_file_stays_byte_by_byte(add, signed):
    add.policy.write_text(OTHERS)
    assert add(signed, "--yes").code == 0
    assert add.policy.read_text() == f"{OTHERS}\n{LINES}"


def test_a_signer_that_is_trusted_already_changes_nothing(add, signed):
    assert add(signed, "--yes").code == 0
    before = add.policy.read_bytes()
    said = add(signed)
    assert said.code == 0
    assert "trusts this already" in said.err
    assert add.policy.read_bytes() == before


@pytest.mark.parametrize(("answer", "code"), [("n\n", 130), ("", 2)])
def test_nothing_is_written_without_a_yes(add, signed, answer, code):
    said = add(signed, answer=answer)
    assert said.code == code
    assert "nothing was written" in said.err
    assert not add.policy.exists()


def test_a_dry_run_shows_the_lines_and_writes_nothing(add, signed):
    said = add(signed, "--dry-run", env={"CI": "true"})
    assert said.code == 0
    assert LINES in said.out
    assert not add.policy.exists()


@pytest.mark.parametrize("more", [(), ("--yes",)])
def test_in_ci_it_is_refused(add, more):
    said = add("127.0.0.1:9/octo/app:1", *more, env={"CI": "true"}, answer="y\n")
    assert said.code == 2
    assert "not available in CI" in said.err
    assert not add.policy.exists()


@pytest.mark.parametrize(
    ("origin", "warns"),
    [("git@github.com:octo/app.git", False), ("https://github.com/acme/web", True), (None, True)],
)
def test_a_signer_that_is_not_this_checkout_is_warned_of(add, signed, origin, warns):
    if origin:
        checkout(add.policy.parent, origin)
    said = add(signed, "--dry-run")
    assert said.code == 0
    assert ("warning: octo/app is not" in said.err) is warns


def test_only_the_signer_in_a_verified_certificate_counts(add, signed, tmp_path):
    with Sigstore(tmp_path / "another") as other:
        said = add(signed, "--yes", root=other.trusted_root)
    assert said.code == 11
    assert "no signature that could be verified" in said.err
    assert not add.policy.exists()


def test_an_unsigned_image_and_one_signed_by_a_key_name_nobody(add, pushed, workshop, signing_key):
    image, digest = pushed()
    assert add(f"{image}:1", "--yes").code == 11
    workshop(key=signing_key).sign(f"{image}@{digest}")
    said = add(f"{image}:1", "--yes")
    assert said.code == 11
    assert f"error: {image}@{digest} is signed with a key, which no certificate names\n hint: ask" in said.err
    assert said.err.endswith(KEY_LINES)
    assert not add.policy.exists()


def test_verify_without_trust_shows_a_key_for_an_image_that_a_key_signed(gate, pushed, workshop, signing_key):
    image, digest = pushed()
    assert "- repository:" in gate("verify", f"{image}:1").err
    workshop(key=signing_key).sign(f"{image}@{digest}")
    said = gate("verify", f"{image}:1")
    assert said.code == 3
    assert "--key" in said.err
    assert said.err.endswith(KEY_LINES)
    workshop().sign(f"{image}@{digest}")
    assert "- repository:" in gate("verify", f"{image}:1").err


def test_several_signers_are_asked_for_one_by_one(add, workshop, pushed):
    image, digest = pushed()
    workshop().sign(f"{image}@{digest}")
    workshop(repository="evil/app").sign(f"{image}@{digest}")
    refused = add(f"{image}:1", "--yes")
    assert refused.code == 2
    assert "--yes cannot choose" in refused.err
    order = refused.out.index("repository: octo/app") < refused.out.index("repository: evil/app")
    said = add(f"{image}:1", answer="y\nn\n" if order else "n\ny\n")
    assert said.code == 0, said.words
    written = yaml_document.read(add.policy.read_bytes(), "gate.yaml").value
    assert [one["repository"] for one in written["trust"]["identities"]] == ["octo/app"]


def test_a_person_is_named_by_issuer_and_subject(add, pushed, workshop, sigstore):
    image, digest = pushed()
    person = workshop()
    person.by = sigstore.token(**email_claims("ada@example.org"))
    person.sign(f"{image}@{digest}")
    said = add(f"{image}:1", "--yes")
    assert said.code == 0, said.words
    [identity] = yaml_document.read(add.policy.read_bytes(), "gate.yaml").value["trust"]["identities"]
    assert set(identity) == {"issuer", "subject"}


def test_verify_without_trust_shows_the_lines_to_add(gate):
    said = gate("verify", "127.0.0.1:9/octo/app:1")
    assert said.code == 3
    assert "put in your own repository and workflow" in said.err
    assert "    - repository: owner/name\n" in said.err


def test_verify_without_trust_knows_the_repository_of_the_checkout(gate):
    checkout(gate.folder, "git@github.com:acme/web.git")
    folder = gate.folder / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "test.yml").write_text("on: push\n")
    (folder / "image.yml").write_text("jobs:\n  image:\n    steps:\n      - with:\n          sign: true\n")
    said = gate("verify", "127.0.0.1:9/octo/app:1")
    assert said.code == 3
    assert "    - repository: acme/web\n      workflow: .github/workflows/image.yml\n      refs: [main]\n" in said.err


def test_verify_without_trust_knows_the_ids_of_the_ci_job(gate):
    checkout(gate.folder, "git@github.com:acme/web.git")
    job = {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "acme/web"}
    ids = {"GITHUB_REPOSITORY_ID": "11", "GITHUB_REPOSITORY_OWNER_ID": "22"}
    said = gate("verify", "127.0.0.1:9/octo/app:1", env={**job, **ids})
    assert '      repository_id: "11"\n      owner_id: "22"\n' in said.err
