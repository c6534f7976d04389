"""`gate sign` on real parts: when it signs, what it attaches, when it does not, what it leaves when it must stop."""

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gate.cli import run
from gate.model.evidence import CYCLONEDX, SIGNATURE, VERDICT, VULNERABILITIES
from tests.builders import NOW
from tests.cosign.tuf import Repository
from tests.lab import database as lab_database
from tests.lab.advisories import ADVISORIES, DEBIAN
from tests.lab.cosign import PASSWORD, Cosign
from tests.lab.referrers import MemoryRegistry
from tests.lab.sigstore import Sigstore, github_claims, workflow_uri
from tests.pipeline.evidence.conftest import place_of

KINDS = {SIGNATURE, VERDICT, VULNERABILITIES, CYCLONEDX}
RELEASE = workflow_uri(github_claims())


@pytest.fixture
def own(tmp_path):
    """A registry without the referrers API, as GHCR is, which can be made to fail."""
    with MemoryRegistry(referrers=False) as served:
        yield served


@pytest.fixture
def image(own, layouts, request):
    """The clean sample, one platform, in that registry; its name and digest."""
    place = place_of(request)
    return f"{own.host}/{place}", own.push(layouts, "clean", f"{place}:1")


def kinds(registry, name, digest):
    """Predicate types of the bundles beside a digest."""
    import base64

    repository = name.partition("/")[2]
    envelopes = [json.loads(one)["dsseEnvelope"] for one in registry.bundles(repository, digest)]
    return [json.loads(base64.b64decode(one["payload"]))["predicateType"] for one in envelopes]


def states(said):
    [one] = said.results
    return {step["state"] for step in one["steps"]}


def reasons(said):
    [one] = said.results
    return [reason["rule"] for reason in one["reasons"]]


@pytest.mark.parametrize("fixture", ["registry", "referrers"])
def test_what_passes_is_signed_with_its_evidence_and_verified_and_twice_adds_nothing(
    sign, verify, layouts, request, fixture
):
    registry, place = request.getfixturevalue(fixture), place_of(request)
    digest = registry.push(layouts, "clean", f"{place}:1")
    said = sign(f"{registry.host}/{place}:1")
    assert said.code == 0, said.words
    assert said.results[0]["digest"] == digest
    assert RELEASE in said.results[0]["signer"]
    assert states(said) == {"pushed"}
    assert verify(f"{registry.host}/{place}:1").code == 0
    again = sign(f"{registry.host}/{place}:1")
    assert again.code == 0
    assert states(again) == {"there already"}


def test_plain_cosign_verifies_what_was_signed(sign, workshop, own, image):
    name, digest = image
    assert sign(f"{name}:1").code == 0
    plain = workshop().program
    [told] = plain.statements(f"{name}@{digest}", VERDICT, RELEASE)
    assert told["predicate"]["verificationResult"] == "PASSED"
    assert told["predicate"]["policy"]["digest"]["sha256"]
    [signature] = plain.statements(f"{name}@{digest}", SIGNATURE, RELEASE)
    assert signature["subject"][0]["annotations"]["commit"] == "a" * 40
    assert plain.statements(f"{name}@{digest}", VULNERABILITIES, RELEASE)
    assert plain.statements(f"{name}@{digest}", CYCLONEDX, RELEASE)


def test_an_index_and_each_of_its_platforms_get_everything(sign, verify, own, layouts, request):
    place = place_of(request)
    digest = own.push(layouts, "multi", f"{place}:1")
    (sign.folder / "gate.yaml").write_text("fail_on: {severity: none, secrets: none}\nsize: {max: 1GB}\n")
    name = f"{own.host}/{place}"
    said = sign(f"{name}:1")
    assert said.code == 0, said.words
    children = [one["digest"] for one in layouts.document(digest)["manifests"] if one["platform"]["os"] == "linux"]
    assert len(children) == 2
    for one in (digest, *children):
        assert set(kinds(own, name, one)) == KINDS
    assert verify(f"{name}:1").code == 0
    for child in children:
        assert verify(f"{name}@{child}").code == 0


def test_what_does_not_pass_is_not_signed_and_nothing_is_pushed(sign, own, layouts, request):
    place = place_of(request)
    digest = own.push(layouts, "single", f"{place}:1")
    said = sign(f"{own.host}/{place}:1")
    assert said.code == 10
    assert reasons(said) == ["passed"]
    assert own.evidence(place, digest) == []
    assert own.count("PUT", ".") == own.count("POST", ".") == 0
    assert "REFUSED" in said.out
    assert "nothing was pushed" in said.out


