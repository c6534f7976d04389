"""Verdicts are ordered by when the image was judged: an old PASSED never beats a newer FAILED, however it returns."""

import base64
import json
from datetime import timedelta
from urllib.request import Request, urlopen

import pytest

from gate.model.evidence import VERDICT
from tests.builders import NOW
from tests.lab import database as lab_database
from tests.lab.advisories import ADVISORIES, DEBIAN
from tests.lab.owner import Owner
from tests.lab.sigstore import github_claims
from tests.pipeline.evidence.conftest import gate, lab, place_of, sign, verify, workshop
from tests.pipeline.evidence.staging import DAY, POLICY, attach, verdict

__all__ = ["gate", "lab", "sign", "verify", "workshop"]
ACCEPT = ("--accept-policy", POLICY)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NOON = NOW - 4 * HOUR
WORSE = {**ADVISORIES[DEBIAN], "curl": {"CVE-2023-38545": {"FixedVersion": "99-1"}}}
TRUST = """\
trust:
  identities:
    - {repository: octo/app, workflow: .github/workflows/release.yml, refs: [main]}
    - {repository: octo/app, workflow: .github/workflows/nightly.yml, refs: [main]}
"""


@pytest.fixture(params=["registry", "referrers"])
def served(request):
    """A registry without the referrers API, and one that has it."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def image(served, layouts, request):
    """The clean sample: its name, and the name with its digest."""
    place = place_of(request)
    digest = served.push(layouts, "clean", f"{place}:1")
    return f"{served.host}/{place}:1", f"{served.host}/{place}@{digest}", digest


@pytest.fixture(scope="module")
def databases(tmp_path_factory):
    """Options with databases: of the morning and of later, under which the sample passes, and one that refuses it."""
    folder = tmp_path_factory.mktemp("databases")
    lab_database.build(folder / "morning", updated=NOON - HOUR)
    lab_database.build(folder / "late", updated=NOON)
    lab_database.build(folder / "worse", updated=NOON, advisories={**ADVISORIES, DEBIAN: WORSE})
    return {name: ("--offline", "--trivy-cache", folder / name) for name in ("morning", "late", "worse")}


@pytest.fixture
def at(gate, sigstore, databases):
    """Run a command some hours after noon, under one of the databases."""

    def call(hours, database, command, *args, services=True, **claims):
        root = ("--trusted-root", sigstore.trusted_root)
        where = ("--signing-config", sigstore.signing_config(), *root) if services else ()
        job = sigstore.actions_env(**github_claims(**claims))
        moment = NOON + hours * HOUR
        with sigstore.at(moment):
            return gate(command, *args, *databases[database], *where, env=job, now=moment)

    return call


def attested(workshop, image):
    """The verdicts that are attached, as plain cosign proves them."""
    program = workshop().program
    who = "https://github.com/octo/app/.github/workflows/release.yml@refs/heads/main"
    return [one["predicate"]["verificationResult"] for one in program.statements(image, VERDICT, who)]


@pytest.fixture
def noon(at, image):
    """The verdict and the SBOM of noon, which PASSED, as options of `gate sign`."""
    name = image[0]
    said = at(0, "morning", "scan", name, "--json=noon.json", "--sbom", "noon.cdx.json", services=False)
    assert said.code == 0, said.words
    return ("--verdict", "noon.json", "--sbom", "noon.cdx.json")


def test_a_verdict_file_of_noon_is_not_signed_over_the_refusal_of_one_o_clock(at, verify, noon, image, workshop):
    name, pinned, _ = image
    assert at(1, "worse", "sign", name, "--attest-refusal").code == 10
    assert attested(workshop, pinned) == ["FAILED"]
    said = at(2, "morning", "sign", name, *noon, "--json=answers.json")
    assert said.code == 10, said.words
    [result] = said.results
    assert [one["rule"] for one in result["reasons"]] == ["verdict"]
    assert "FAILED" in result["reasons"][0]["message"]
    assert (result["signed"], result["steps"]) == (False, [])
    assert at(2, "morning", "sign", name, *noon, "--dry-run").code == 10
    assert attested(workshop, pinned) == ["FAILED"]
    assert verify(name).state("verdict") == "refused"


def test_going_on_with_what_noon_left_is_not_signed_over_the_refusal_either(at, verify, image, sigstore, workshop):
    name, pinned, _ = image
    sigstore.fail("/signingCert")
    try:
        stopped = at(0, "morning", "sign", name, "--patience", "0")
    finally:
        sigstore.mend()
    assert stopped.code in {5, 6}, stopped.words
    assert at(1, "worse", "sign", name, "--attest-refusal").code == 10
    said = at(2, "morning", "sign", "--resume", "gate-resume.json", "--json=answers.json")
    assert said.code == 10, said.words
    assert said.results[0]["steps"] == []
    assert attested(workshop, pinned) == ["FAILED"]
    assert verify(name).code == 11


@pytest.mark.parametrize("command", [("sign",), ("scan", "--sign")])
def test_a_run_whose_clock_is_behind_is_not_signed_over_a_newer_refusal(at, verify, image, workshop, command):
    name, pinned, _ = image
    assert at(1, "worse", "sign", name, "--attest-refusal").code == 10
    said = at(0.5, "morning", *command, name)
    assert said.code == 10, said.words
    assert "FAILED" in said.out
    assert attested(workshop, pinned) == ["FAILED"]


def test_a_refusal_of_the_same_second_decides(at, verify, noon, image):
    name = image[0]
    assert at(0, "worse", "sign", name, "--attest-refusal").code == 10
    assert at(1, "morning", "sign", name, *noon).code == 10
    assert verify(name).state("verdict") == "refused"


def test_a_new_scan_that_passes_is_newer_than_the_refusal_even_if_it_says_what_was_said_before(
    gate, at, verify, image, workshop
):
    """The release workflow's own PASSED of noon says the same, and is older than the refusal of another workflow."""
    name, pinned, _ = image
    (gate.folder / "gate.yaml").write_text(TRUST)
    assert at(0, "morning", "sign", name).code == 0
    nightly = {"workflow": ".github/workflows/nightly.yml"}
    assert at(1, "worse", "sign", name, "--attest-refusal", **nightly).code == 10
    assert verify(name, trust=()).state("verdict") == "refused"
    said = at(2, "morning", "sign", name)
    assert said.code == 0, said.words
    assert attested(workshop, pinned) == ["PASSED", "PASSED"]
    assert verify(name, trust=()).code == 0


