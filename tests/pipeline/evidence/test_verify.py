"""`gate verify` on evidence that others made: what is refused, and that each refusal has its own name."""

import base64
import json
from dataclasses import replace

import pytest

from gate.model.evidence import CYCLONEDX, VERDICT
from tests.builders import NOW
from tests.lab.referrers import MemoryRegistry
from tests.lab.sigstore import Sigstore, email_claims, github_claims
from tests.pipeline.evidence.conftest import place_of
from tests.pipeline.evidence.staging import BILL, DAY, POLICY, attach, verdict

ACCEPT = ("--accept-policy", POLICY)
RELEASE = ".github/workflows/release.yml"


@pytest.fixture(scope="module")
def images(layouts):
    """A registry of this file's own, which can be made to lie."""
    with MemoryRegistry() as served:
        yield served


@pytest.fixture
def pushed(images, layouts, request):
    """Push a sample under a repository of the test's own; its name and digest."""
    count = iter(range(9))

    def push(name="single", to=images):
        place = f"{place_of(request)}-{next(count)}"
        return f"{to.host}/{place}", to.push(layouts, name, f"{place}:1")

    return push


def repository(image):
    return image.partition("/")[2]


@pytest.mark.parametrize("fixture", ["registry", "referrers"])
def test_what_its_workflow_signed_with_verdict_and_bill_is_verified(verify, pushed, workshop, request, fixture):
    image, digest = pushed(to=request.getfixturevalue(fixture))
    attach(workshop(), image, digest)
    said = verify(f"{image}:1", *ACCEPT)
    assert said.code == 0, said.words
    assert said.results[0]["digest"] == digest
    assert "VERIFIED" in said.out
    assert f"octo/app/{RELEASE}@refs/heads/main" in said.row("verdict")["signer"]


@pytest.mark.parametrize("rekor", [1, 2])
def test_both_versions_of_the_log_are_read(verify, pushed, workshop, rekor):
    image, digest = pushed()
    one = workshop()
    one.program = replace(one.program, rekor=rekor)
    attach(one, image, digest)
    assert verify(f"{image}@{digest}", *ACCEPT).code == 0


@pytest.fixture
def roots(sigstore, tmp_path):
    """What `gh attestation trusted-root` prints: the public root, and GitHub's own, which names no log, one a line."""
    public = json.loads(sigstore.trusted_root.read_text())
    private = {name: value for name, value in public.items() if name not in {"tlogs", "ctlogs"}}
    public.pop("timestampAuthorities")
    path = tmp_path / "roots.jsonl"
    path.write_text(f"{json.dumps(public)}\n{json.dumps(private)}\n")
    return path


def test_github_s_own_attestations_of_private_repositories_are_read(verify, pushed, workshop, roots):
    image, digest = pushed()
    one = workshop()
    one.program = replace(one.program, rekor=None, tsa=True)
    attach(one, image, digest)
    said = verify(f"{image}:1", *ACCEPT, root=roots)
    assert said.code == 0, said.words
    assert said.row("verdict")["at"] == "2026-06-01T12:00:00Z"
    public = workshop()
    other, its = pushed("clean")
    attach(public, other, its)
    assert verify(f"{other}:1", *ACCEPT, root=roots).code == 0


def test_nothing_is_missing_not_unknown(verify, pushed):
    image, _ = pushed()
    said = verify(f"{image}:1")
    assert said.code == 11
    assert said.state("signature") == said.state("verdict") == "missing"
    assert "hint:" in said.out