def test_a_refusal_can_be_attached_and_is_the_newest_from_then_on(gate, lab, sign, verify, image, tmp_path):
    name, _ = image
    assert sign(f"{name}:1").code == 0
    assert verify(f"{name}:1").code == 0
    worse = {**ADVISORIES[DEBIAN], "curl": {"CVE-2023-38545": {"FixedVersion": "99-1"}}}
    lab_database.build(tmp_path / "newer", updated=NOW, advisories={**ADVISORIES, DEBIAN: worse})
    more = ["--trivy-cache", tmp_path / "newer", "--json=answers.json"]
    said = gate("sign", f"{name}:1", "--attest-refusal", *lab[:5], *more, env=sign.job())
    assert said.code == 10
    assert reasons(said) == ["passed"]
    assert [step["what"] for step in said.results[0]["steps"]] == ["verdict"]
    assert "without a signature" in said.out
    now = verify(f"{name}:1")
    assert now.code == 11
    assert now.state("signature") == "good"
    assert now.state("verdict") == "refused"


@pytest.mark.parametrize(
    ("claims", "rule"),
    [
        ({"ref": "refs/heads/feature"}, "sign.refs"),
        ({"ref": "refs/tags/main"}, "sign.refs"),
        ({"event": "schedule"}, "sign.events"),
    ],
)
def test_a_run_that_the_policy_does_not_name_signs_nothing(sign, own, image, claims, rule):
    name, digest = image
    said = sign(f"{name}:1", **claims)
    assert said.code == 10
    assert reasons(said) == [rule]
    assert own.evidence(name.partition("/")[2], digest) == []


def test_a_pull_request_of_a_fork_signs_nothing_whatever_the_policy_says(sign, own, image, sigstore, tmp_path):
    name, digest = image
    event = {"pull_request": {"head": {"repo": {"full_name": "evil/app"}}, "base": {"repo": {"full_name": "octo/app"}}}}
    (tmp_path / "event.json").write_text(json.dumps(event))
    (sign.folder / "gate.yaml").write_text('sign: {refs: ["refs/pull/**"], events: [pull_request]}\n')
    job = sigstore.actions_env(**github_claims(event="pull_request", ref="refs/pull/9/merge"))
    said = sign(f"{name}:1", env={**job, "GITHUB_EVENT_PATH": str(tmp_path / "event.json")})
    assert said.code == 10
    assert "fork" in said.out
    assert own.evidence(name.partition("/")[2], digest) == []


def test_outside_of_actions_it_takes_a_key_or_a_word(gate, sign, lab, own, image, signing_key):
    name, _ = image
    said = sign(f"{name}:1", env={})
    assert said.code == 10
    assert "--local" in said.out
    keyed = gate("sign", f"{name}:1", *lab[4:], "--key", signing_key.private, "--json=answers.json")
    assert keyed.code == 0, keyed.words
    assert gate("verify", f"{name}:1", "--key", signing_key.public).code == 0


def test_the_signing_key_may_be_trusted_by_the_policy_under_another_name(gate, sign, lab, image, signing_key):
    name, _ = image
    (sign.folder / "trusted.pub").write_bytes(signing_key.public.read_bytes())
    (sign.folder / "gate.yaml").write_text("trust: {identities: [{key: trusted.pub}]}\n")
    said = gate("sign", f"{name}:1", *lab[4:], "--key", signing_key.private)
    assert said.code == 0, said.words


def logged(registry, name, digest):
    """Of each bundle, whether it is in a transparency log."""
    bundles = registry.bundles(name.partition("/")[2], digest)
    return {bool(json.loads(one)["verificationMaterial"].get("tlogEntries")) for one in bundles}