def test_a_refusal_by_another_identity_that_the_policy_trusts_counts_and_by_nobody_trusted_does_not(
    gate, at, noon, image, workshop
):
    name, pinned, digest = image
    (gate.folder / "gate.yaml").write_text(TRUST)
    judged = at(0, "morning", "scan", name, "--json=noon.json", "--sbom", "noon.cdx.json", services=False)
    assert judged.code == 0
    workshop(repository="evil/app").attest(pinned, VERDICT, verdict(digest, failed=True, at=NOON + HOUR))
    assert at(2, "morning", "sign", name, *noon, "--dry-run").code == 0
    workshop(workflow=".github/workflows/nightly.yml").attest(
        pinned, VERDICT, verdict(digest, failed=True, at=NOON + HOUR)
    )
    said = at(2, "morning", "sign", name, *noon)
    assert said.code == 10
    assert "nightly.yml" in said.out.replace("\n", "").replace(" ", "")


def test_beside_a_newer_verdict_that_passed_nothing_is_attached_and_a_note_says_so(at, verify, noon, image, workshop):
    name, pinned, _ = image
    assert at(1, "late", "sign", name).code == 0
    said = at(2, "morning", "sign", name, *noon, "--json=answers.json")
    assert said.code == 0, said.words
    [result] = said.results
    assert (result["signed"], result["superseded"], result["steps"]) == (True, True, [])
    assert "nothing was attached" in result["note"]
    assert "note:" in said.out
    assert attested(workshop, pinned) == ["PASSED"]
    assert verify(name).code == 0


def test_an_older_refusal_is_not_attached_beside_a_newer_verdict(at, verify, image, workshop):
    name, pinned, _ = image
    assert at(0, "worse", "scan", name, "--json=failed.json", services=False).code == 10
    assert at(1, "late", "sign", name).code == 0
    said = at(2, "worse", "sign", name, "--verdict", "failed.json", "--attest-refusal", "--json=answers.json")
    assert said.code == 10, said.words
    assert [one["rule"] for one in said.results[0]["reasons"]] == ["passed"]
    assert "not attached" in said.results[0]["note"]
    assert attested(workshop, pinned) == ["PASSED"]
    assert verify(name).code == 0