def test_an_attestation_alone_is_no_signature_though_cosign_verifies_it(verify, pushed, workshop):
    image, digest = pushed()
    one = workshop()
    attach(one, image, digest, signed=False, bill=False, failed=True)
    assert one.program.verify(f"{image}@{digest}", f"https://github.com/octo/app/{RELEASE}@refs/heads/main")
    said = verify(f"{image}:1", *ACCEPT)
    assert said.code == 11
    assert said.state("signature") == "missing"
    assert said.state("verdict") == "refused"


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"repository": "octo/app-evil"}, "octo/app-evil"),
        ({"repository": "octo/app.git"}, "octo/app.git"),
        ({"repository": "octo/appx"}, "octo/appx"),
        ({"repository": "evil/app"}, "evil/app"),
        ({"workflow": ".github/workflows/ci.yml"}, "ci.yml"),
        ({"workflow": ".github/workflows/releaseXyml"}, "releaseXyml"),
        ({"ref": "refs/heads/feature"}, "refs/heads/feature"),
        ({"ref": "refs/tags/main"}, "refs/tags/main"),
        ({"ref": "refs/heads/main-evil"}, "refs/heads/main-evil"),
        ({"event": "pull_request", "ref": "refs/pull/9/merge"}, "refs/pull/9/merge"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_an_identity_that_is_only_nearly_right_is_untrusted_and_is_named(verify, pushed, workshop, claims, words):
    image, digest = pushed()
    workshop(**claims).sign(f"{image}@{digest}")
    said = verify(f"{image}:1", "--require", "signature")
    assert said.code == 11
    assert said.state("signature") == "untrusted"
    assert words in said.row("signature")["why"]


def test_another_issuer_is_untrusted(verify, pushed, workshop, sigstore):
    image, digest = pushed()
    workshop().sign(f"{image}@{digest}")
    trust = ("--issuer", "https://token.actions.enterprise.example", "--repository", "octo/app", "--workflow", RELEASE)
    said = verify(f"{image}:1", "--require", "signature", trust=(*trust, "--ref", "main"))
    assert said.code == 11
    assert said.state("signature") == "untrusted"
    assert "issuer" in said.row("signature")["why"]


def test_another_authority_is_untrusted_even_under_the_right_name(verify, pushed, workshop, tmp_path):
    image, digest = pushed()
    with Sigstore(tmp_path / "evil", now=NOW) as evil:
        program = replace(workshop().program, sigstore=evil)
        program.sign(f"{image}@{digest}", evil.token(**github_claims()))
    said = verify(f"{image}:1", "--require", "signature")
    assert said.code == 11
    assert said.state("signature") in {"untrusted", "tampered"}


def test_a_reusable_workflow_is_told_how_to_be_trusted(verify, pushed, workshop):
    image, digest = pushed()
    called = "octo/shared/.github/workflows/build.yml@refs/tags/v1"
    workshop(called=called).sign(f"{image}@{digest}")
    said = verify(f"{image}:1", "--require", "signature")
    assert said.state("signature") == "untrusted"
    assert "reusable workflow" in said.row("signature")["why"]
    shared = ("--repository", "octo/app", "--workflow", called, "--ref", "main")
    assert verify(f"{image}:1", "--require", "signature", trust=shared).code == 0


def test_a_person_is_trusted_by_name(verify, pushed, workshop, sigstore):
    image, digest = pushed()
    workshop().program.sign(f"{image}@{digest}", sigstore.token(**email_claims("release@octo.example")))
    issuer = ("--issuer", "https://accounts.example.org")
    good = verify(f"{image}:1", "--require", "signature", trust=(*issuer, "--subject", "release@octo.example"))
    assert good.code == 0, good.words
    assert verify(f"{image}:1", "--require", "signature", trust=(*issuer, "--subject", "lease@octo.example")).code == 11


def test_a_key_is_trusted_by_its_file_and_another_key_is_not(verify, gate, pushed, workshop, signing_key):
    image, digest = pushed()
    one = workshop(key=signing_key)
    attach(one, image, digest)
    call = ("verify", f"{image}:1", *ACCEPT, "--json=answers.json", "--key")
    assert gate(*call, signing_key.public).code == 0
    said = gate(*call, one.program.key("other").public)
    assert said.code == 11
    assert said.state("signature") in {"untrusted", "tampered"}
    assert verify(f"{image}:1", *ACCEPT).state("signature") == "untrusted"


@pytest.fixture(params=["cosign", "cosign2"])
def program(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("keyed", [True, False], ids=["key", "keyless"])
def test_what_lies_under_the_old_tags_is_read(verify, pushed, workshop, signing_key, program, *, keyed):
    image, digest = pushed()
    one = workshop(program, key=signing_key if keyed else None)
    one.attest(f"{image}@{digest}", VERDICT, verdict(digest), legacy=True)
    one.attest(f"{image}@{digest}", CYCLONEDX, BILL, legacy=True)
    one.sign(f"{image}@{digest}", legacy=True)
    trust = {"trust": ("--key", signing_key.public)} if keyed else {}
    said = verify(f"{image}:1", *ACCEPT, **trust)
    assert said.code == 0, said.words
    assert {row["format"] for row in said.results[0]["rows"]} == {"legacy"}


def test_cosign_2_verifies_too(verify, pushed, workshop, cosign2):
    image, digest = pushed()
    attach(workshop(), image, digest)
    said = verify(f"{image}:1", *ACCEPT, env={"GATE_COSIGN": str(cosign2)})
    assert said.code == 0, said.words


def test_a_foreign_bundle_beside_a_good_old_signature_hides_nothing(verify, pushed, workshop):
    image, digest = pushed()
    workshop().sign(f"{image}@{digest}", legacy=True)
    workshop(repository="evil/app").attest(f"{image}@{digest}", "https://slsa.dev/provenance/v1", {"a": 1})
    assert verify(f"{image}:1", "--require", "signature").code == 0


def test_an_attestation_by_somebody_else_beside_a_good_one_changes_nothing(verify, pushed, workshop):
    image, digest = pushed()
    attach(workshop(), image, digest)
    workshop(repository="evil/app").attest(f"{image}@{digest}", VERDICT, verdict(digest, failed=True))
    assert verify(f"{image}:1", *ACCEPT).code == 0


def test_somebody_else_s_pass_does_not_stand_in_for_ours(verify, pushed, workshop):
    image, digest = pushed()
    workshop().sign(f"{image}@{digest}")
    workshop(repository="evil/app").attest(f"{image}@{digest}", VERDICT, verdict(digest))
    said = verify(f"{image}:1", *ACCEPT)
    assert said.code == 11
    assert said.state("verdict") == "untrusted"


def test_evidence_moved_from_another_image_does_not_count(verify, images, pushed, workshop, layouts):
    image, digest = pushed()
    clean = images.push(layouts, "clean", f"{repository(image)}:2")
    attach(workshop(), image, clean)
    images.graft(repository(image), clean, digest)
    said = verify(f"{image}:1", *ACCEPT)
    assert said.code == 11
    assert {said.state("signature"), said.state("verdict")} <= {"tampered", "mismatched", "untrusted"}


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"failed": True}, "refused"),
        ({"policy": "f" * 64}, "mismatched"),
        ({"at": NOW - 8 * DAY}, "stale"),
        ({"at": NOW + DAY}, "stale"),
        ({"platforms": ["sha256:" + "0" * 64]}, "good"),
    ],
)
def test_a_verdict_that_does_not_do_is_told_for_what_it_is(verify, pushed, workshop, change, state):
    image, digest = pushed()
    attach(workshop(), image, digest, **change)
    said = verify(f"{image}:1", *ACCEPT)
    assert said.state("verdict") == state
    assert said.code == (0 if state == "good" else 11)