@pytest.mark.parametrize("public", [False, True])
def test_what_a_key_signs_is_in_the_public_log_if_it_is_asked_for(
    gate, lab, own, image, signing_key, sigstore, cosign, tmp_path, public
):
    name, digest = image
    config = sigstore.signing_config(rekor=2).read_bytes()
    targets = {"trusted_root.json": sigstore.trusted_root.read_bytes(), "signing_config.v0.2.json": config}
    with Repository(targets, datetime.now(UTC) + timedelta(days=30)) as mirror:  # cosign's clock is right
        (tmp_path / "root.json").write_bytes(mirror.root)
        once = Cosign(cosign, tmp_path / "once", env={"TUF_ROOT": str(gate.context.cache / "sigstore")})
        once.run("initialize", "--mirror", mirror.url, "--root", tmp_path / "root.json")
        more = ["--public-log"] if public else []
        said = gate("sign", f"{name}:1", *lab[4:], "--key", signing_key.private, *more)
    assert said.code == 0, said.words
    assert logged(own, name, digest) == {public}
    assert gate("verify", f"{name}:1", "--key", signing_key.public).code == 0


@pytest.mark.parametrize(
    ("more", "words"),
    [((), "--public-log goes with --key"), (("--key", "k", "--signing-config", "c"), "says which log there is")],
)
def test_a_public_log_that_cannot_be_meant_is_refused_before_anything_is_scanned(gate, lab, image, more, words):
    for command in (["sign"], ["scan", "--sign"]):
        said = gate(*command, f"{image[0]}:1", "--public-log", *more, *lab[4:])
        assert said.code == 2
        assert words in said.err


def test_a_token_signs_as_whom_it_names(sign, verify, image, sigstore, tmp_path):
    name, _ = image
    (tmp_path / "token").write_text(sigstore.token(**github_claims()))
    said = sign(f"{name}:1", "--local", "--identity-token", tmp_path / "token", env={})
    assert said.code == 0, said.words
    assert verify(f"{name}:1").code == 0


def test_a_dry_run_says_what_would_be_pushed_and_pushes_nothing(sign, own, image):
    name, digest = image
    said = sign(f"{name}:1", "--dry-run")
    assert said.code == 0, said.words
    assert states(said) == {"would be pushed"}
    assert own.evidence(name.partition("/")[2], digest) == []
    assert own.count("PUT", ".") == own.count("POST", ".") == 0


def test_a_digest_that_does_not_exist_is_not_signed(sign, own, image):
    name, _ = image
    said = sign(f"{name}@sha256:{'0' * 64}")
    assert said.code == 6
    assert own.count("PUT", ".") == 0


def test_an_image_that_is_not_in_a_registry_is_not_signed(sign, layouts):
    said = sign(f"oci:{layouts.folder}:clean")
    assert said.code == 3
    assert "push it" in said.err


@pytest.fixture
def judged(gate, lab, image):
    """The verdict and the bill of the clean sample, as `gate scan` writes them."""
    name, _ = image
    said = gate("scan", f"{name}:1", *lab[4:], "--json=verdict.json", "--sbom", "bill.cdx.json")
    assert said.code == 0, said.words
    return ["--verdict", "verdict.json", "--sbom", "bill.cdx.json"]


def test_a_verdict_of_the_same_run_is_taken(sign, verify, image, judged):
    name, _ = image
    said = sign(f"{name}:1", *judged)
    assert said.code == 0, said.words
    assert verify(f"{name}:1").code == 0


@pytest.mark.parametrize(
    ("edit", "rule"),
    [
        (lambda one: one.update(passed=False), "verdict"),
        (lambda one: one.update(reasons=[{"rule": "x", "message": "y", "count": 1}]), "verdict"),
        (lambda one: one["policy"].update(sha256="0" * 64), "policy"),
        (lambda one: one.update(judged_at="2026-05-30T12:00:00Z"), "sign.max_age"),
        (lambda one: one.update(judged_at="2026-06-01T13:00:00Z"), "sign.max_age"),
        (lambda one: one.update(platforms=[]), "platforms"),
    ],
)
def test_a_verdict_that_does_not_fit_signs_nothing(sign, own, image, judged, edit, rule):
    name, digest = image
    path = sign.folder / "verdict.json"
    document = json.loads(path.read_bytes())
    edit(document["verdicts"][0])
    path.write_text(json.dumps(document))
    said = sign(f"{name}:1", *judged)
    assert said.code == 10
    assert rule in reasons(said)
    assert own.evidence(name.partition("/")[2], digest) == []


