"""A repository of somebody else calls a workflow that is trusted, and signs under the name of that workflow."""

import json
import re

import pytest

from gate.io import yaml_document
from tests.lab.referrers import MemoryRegistry
from tests.lab.sigstore import ISSUER, github_claims
from tests.pipeline.evidence import conftest as signing
from tests.pipeline.evidence import test_vex as vex
from tests.pipeline.evidence.conftest import place_of

gate, verify, workshop = signing.gate, signing.verify, signing.workshop

CALLED = "octo/shared/.github/workflows/build.yml@refs/tags/v1"
SUBJECT = f"https://github.com/{CALLED}"
OWN = "https://github.com/octo/app/.github/workflows/release.yml@refs/heads/main"
ENTERPRISE = "https://git.octo.example/_services/token"
EVIL = {"repository": "evil/app", "repository_id": "6661", "owner_id": "6662"}
SIGNED = ("--require", "signature")


def exactly(subject, issuer=ISSUER):
    return "--issuer", issuer, "--subject", subject


def called_by(repository, workflow=CALLED):
    return "--repository", repository, "--workflow", workflow, "--ref", "main"


@pytest.fixture(scope="module")
def images():
    with MemoryRegistry() as served:
        yield served


@pytest.fixture
def image(images, layouts, request):
    """A clean image in a repository of the test's own, by digest."""
    place = place_of(request)
    return f"{images.host}/{place}@{images.push(layouts, 'clean', f'{place}:1')}"


@pytest.fixture
def policy(verify):
    """Verify under the identities of a policy file."""

    def call(image, *identities):
        document = {"trust": {"require": ["signature"], "identities": list(identities)}}
        (verify.folder / "gate.yaml").write_text(yaml_document.dump(document))
        return verify(image, trust=())

    return call


@pytest.mark.parametrize("legacy", [False, True], ids=["bundle", "legacy"])
def test_a_subject_does_not_trust_whoever_calls_the_workflow(verify, workshop, image, legacy):
    workshop(called=CALLED, **EVIL).sign(image, legacy=legacy)
    said = verify(image, *SIGNED, trust=exactly(SUBJECT))
    assert said.code == 11
    row = said.row("signature")
    assert row["state"] == "untrusted"
    assert "signed in https://github.com/evil/app, not in https://github.com/octo/shared" in row["why"]
    assert (row["repository"], row["repository_id"], row["owner_id"]) == ("https://github.com/evil/app", "6661", "6662")


def test_a_caller_of_a_release_workflow_in_the_same_place_is_not_trusted_either(verify, workshop, image):
    workshop(called=OWN.removeprefix("https://github.com/"), **EVIL).sign(image)
    assert verify(image, *SIGNED, trust=exactly(OWN)).state("signature") == "untrusted"
    assert verify(image, *SIGNED).state("signature") == "untrusted"


def test_a_subject_trusts_the_repository_that_it_names(verify, workshop, image):
    workshop(repository="octo/shared", called=CALLED).sign(image)
    said = verify(image, *SIGNED, trust=exactly(SUBJECT))
    assert said.code == 0, said.words
    assert "octo/shared, id 1001, owner id 2002" in said.out
    row = said.row("signature")
    assert (row["repository"], row["repository_id"], row["owner_id"]) == (
        "https://github.com/octo/shared",
        "1001",
        "2002",
    )


@pytest.mark.parametrize("repository", ["octo/shared-evil", "octo/share", "octoevil/shared", "octo/shared.git"])
def test_a_name_that_is_nearly_the_one_in_the_subject_is_not_trusted(verify, workshop, image, repository):
    workshop(repository=repository, called=CALLED).sign(image)
    assert verify(image, *SIGNED, trust=exactly(SUBJECT)).state("signature") == "untrusted"


def test_the_lines_that_the_answer_names_trust_that_caller_and_no_other(verify, policy, workshop, image):
    workshop(called=CALLED).sign(image)
    why = verify(image, *SIGNED, trust=exactly(SUBJECT)).row("signature")["why"]
    [line] = re.findall(r"write under trust\.identities: - (\{.*\})$", why)
    identity = yaml_document.read(line.encode(), "the line").value
    assert identity == {
        "repository": "octo/app",
        "workflow": CALLED,
        "refs": ["main"],
        "repository_id": "1001",
        "owner_id": "2002",
    }
    assert policy(image, identity).code == 0
    assert policy(image, {**identity, "repository": "octo/other"}).code == 11


def test_a_reusable_workflow_is_trusted_with_the_repository_that_calls_it(verify, workshop, image):
    workshop(called=CALLED).sign(image)
    assert verify(image, *SIGNED, trust=called_by("octo/app")).code == 0
    assert verify(image, *SIGNED, trust=called_by("octo/other")).code == 11


@pytest.mark.parametrize("repository", ["octo/shared", "evil/app"])
def test_a_server_of_ones_own_is_held_to_the_same(verify, workshop, sigstore, image, repository):
    claims = {**github_claims(repository=repository, called=CALLED), "iss": ENTERPRISE}
    workshop().program.sign(image, sigstore.token(**claims))
    said = verify(image, *SIGNED, trust=exactly(f"https://git.octo.example/{CALLED}", ENTERPRISE))
    assert said.code == (0 if repository == "octo/shared" else 11)
    if said.code:
        why = said.row("signature")["why"]
        assert f"issuer: {json.dumps(ENTERPRISE)}, server: " in why


def test_a_certificate_that_does_not_name_the_repository_is_not_trusted(verify, workshop, sigstore, image):
    claims = {**github_claims(repository="octo/shared", called=CALLED), "certificate": {"12": "", "5": ""}}
    workshop().program.sign(image, sigstore.token(**claims))
    said = verify(image, *SIGNED, trust=exactly(SUBJECT))
    assert (said.code, said.state("signature")) == (11, "untrusted")
    assert "does not name the repository" in said.row("signature")["why"]