def test_the_newest_verdict_decides(verify, pushed, workshop, sigstore):
    image, digest = pushed()
    one = workshop()
    with sigstore.at(NOW - DAY):
        attach(workshop(), image, digest, at=NOW - DAY)
    assert verify(f"{image}:1", *ACCEPT).code == 0
    one.attest(f"{image}@{digest}", VERDICT, verdict(digest, failed=True))
    said = verify(f"{image}:1", *ACCEPT)
    assert said.code == 11
    assert said.state("verdict") == "refused"


def test_signing_an_old_verdict_again_does_not_make_it_young(verify, pushed, workshop):
    image, digest = pushed()
    attach(workshop(), image, digest, at=NOW - 8 * DAY)
    assert verify(f"{image}:1", *ACCEPT).state("verdict") == "stale"


def test_evidence_of_tomorrow_is_no_pass(verify, pushed, workshop, sigstore):
    image, digest = pushed()
    with sigstore.at(NOW + DAY):
        attach(workshop(), image, digest)
    assert verify(f"{image}:1", *ACCEPT).state("verdict") == "stale"


def test_an_index_needs_a_verdict_on_every_platform_and_a_bill_for_each(verify, pushed, workshop, layouts, sigstore):
    image, digest = pushed("multi")
    children = [one["digest"] for one in layouts.document(digest)["manifests"] if one["platform"]["os"] == "linux"]
    one = workshop()
    with sigstore.at(NOW - DAY):
        old = workshop()
        attach(old, image, digest, bill=False, platforms=children[:1], at=NOW - DAY)
        old.attest(f"{image}@{children[0]}", CYCLONEDX, BILL)
    said = verify(f"{image}:1", *ACCEPT)
    assert said.code == 11
    assert said.state("verdict") == "mismatched"
    assert said.state("sbom", "linux/amd64") == "good"
    assert said.state("sbom", "linux/arm64/v8") == "missing"
    one.attest(f"{image}@{digest}", VERDICT, verdict(digest, platforms=children))
    one.attest(f"{image}@{children[1]}", CYCLONEDX, BILL)
    assert verify(f"{image}:1", *ACCEPT).code == 0