def test_a_verdict_of_another_digest_signs_nothing(sign, own, image, judged, layouts):
    name, _ = image
    place = name.partition("/")[2]
    other = own.push(layouts, "single", f"{place}:1")  # the tag has moved since
    said = sign(f"{name}:1", *judged)
    assert said.code == 10
    assert reasons(said) == ["tag"]
    assert own.evidence(place, other) == []
    document = (sign.folder / "verdict.json").read_text()
    digest = json.loads(document)["verdicts"][0]["subject"]["digest"]
    (sign.folder / "verdict.json").write_text(document.replace(digest, other))
    said = sign(f"{name}:1", *judged)
    assert said.code in {3, 10}
    assert own.evidence(place, other) == []


def test_a_bill_of_another_image_is_not_attached(sign, own, image, judged):
    name, digest = image
    path = sign.folder / "bill.cdx.json"
    path.write_text(path.read_text().replace(digest.removeprefix("sha256:"), "0" * 64))
    said = sign(f"{name}:1", *judged)
    assert said.code == 3
    assert "is not about" in said.err


def test_a_verdict_without_its_bill_says_what_is_missing(sign, image, judged):
    name, _ = image
    said = sign(f"{name}:1", *judged[:2])
    assert said.code == 3
    assert "attaches the SBOM" in said.err
    assert sign(f"{name}:1", *judged[:2], "--attach", "verdict").code == 0


def test_scan_and_sign_in_one_command(gate, verify, lab, image, sigstore):
    name, _ = image
    job = sigstore.actions_env(**github_claims())
    said = gate("scan", f"{name}:1", *lab, "--json=verdict.json", "--sign", env=job)
    assert said.code == 0, said.words
    assert "PASSED" in said.out
    assert "SIGNED" in said.out
    assert verify(f"{name}:1").code == 0


def test_scan_does_not_sign_what_it_refuses(gate, lab, own, layouts, request, sigstore):
    place = place_of(request)
    digest = own.push(layouts, "single", f"{place}:1")
    said = gate("scan", f"{own.host}/{place}:1", *lab, "--sign", env=sigstore.actions_env(**github_claims()))
    assert said.code == 10
    assert own.evidence(place, digest) == []


def test_nothing_is_signed_when_an_image_of_the_call_is_missing(gate, sign, lab, own, image):
    name, digest = image
    said = gate("scan", f"{name}:1", f"{name}:gone", *lab, "--json=verdict.json", "--sign", env=sign.job())
    assert said.code == 6
    assert "NOTHING WAS SIGNED" in said.err
    assert "PASSED" in said.out
    assert sign(f"{name}:1", f"{name}:gone").code == 6
    bound = sign(f"{name}:1", "--verdict", "verdict.json", "--attach", "verdict")
    assert bound.code == 10
    assert "of the same call failed" in bound.out
    assert own.evidence(name.partition("/")[2], digest) == []


@pytest.mark.parametrize("program", ["cosign", "cosign2"])
def test_the_old_format_is_written_for_those_who_read_nothing_else(gate, sign, verify, image, own, request, program):
    name, digest = image
    (sign.folder / "gate.yaml").write_text("sign: {formats: [legacy]}\n")
    said = sign(f"{name}:1", env={**sign.job(), "GATE_COSIGN": str(request.getfixturevalue(program))})
    assert said.code == 0, said.words
    tags = own.tags(name.partition("/")[2])
    assert {f"sha256-{digest[7:]}.sig", f"sha256-{digest[7:]}.att"} <= set(tags)
    assert verify(f"{name}:1").code == 0


def test_both_formats_stand_side_by_side(sign, verify, image, own):
    name, digest = image
    said = sign(f"{name}:1", "--evidence-format", "bundle,legacy")
    assert said.code == 0, said.words
    assert set(kinds(own, name, digest)) == KINDS
    assert f"sha256-{digest[7:]}.sig" in own.tags(name.partition("/")[2])
    assert states(sign(f"{name}:1", "--evidence-format", "bundle,legacy")) == {"there already"}


def test_cosign_2_does_not_sign_bundles(sign, image, own, cosign2, sigstore):
    name, digest = image
    said = sign(f"{name}:1", env={**sigstore.actions_env(**github_claims()), "GATE_COSIGN": str(cosign2)})
    assert said.code == 4
    assert own.evidence(name.partition("/")[2], digest) == []


def login_for(registry, name):
    return {
        "GATE_REGISTRY": registry.host,
        "GATE_REGISTRY_USERNAME": name,
        "GATE_REGISTRY_PASSWORD": f"s3cret-of-{name}",
    }