@pytest.mark.parametrize(
    "fields",
    [
        {"5": "evil/app"},
        {"12": "https://github.com/evil/app"},
        {"12": "octo/app"},
        {"6": "refs/heads/evil"},
        {"2": "pull_request_target"},
        {"3": "e" * 40},
        {"1": "https://evil.example"},
    ],
    ids=str,
)
def test_a_certificate_with_two_values_of_one_field_is_not_trusted(verify, workshop, sigstore, image, fields):
    claims = {**github_claims(), "certificate": fields}
    workshop().program.sign(image, sigstore.token(**claims))
    for trust in (signing.IDENTITY, exactly(OWN)):
        said = verify(image, *SIGNED, trust=trust)
        assert said.code != 0
        assert said.state("signature") != "good"


APP = {"repository": "octo/app", "workflow": ".github/workflows/release.yml", "refs": ["main"]}
FORMS = {"workflow": APP, "subject": {"issuer": ISSUER, "subject": OWN}}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_name_that_somebody_else_registered_again_is_not_trusted_when_ids_are_pinned(policy, workshop, image, form):
    workshop(repository_id="6661", owner_id="6662").sign(image)
    assert policy(image, form).code == 0
    for pinned, words in (
        ({"repository_id": "1001"}, "the id of the repository is 6661, not 1001"),
        ({"owner_id": "2002"}, "the id of the owner is 6662, not 2002"),
        ({"repository_id": "6661", "owner_id": "2002"}, "the id of the owner is 6662, not 2002"),
        ({"repository_id": "06661"}, "the id of the repository is 6661, not 06661"),
    ):
        said = policy(image, {**form, **pinned})
        assert (said.code, said.state("signature")) == (11, "untrusted")
        assert words in said.row("signature")["why"]
    assert policy(image, {**form, "repository_id": "6661", "owner_id": "6662"}).code == 0


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_certificate_without_ids_is_not_trusted_when_ids_are_pinned(policy, workshop, image, form):
    workshop(repository_id="", owner_id="").sign(image)
    assert policy(image, form).code == 0
    for pinned in ("repository_id", "owner_id"):
        said = policy(image, {**form, pinned: "1001"})
        assert (said.code, said.state("signature")) == (11, "untrusted")
        assert "shows no id" in said.row("signature")["why"]


@pytest.fixture
def sign(gate, sigstore, database):
    """Sign as a job that calls the shared workflow; whether each piece of evidence was pushed or there already."""
    services = ["--signing-config", sigstore.signing_config(), "--trusted-root", sigstore.trusted_root]

    def call(image, **claims):
        job = sigstore.actions_env(**github_claims(called=CALLED, **claims))
        options = [*services, "--offline", "--trivy-cache", database, "--json=answers.json"]
        said = gate("sign", image, *options, env=job)
        assert said.code == 0, said.words
        [one] = said.results
        return {step["state"] for step in one["steps"]}

    return call


def test_evidence_of_another_caller_is_not_there_already(sign, verify, images, image, trivy):
    assert sign(image, **EVIL) == {"pushed"}
    assert sign(image) == {"pushed"}
    assert sign(image) == {"there already"}
    assert verify(image, *SIGNED, trust=called_by("octo/app")).code == 0
    assert verify(image, *SIGNED, trust=called_by("octo/other")).code == 11
    place, _, digest = image.partition("/")[2].partition("@")
    kinds = [json.loads(one)["dsseEnvelope"] for one in images.bundles(place, digest)]
    assert len(kinds) == 8, "four by each of the two"


@pytest.mark.parametrize(
    "other",
    [
        {"ref": "refs/tags/v2"},
        {"event": "workflow_dispatch"},
        {"repository_id": "6661"},
        {"owner_id": "6662"},
    ],
    ids=str,
)
def test_evidence_of_a_run_that_a_policy_could_tell_apart_is_not_there_already(sign, image, trivy, other):
    assert sign(image, **other) == {"pushed"}
    assert sign(image) == {"pushed"}


@pytest.fixture
def judged(gate, database, layouts, sigstore, trivy):
    """Scan an image with a finding that a signed VEX document excuses; what was decided of it, and the notices."""

    def call():
        identity = {"issuer": ISSUER, "subject": SUBJECT}
        trust = {"signed_vex": True, "identities": [identity]}
        document = {"fail_on": {"secrets": "none"}, "vex": ["app.openvex.json"], "trust": trust}
        (gate.folder / "gate.yaml").write_text(yaml_document.dump(document))
        options = ["--offline", "--trivy-cache", database, "--json=verdict.json", "--quiet"]
        gate("scan", f"oci:{layouts.folder}:single", *options, "--trusted-root", sigstore.trusted_root)
        [verdict] = json.loads((gate.folder / "verdict.json").read_bytes())["verdicts"]
        known = {one["decision"] for one in verdict["findings"] if one["finding"]["id"] == "CVE-2023-38545"}
        return known, " ".join(one["message"] for one in verdict["notices"])

    return call


@pytest.mark.parametrize(("repository", "decision"), [("evil/app", "refuses"), ("octo/shared", "not-affected")])
def test_a_vex_document_that_another_caller_signed_does_not_count(
    gate, judged, workshop, sigstore, repository, decision
):
    path = gate.folder / "app.openvex.json"
    path.write_text(json.dumps(vex.DOCUMENT))
    vex.sign(workshop, sigstore, path, repository=repository, called=CALLED)
    decisions, notices = judged()
    assert decisions == {decision}
    assert ("signed in https://github.com/evil/app" in notices) == (decision == "refuses")