def test_a_platform_that_was_replaced_is_tampered(verify, images, pushed, workshop, layouts):
    image, digest = pushed("multi")
    workshop().sign(f"{image}@{digest}")
    child = layouts.document(digest)["manifests"][0]["digest"]
    images.alter(repository(image), child, layouts.read(layouts.tagged("clean")["digest"]))
    said = verify(f"{image}:1", "--require", "signature")
    assert said.code == 11
    assert said.state("image", "linux/amd64") == "tampered"


def test_an_image_that_differs_from_its_digest_is_tampered_even_if_cosign_verifies(
    verify, images, pushed, workshop, layouts
):
    image, digest = pushed()
    one = workshop()
    one.sign(f"{image}@{digest}")
    images.alter(repository(image), digest, layouts.read(layouts.tagged("clean")["digest"]))
    assert one.program.verify(f"{image}@{digest}", f"https://github.com/octo/app/{RELEASE}@refs/heads/main")
    said = verify(f"{image}@{digest}", "--require", "signature")
    assert said.code == 11
    assert said.state("image") == "tampered"


def test_evidence_that_was_altered_in_its_store_is_tampered(verify, images, pushed, workshop):
    image, digest = pushed()
    workshop().sign(f"{image}@{digest}")
    [listed] = images.evidence(repository(image), digest)
    blob = json.loads(images.read(repository(image), listed["digest"]))["layers"][0]["digest"]
    images.alter(repository(image), blob, images.read(repository(image), blob) + b" ")
    said = verify(f"{image}:1", "--require", "signature")
    assert said.code == 11
    assert said.state("signature") == "tampered"


def test_a_verdict_that_was_edited_is_tampered(verify, images, pushed, workshop):
    image, digest = pushed()
    workshop().attest(f"{image}@{digest}", VERDICT, verdict(digest, failed=True))
    bundle = json.loads(images.bundles(repository(image), digest)[0])
    envelope = bundle["dsseEnvelope"]
    told = base64.b64decode(envelope["payload"]).replace(b"FAILED", b"PASSED")
    envelope["payload"] = base64.b64encode(told).decode()
    [listed] = images.evidence(repository(image), digest)
    images.forget(repository(image), listed["digest"])
    images.attach(repository(image), digest, json.dumps(bundle).encode())
    said = verify(f"{image}:1", "--require", "verdict", *ACCEPT)
    assert said.code == 11
    assert said.state("verdict") == "tampered"