def test_a_registry_that_asks_for_a_login_gets_the_one_for_it(sign, verify, image, own):
    name, _ = image
    own.user("octocat", "s3cret-of-octocat", pull=("octo/*",), push=("octo/*",))
    login = login_for(own, "octocat")
    said = sign(f"{name}:1", env={**sign.job(), **login})
    assert said.code == 0, said.words
    assert "s3cret" not in said.words


def test_who_may_not_push_is_told_what_is_missing(sign, image, own):
    name, digest = image
    own.user("reader", "s3cret-of-reader", pull=("octo/*",))
    login = login_for(own, "reader")
    said = sign(f"{name}:1", env={**sign.job(), **login})
    assert said.code == 6
    assert states(said) == {"missing"}
    assert "hint:" in said.words
    assert own.evidence(name.partition("/")[2], digest) == []


@pytest.fixture
def stormy(tmp_path):
    """A Sigstore of the test's own, to have outages."""
    with Sigstore(tmp_path / "stormy", now=NOW) as served:
        yield served


def test_an_outage_is_waited_out(gate, database, image, stormy, trivy):
    name, _ = image
    stormy.fail("/api/v2/signingCert", 503, times=2)
    said = gate(
        "sign", f"{name}:1", "--offline", "--trivy-cache", database, "--signing-config", stormy.signing_config(),
        "--trusted-root", stormy.trusted_root, "--json=answers.json", "--patience", "60",
        env=stormy.actions_env(**github_claims()),
    )  # fmt: skip
    assert said.code == 0, said.words


def test_what_could_not_be_signed_is_left_in_a_file_and_gone_on_with(gate, database, image, own, stormy, trivy):
    name, digest = image
    stormy.fail("/api/v2/signingCert", 503)
    options = [
        "--offline", "--trivy-cache", database, "--signing-config", stormy.signing_config(),
        "--trusted-root", stormy.trusted_root, "--json=answers.json", "--patience", "0",
    ]  # fmt: skip
    job = stormy.actions_env(**github_claims())
    said = gate("sign", f"{name}:1", *options, env=job)
    assert said.code == 5
    assert states(said) == {"missing"}
    assert "gate sign --resume gate-resume.json" in said.err
    stormy.mend()
    later = gate("sign", "--resume", "gate-resume.json", *options, env=job, now=NOW + timedelta(minutes=30))
    assert later.code == 0, later.words
    assert set(kinds(own, name, digest)) == KINDS
    stale = gate("sign", "--resume", "gate-resume.json", *options, env=job, now=NOW + timedelta(hours=30))
    assert stale.code == 10
    assert reasons(stale) == ["sign.max_age"]


def test_what_stopped_half_way_says_what_is_there_and_is_completed_by_running_again(sign, verify, own, image):
    name, _ = image
    own.meanwhile("PUT", "/manifests/", lambda: None, times=4)  # as many go well
    own.fault("PUT", "/manifests/", status=403)
    said = sign(f"{name}:1")
    assert said.code == 6, said.words
    assert states(said) == {"pushed", "missing"}
    assert not any(step["what"] == "signature" and step["state"] == "pushed" for step in said.results[0]["steps"])
    own.mend()
    again = sign(f"{name}:1")
    assert again.code == 0, again.words
    assert states(again) == {"there already", "pushed"}


def test_six_at_once_lose_nothing(context, cosign, lab, image, own, signing_key, verify, gate):
    name, digest = image
    codes = {}

    def one(number):
        here = replace(context, env={**context.env, "GATE_COSIGN": str(cosign), "COSIGN_PASSWORD": PASSWORD})
        here = replace(here, env={**here.env, "GATE_CACHE_DIR": str(context.cwd / f"cache-{number}")})
        args = ["sign", f"{name}:1", *lab[4:], "--key", signing_key.private, "--quiet", "--attach", "verdict"]
        codes[number] = run([str(arg) for arg in args], here)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(codes.values()) == {0}
    said = gate("verify", f"{name}:1", "--key", signing_key.public, "--require", "signature", "--require", "verdict")
    assert said.code == 0, said.words
    assert set(kinds(own, name, digest)) == {SIGNATURE, VERDICT}