def logged_again(sigstore, bundle, moment):
    """The bundle with a newer entry of the log for the same signature: nobody has to sign anything for that."""
    document = json.loads(bundle)
    certificate = document["verificationMaterial"]["certificate"]["rawBytes"]
    pem = f"-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----\n"
    envelope = json.dumps(document["dsseEnvelope"])
    content = {"envelope": envelope, "verifiers": [base64.b64encode(pem.encode()).decode()]}
    asked = {"apiVersion": "0.0.1", "kind": "dsse", "spec": {"proposedContent": content}}
    with sigstore.at(moment):
        url = Request(f"{sigstore.url}/api/v1/log/entries", json.dumps(asked).encode(), method="POST")
        with urlopen(url) as reply:
            [entry] = json.loads(reply.read()).values()
    proof = entry["verification"]["inclusionProof"]
    [old] = document["verificationMaterial"]["tlogEntries"]
    old.update(
        logIndex=str(entry["logIndex"]),
        integratedTime=str(entry["integratedTime"]),
        inclusionPromise={"signedEntryTimestamp": entry["verification"]["signedEntryTimestamp"]},
        inclusionProof={
            "logIndex": str(proof["logIndex"]),
            "rootHash": base64.b64encode(bytes.fromhex(proof["rootHash"])).decode(),
            "treeSize": str(proof["treeSize"]),
            "hashes": [base64.b64encode(bytes.fromhex(one)).decode() for one in proof["hashes"]],
            "checkpoint": {"envelope": proof["checkpoint"]},
        },
        canonicalizedBody=entry["body"],
    )
    document["verificationMaterial"].pop("timestampVerificationData", None)
    return json.dumps(document).encode()


def test_an_old_signature_that_is_logged_again_changes_nothing(
    gate, verify, referrers, layouts, workshop, sigstore, request
):
    place = place_of(request)
    digest = referrers.push(layouts, "clean", f"{place}:1")
    image = f"{referrers.host}/{place}"
    with sigstore.at(NOON):
        attach(workshop(), image, digest, at=NOON)
    passed = next(one for one in referrers.bundles(place, digest) if b"PASSED" in payload(one))
    with sigstore.at(NOON + 3 * MINUTE):
        workshop().attest(f"{image}@{digest}", VERDICT, verdict(digest, failed=True, at=NOON + 3 * MINUTE))
    referrers.attach(place, digest, logged_again(sigstore, passed, NOON + 5 * MINUTE))
    said = verify(f"{image}:1", *ACCEPT)
    assert (said.code, said.state("verdict")) == (11, "refused"), said.words
    assert "FAILED" in said.row("verdict")["why"]
    referrers.copy(place, "octo/app")
    with Owner(referrers) as owner:
        owner.add("app", ages={"1": 1})
        root = ("--trusted-root", sigstore.trusted_root)
        told = gate("status", "octo", "--registry", referrers.host, *root, "--json=status.json", env=owner.env)
    packages = json.loads((gate.folder / "status.json").read_text())["packages"]
    [app] = [one for one in packages if one["name"].endswith("/app")]
    assert app["verdict"]["passed"] is False, told.words


def payload(bundle):
    return base64.b64decode(json.loads(bundle)["dsseEnvelope"]["payload"])


def test_an_old_verdict_that_is_logged_again_stays_too_old(verify, referrers, layouts, workshop, sigstore, request):
    place = place_of(request)
    digest = referrers.push(layouts, "clean", f"{place}:1")
    with sigstore.at(NOW - 5 * MINUTE):
        attach(workshop(), f"{referrers.host}/{place}", digest, at=NOW - 8 * DAY)
    passed = next(one for one in referrers.bundles(place, digest) if b"PASSED" in payload(one))
    referrers.attach(place, digest, logged_again(sigstore, passed, NOW))
    said = verify(f"{referrers.host}/{place}:1", *ACCEPT)
    assert (said.code, said.state("verdict")) == (11, "stale")


def test_a_verdict_that_claims_to_be_judged_after_it_was_signed_is_refused(
    gate, at, verify, referrers, layouts, workshop, sigstore, request
):
    place = place_of(request)
    digest = referrers.push(layouts, "clean", f"{place}:1")
    name = f"{referrers.host}/{place}"
    with sigstore.at(NOON):
        attach(workshop(), name, digest, at=NOON + 2 * HOUR)
    workshop().attest(f"{name}@{digest}", VERDICT, verdict(digest, failed=True, at=NOON + HOUR))
    said = verify(f"{name}:1", *ACCEPT)
    assert (said.code, said.state("verdict")) == (11, "stale")
    (gate.folder / "gate.yaml").write_text(f"{TRUST}  policies: [{POLICY}]\n")
    refused = at(1.95, "late", "sign", f"{name}:1")
    assert refused.code == 10, refused.words
    assert "made after it was signed" in " ".join(refused.out.split())