@pytest.mark.parametrize(
    "fault",
    [{"status": 403}, {"status": 429}, {"status": 500}, {"reset": True}, {"status": 200, "body": b"garbage"}],
    ids=str,
)
@pytest.mark.parametrize("path", ["/referrers/", r"/manifests/sha256-[0-9a-f]{64}$", r"\.sig$"])
def test_where_the_registry_does_not_answer_nobody_knows_and_nobody_says_unsigned(verify, pushed, images, fault, path):
    image, _ = pushed()
    images.fault("GET", path, **fault)
    try:
        said = verify(f"{image}:1", "--timeout", "5")
    finally:
        images.mend()
    assert said.code == 6, said.words
    assert said.state("signature") == "unknown"
    assert "UNKNOWN" in said.out
    assert "there is no signature" not in said.out


def test_an_image_that_is_not_there_is_missing(verify, images):
    said = verify(f"{images.host}/octo/nothing:1")
    assert said.code == 11
    assert said.state("image") == "missing"


def test_a_registry_that_is_not_there_is_unknown(verify):
    said = verify("127.0.0.1:9/octo/app:1", "--timeout", "3")
    assert said.code == 6
    assert said.state("image") == "unknown"


def test_several_images_are_each_told_and_one_that_is_bad_decides(verify, pushed, workshop):
    good, digest = pushed()
    attach(workshop(), good, digest)
    bad, _ = pushed("clean")
    said = verify(f"{good}:1", f"{bad}:1", "127.0.0.1:9/octo/app:1", *ACCEPT, "--timeout", "20")
    assert said.code == 11
    assert [one["verified"] for one in said.results] == [True, False, False]
    assert "1 of 3 images verified" in said.out


def test_somebody_has_to_be_trusted(gate, pushed):
    image, _ = pushed()
    said = gate("verify", f"{image}:1")
    assert said.code == 3
    assert "has no trusted identities" in said.err
    assert "trust.identities" in said.err


def test_the_policy_file_names_who_is_trusted(gate, pushed, workshop, sigstore):
    image, digest = pushed()
    workshop().sign(f"{image}@{digest}")
    (gate.folder / "gate.yaml").write_text(
        "trust:\n  require: [signature]\n  identities:\n"
        f"    - {{repository: evil/app, workflow: {RELEASE}, refs: [main]}}\n"
        f"    - {{repository: octo/app, workflow: {RELEASE}, refs: [main, 'v*']}}\n"
    )
    said = gate("verify", f"{image}:1", "--trusted-root", sigstore.trusted_root)
    assert said.code == 0, said.words


def test_offline_without_a_root_of_trust_nobody_knows(gate, pushed, workshop):
    image, digest = pushed()
    workshop().sign(f"{image}@{digest}")
    who = ("--repository", "octo/app", "--workflow", RELEASE, "--ref", "main")
    said = gate("verify", f"{image}:1", *who, "--require", "signature", "--offline", "--json=answers.json")
    assert said.code == 6
    assert said.state("signature") == "unknown"
    assert "--trusted-root" in said.out


BROKEN = {
    "absent": None,
    "hanging": "exec sleep 402.5",
    "killed": "kill -9 $$",
    "garbage": "echo hello",
    "always yes": 'case "$1" in version) echo "{}";; *) echo "Verified OK" >&2;; esac; exit 0',
}


@pytest.mark.parametrize("how", ["absent", "killed", "garbage"])
def test_a_cosign_that_does_not_work_verifies_nothing(verify, pushed, workshop, tmp_path, how):
    image, digest = pushed()
    workshop().sign(f"{image}@{digest}")
    fake = tmp_path / "cosign"
    if BROKEN[how]:
        fake.write_text(f"#!/bin/sh\n{BROKEN[how]}\n")
        fake.chmod(0o755)
    said = verify(f"{image}:1", "--require", "signature", env={"GATE_COSIGN": str(fake)})
    assert said.code in {4, 5, 6}
    assert "VERIFIED " not in said.out
    assert "hint:" in said.words


def test_without_a_cosign_the_words_say_what_to_install(verify, pushed, workshop, tmp_path):
    image, digest = pushed()
    workshop().sign(f"{image}@{digest}")
    said = verify(f"{image}:1", env={"GATE_COSIGN": str(tmp_path / "none")})
    assert said.code == 4
    assert "install cosign" in said.err