def test_no_secret_is_in_argv_output_or_files(gate, lab, image, own, cosign, sigstore, tmp_path, signing_key):
    name, _ = image
    log = tmp_path / "argv.txt"
    spy = tmp_path / "cosign"
    spy.write_text(f'#!/bin/sh\necho "$@" >> {log}\nexec {cosign} "$@"\n')
    spy.chmod(0o755)
    own.user("octocat", "s3cret-of-octocat", pull=("octo/*",), push=("octo/*",))
    token = sigstore.token(**github_claims())
    secrets = {
        "COSIGN_PASSWORD": PASSWORD,
        "GITHUB_TOKEN": "ghs_s3cret",
        "AWS_SECRET_ACCESS_KEY": "aws-s3cret",
    }
    env = {"GATE_COSIGN": str(spy), **login_for(own, "octocat"), **secrets}
    (tmp_path / "token").write_text(token)
    who = ("--local", "--identity-token", tmp_path / "token")
    said = gate("sign", f"{name}:1", *lab, *who, "--json=answers.json", env=env)
    assert said.code == 0, said.words
    (tmp_path / "token").unlink()
    kept = [path for path in gate.folder.parent.rglob("*") if path.is_file() and path not in {spy, log}]
    kept = [path for path in kept if path.stat().st_size < 5_000_000 and path != signing_key.private]
    texts = [said.words, log.read_text(), *(path.read_bytes().decode("utf-8", "replace") for path in kept)]
    for secret in ("s3cret-of-octocat", token, "ghs_s3cret", "aws-s3cret"):
        assert not any(secret in text for text in texts), secret


def test_a_refusal_is_attached_again_when_a_newer_verdict_passed(gate, lab, verify, image, tmp_path, sigstore):
    """Of verdicts the newest decides: a refusal from before it would say nothing any more."""
    name, _ = image
    worse = {**ADVISORIES[DEBIAN], "curl": {"CVE-2023-38545": {"FixedVersion": "99-1"}}}
    lab_database.build(tmp_path / "newer", updated=NOW - timedelta(hours=10), advisories={**ADVISORIES, DEBIAN: worse})
    lab_database.build(tmp_path / "older", updated=NOW - timedelta(hours=30))

    def signed(hours, database, *args):
        job = sigstore.actions_env(**github_claims())
        options = (*lab[:5], "--trivy-cache", tmp_path / database, "--json=answers.json")
        with sigstore.at(NOW - timedelta(hours=hours)):
            return gate("sign", f"{name}:1", *args, *options, env=job, now=NOW - timedelta(hours=hours))

    for hours, database, args, code, answer in (
        (6, "newer", ("--attest-refusal",), 10, 11),
        (4, "older", (), 0, 0),
        (2, "newer", ("--attest-refusal",), 10, 11),
    ):
        assert signed(hours, database, *args).code == code
        assert verify(f"{name}:1").code == answer


def test_what_passed_beside_a_baseline_alone_is_not_signed(gate, lab, own, layouts, request, sigstore):
    """No policy says which baseline is meant: whoever verifies could not know what it left out."""
    place = place_of(request)
    own.push(layouts, "single", f"{place}:1")
    said = gate(
        "scan",
        f"{own.host}/{place}:1",
        *lab,
        *("--sign", "--baseline", f"{own.host}/{place}:1"),
        env=sigstore.actions_env(**github_claims()),
    )
    assert said.code == 10
    assert "judged with a baseline" in said.out
    assert not own.evidence(place, own.repository(place).tags["1"])


def test_scan_signs_nothing_in_a_dry_run(gate, lab, own, layouts, request, sigstore):
    place = place_of(request)
    digest = own.push(layouts, "clean", f"{place}:1")
    job = sigstore.actions_env(**github_claims())
    said = gate("scan", f"{own.host}/{place}:1", *lab, "--sign", "--dry-run", env=job)
    assert said.code == 0, said.words
    assert "PASSED" in said.out
    assert own.evidence(place, digest) == []


def test_exit_code_0_signs_nothing_that_is_refused(gate, lab, own, layouts, request, sigstore):
    place = place_of(request)
    digest = own.push(layouts, "single", f"{place}:1")
    job = sigstore.actions_env(**github_claims())
    said = gate("scan", f"{own.host}/{place}:1", *lab, "--sign", "--exit-code", "0", env=job)
    assert (said.code, "do not deploy by it" in said.err) == (0, True), said.words
    assert own.evidence(place, digest) == []
