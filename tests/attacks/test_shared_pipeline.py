"""A project of somebody else on GitLab uses the pipeline of a trusted project, and signs under its name."""

import pytest

from gate.io import yaml_document
from tests.lab.referrers import MemoryRegistry
from tests.lab.sigstore import gitlab_claims
from tests.pipeline.evidence import conftest as signing
from tests.pipeline.evidence.conftest import place_of

gate, verify = signing.gate, signing.verify

GITLAB = "https://gitlab.com"
SELF_MANAGED = "https://gitlab.example.org"
SIGNED = ("--require", "signature")


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
def sign(cosign, sigstore, tmp_path):
    """Sign with plain cosign as a job of GitLab in `project`, whose pipeline is a file of `pipeline`."""
    from tests.lab.cosign import Cosign

    def call(image, project, pipeline="octo/app", issuer=GITLAB, *, legacy=False, **more):
        claims = gitlab_claims(issuer=issuer, project=project)
        uri = f"{issuer.removeprefix('https://')}/{pipeline}//.gitlab-ci.yml@refs/heads/main"
        token = sigstore.token(**{**claims, "ci_config_ref_uri": uri, **more})
        Cosign(cosign, tmp_path / "workshop", sigstore).sign(image, token, legacy=legacy)

    return call


@pytest.fixture
def policy(verify):
    """Verify under one identity of a policy file."""

    def call(image, **identity):
        document = {"trust": {"require": ["signature"], "identities": [identity]}}
        (verify.folder / "gate.yaml").write_text(yaml_document.dump(document))
        return verify(image, trust=())

    return call


def subject(project="octo/app", issuer=GITLAB):
    return f"{issuer}/{project}//.gitlab-ci.yml@refs/heads/main"


def exactly(project="octo/app", issuer=GITLAB):
    return "--issuer", issuer, "--subject", subject(project, issuer)


@pytest.mark.parametrize("issuer", [GITLAB, SELF_MANAGED])
@pytest.mark.parametrize("legacy", [False, True], ids=["bundle", "legacy"])
def test_a_project_that_uses_the_pipeline_of_another_is_not_trusted(verify, sign, image, issuer, legacy):
    sign(image, "evil/app", issuer=issuer, legacy=legacy)
    said = verify(image, *SIGNED, trust=exactly(issuer=issuer))
    assert said.code == 11
    row = said.row("signature")
    assert row["state"] == "untrusted"
    assert f"signed in https://gitlab.com/evil/app, not in {issuer}/octo/app" in row["why"]


@pytest.mark.parametrize("issuer", [GITLAB, SELF_MANAGED])
@pytest.mark.parametrize("project", ["octo/app", "octo/team/part/app"])
def test_the_project_of_the_pipeline_is_trusted(verify, sign, image, issuer, project):
    sign(image, project, project, issuer)
    said = verify(image, *SIGNED, trust=exactly(project, issuer))
    assert said.code == 0, said.words
    assert said.row("signature")["repository"] == f"https://gitlab.com/{project}"


@pytest.mark.parametrize(
    "project", ["octo/app-evil", "octo/ap", "evil/octo/app", "octo/app/app", "octo-evil/app", "app"]
)
def test_a_project_with_nearly_that_name_is_not_trusted(verify, sign, image, project):
    sign(image, project)
    assert verify(image, *SIGNED, trust=exactly()).state("signature") == "untrusted"


def test_a_certificate_that_names_no_project_is_not_trusted(verify, sign, image, sigstore):
    sign(image, "", namespace_path="octo")
    said = verify(image, *SIGNED, trust=exactly())
    assert said.code == 11


def test_the_number_of_the_project_is_held_to_the_policy(policy, sign, image):
    sign(image, "octo/app")
    identity = {"issuer": GITLAB, "subject": subject()}
    assert policy(image, **identity).code == 0
    assert policy(image, **identity, repository_id="1001", owner_id="2002").code == 0
    for pinned, words in (
        ({"repository_id": "6661"}, "the id of the repository is 1001, not 6661"),
        ({"owner_id": "6661"}, "the id of the owner is 2002, not 6661"),
    ):
        said = policy(image, **identity, **pinned)
        assert (said.code, said.state("signature")) == (11, "untrusted")
        assert words in said.row("signature")["why"]


def test_a_number_does_not_trust_the_pipeline_of_another_project(policy, sign, image):
    sign(image, "evil/app", project_id="1001")
    assert policy(image, issuer=GITLAB, subject=subject(), repository_id="1001").code == 11


def test_an_export_says_that_the_engine_does_not_see_the_project(gate):
    document = {"trust": {"require": ["signature"], "identities": [{"issuer": GITLAB, "subject": subject()}]}}
    (gate.folder / "gate.yaml").write_text(yaml_document.dump(document))
    for engine in ("policy-controller", "kyverno", "connaisseur", "ratify"):
        said = gate("policy", "export", "--to", engine, "--image", "registry.gitlab.com/octo/app")
        assert said.code == 0, said.words
        assert "job ran in the project" in " ".join(said.out.replace("#", " ").split()), engine
