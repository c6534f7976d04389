"""`gate init` for GitLab, Forgejo, Azure Pipelines and Jenkins: valid jobs, and a script that does what they say."""

import json
import os
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from http.client import HTTPConnection

import pytest
from click.testing import CliRunner

from gate.cli import run
from tests.lab import docker, tools
from tests.lab.sigstore import Sigstore, gitlab_claims
from tests.lab.tools import ROOT
from tests.maintenance.scaffold.conftest import git, written
from tests.maintenance.scaffold.test_init import document

FILES = {
    "gitlab": {".gitlab-ci.yml", ".gitlab/image.yml"},
    "forgejo": {".forgejo/workflows/image.yml"},
    "azure": {"azure-pipelines.yml"},
    "jenkins": {"Jenkinsfile"},
}
SCHEMAS = {
    ".gitlab-ci.yml": "vendor.gitlab-ci",
    ".gitlab/image.yml": "vendor.gitlab-ci",
    ".forgejo/workflows/image.yml": "vendor.github-workflows",  # the same language
    "azure-pipelines.yml": "vendor.azure-pipelines",
}
IMAGE = "registry.example.com/octo/app"
COMMON = {"ci/image.sh", "gate.yaml", ".github/gate.schema.json"}


@pytest.mark.parametrize("ci", FILES)
def test_it_writes_the_job_its_script_and_a_policy(init, ci):
    said = init("--ci", ci, "--image", IMAGE)
    assert said.code == 0, said.err
    assert written(init.folder) == FILES[ci] | COMMON
    assert document(init.folder, "gate.yaml")["tags"] == {"default_branch": "main"}
    (init.folder / "cosign.pub").write_text("a key")
    assert run(["policy", "check"], init.context) == 0
    again = init("--ci", ci, "--image", IMAGE, "--branch", "trunk")
    assert "kept" not in again.err
    assert "updated gate.yaml" in again.err


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_job_is_valid_by_the_schema_of_its_system(init, name):
    [ci] = [ci for ci, files in FILES.items() if name in files]
    check_jsonschema = pytest.importorskip("check_jsonschema").main
    init("--ci", ci, "--image", IMAGE)
    words = ["--regex-variant", "nonunicode", "--builtin-schema", SCHEMAS[name], str(init.folder / name)]
    done = CliRunner().invoke(check_jsonschema, words)
    assert done.exit_code == 0, done.output
    broken = (init.folder / name).read_text().replace("include:", "includes:").replace("steps:", "stepz:")
    (init.folder / name).write_text(broken.replace("script:", "skript:"))
    assert CliRunner().invoke(check_jsonschema, words).exit_code == 1


def test_the_jenkinsfile_is_groovy(init):
    parse_groovy_content = pytest.importorskip("groovy_parser.parser").parse_groovy_content
    init("--ci", "jenkins", "--image", IMAGE)
    text = (init.folder / "Jenkinsfile").read_text()
    assert parse_groovy_content(text)
    with pytest.raises(Exception):  # noqa: B017, PT011 whatever its parser raises
        parse_groovy_content(text[:-3])


def test_a_gitlab_job_signs_as_itself_and_reports(init):
    git(init.folder, "remote", "set-url", "origin", "git@gitlab.com:octo/team/app.git")
    assert init().code == 0
    job = document(init.folder, ".gitlab/image.yml")["container-image"]
    assert job["id_tokens"] == {"GATE_IDENTITY_TOKEN": {"aud": "sigstore"}}
    assert set(job["artifacts"]["reports"]) == {"container_scanning", "junit"}
    assert job["variables"]["REGISTRY_PASSWORD"] == "$CI_REGISTRY_PASSWORD"
    script = (init.folder / "ci/image.sh").read_text()
    assert "image=registry.gitlab.com/octo/team/app\n" in script
    assert "--key" not in script
    [identity] = document(init.folder, "gate.yaml")["trust"]["identities"]
    assert identity == {
        "issuer": "https://gitlab.com",
        "subject": "https://gitlab.com/octo/team/app//.gitlab-ci.yml@refs/heads/main",
    }


@pytest.mark.parametrize(
    ("origin", "ci", "image"),
    [
        ("https://gitlab.example.com/a/b/c.git", "gitlab", "registry.gitlab.example.com/a/b/c"),
        ("https://codeberg.org/octo/App.git", "forgejo", "codeberg.org/octo/app"),
    ],
)
def test_the_origin_says_which_system_it_is(init, origin, ci, image):
    git(init.folder, "remote", "set-url", "origin", origin)
    said = init()
    assert written(init.folder) == FILES[ci] | COMMON
    script = (init.folder / "ci/image.sh").read_text()
    assert f"image={image}\n" in script
    assert "--key env://COSIGN_PRIVATE_KEY" in script
    assert "cosign generate-key-pair" in said.err


def test_a_pipeline_that_is_there_is_kept_and_told_what_to_include(init):
    (init.folder / ".gitlab-ci.yml").write_text("stages: [test]\n")
    said = init("--ci", "gitlab", "--image", IMAGE)
    assert "kept .gitlab-ci.yml" in said.err
    assert "include: [{local: .gitlab/image.yml}]" in said.err


@pytest.mark.parametrize("ci", ["azure", "jenkins"])
def test_where_no_registry_comes_with_the_repository_it_has_to_be_named(init, ci):
    said = init("--ci", ci)
    assert said.code == 2
    assert "--image REGISTRY/NAME" in said.err


@pytest.mark.parametrize("more", [("--push-pull-requests",), ("--deploy", "x.yaml")], ids=str)
def test_what_is_for_github_alone_is_a_usage_error(init, more):
    assert init("--ci", "gitlab", "--image", IMAGE, *more).code == 2
    assert not (init.folder / "ci").exists()


ENVIRONMENTS = {
    "gitlab": {
        "main": {"CI_COMMIT_BRANCH": "main", "CI_PIPELINE_SOURCE": "push"},
        "feature": {"CI_COMMIT_BRANCH": "feature/x", "CI_PIPELINE_SOURCE": "push"},
        "pull": {"CI_MERGE_REQUEST_IID": "7", "CI_PIPELINE_SOURCE": "merge_request_event"},
        "all": {"GITLAB_CI": "true", "CI_COMMIT_SHA": "0" * 40, "CI_DEFAULT_BRANCH": "main"},
    },
    "forgejo": {
        "main": {"GITHUB_REF": "refs/heads/main", "GITHUB_EVENT_NAME": "push"},
        "feature": {"GITHUB_REF": "refs/heads/feature/x", "GITHUB_EVENT_NAME": "push"},
        "pull": {"GITHUB_REF": "refs/pull/7/merge", "GITHUB_EVENT_NAME": "pull_request"},
        "all": {"GITHUB_ACTIONS": "true", "FORGEJO_ACTIONS": "true", "GITHUB_SHA": "0" * 40},
    },
    "azure": {
        "main": {"BUILD_SOURCEBRANCH": "refs/heads/main", "BUILD_REASON": "IndividualCI"},
        "feature": {"BUILD_SOURCEBRANCH": "refs/heads/feature/x", "BUILD_REASON": "IndividualCI"},
        "pull": {"BUILD_SOURCEBRANCH": "refs/pull/7/merge", "BUILD_REASON": "PullRequest"},
        "all": {"TF_BUILD": "True", "BUILD_SOURCEVERSION": "0" * 40},
    },
    "jenkins": {
        "main": {"BRANCH_NAME": "main"},
        "feature": {"BRANCH_NAME": "feature/x"},
        "pull": {"BRANCH_NAME": "PR-7", "CHANGE_ID": "7"},
        "all": {"JENKINS_URL": "https://jenkins.example.com/", "GIT_COMMIT": "0" * 40},
    },
}
"""What each system sets, for each event and always."""


@pytest.fixture
def script(init, registry, layouts, trivy, cosign, fresh, tmp_path):
    """Run the generated script as a job of a CI system; its exit code and log, and the tags of the image."""
    image = f"{registry.host}/octo/{tmp_path.name.replace('_', '-')}"
    programs = tmp_path / "programs"
    programs.mkdir()
    docker.install(programs, tmp_path)
    # A Python whose environments have this gate, and whose pip installs nothing.
    gate = f'[ "$1 $2" = "tools install" ] || PYTHONPATH="{ROOT}" exec "{sys.executable}" -m gate "$@"'
    (programs / "gate").write_text(f"#!/bin/sh\n{gate}\n")
    (programs / "pip").write_text("#!/bin/sh\n")
    makes = f'mkdir -p "$3/bin"; cp "{programs}/gate" "{programs}/pip" "$3/bin"; exit'
    (programs / "python3").write_text(
        f'#!/bin/sh\nif [ "$1 $2" = "-m venv" ]; then {makes}; fi\nexec "{sys.executable}" "$@"\n'
    )
    for program in programs.iterdir():
        program.chmod(0o755)
    tools.need(tools.find("skopeo"), "skopeo")
    registries = tmp_path / "home/.config/containers/registries.conf"
    registries.parent.mkdir(parents=True)
    registries.write_text(f'[[registry]]\nlocation = "{registry.host}"\ninsecure = true\n')
    keys = {"COSIGN_PASSWORD": "secret"}
    subprocess.run([cosign, "generate-key-pair"], cwd=init.folder, env={**os.environ, **keys}, check=True)
    keys["COSIGN_PRIVATE_KEY"] = (init.folder / "cosign.key").read_text()

    def call(ci, event, **more):
        assert init("--ci", ci, "--image", image).code == 0
        known = ENVIRONMENTS[ci]
        env = known["all"] | known[event] | keys | {
            "CI": "true", "COMMIT": "0" * 40, "REGISTRY_USERNAME": "octo", "REGISTRY_PASSWORD": "secret",
            "PULL_REQUEST": "7" if event == "pull" else "", "HOME": str(tmp_path / "home"),
            "PATH": os.pathsep.join([str(programs), str(trivy.parent), os.environ["PATH"], str(tools.TOOLS / "bin")]),
            "GATE_COSIGN": str(cosign), "GATE_TRIVY_CACHE": str(fresh), "GATE_OFFLINE": "true",
            "LAB_LAYOUT": str(layouts.folder), "LAB_IMAGE": "clean",
        } | more  # fmt: skip
        done = subprocess.run(
            ["bash", "ci/image.sh", "--junit", "gate.xml"],
            cwd=init.folder,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        print(done.stdout, done.stderr)
        assert (init.folder / "gate.xml").exists()
        return done.returncode, tags(image)

    call.image = image
    return call


def tags(image):
    host, _, repository = image.partition("/")
    with closing(HTTPConnection(host, timeout=30)) as connection:
        connection.request("GET", f"/v2/{repository}/tags/list")
        answer = connection.getresponse()
        document = json.loads(answer.read())
    return set(document["tags"] or ()) if answer.status == 200 else set()


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    with Sigstore(tmp_path_factory.mktemp("services"), now=datetime.now(UTC)) as served:
        yield served


def test_gitlab_signs_with_the_identity_that_its_policy_trusts(script, init, services):
    git(init.folder, "remote", "set-url", "origin", "git@gitlab.com:octo/team/app.git")
    token = services.token(**gitlab_claims(project="octo/team/app"))
    more = {"GATE_SIGNING_CONFIG": str(services.signing_config()), "GATE_TRUSTED_ROOT": str(services.trusted_root)}
    code, found = script("gitlab", "main", GATE_IDENTITY_TOKEN=token, **more)
    assert code == 0
    assert {"latest", "main", "main-0000000"} < found
    words = ["verify", f"{script.image}:main", "--trusted-root", str(services.trusted_root), "--offline"]
    assert run(words, replace(init.context, now=datetime.now(UTC))) == 0


@pytest.mark.parametrize("ci", sorted(set(ENVIRONMENTS) - {"gitlab"}))
def test_main_is_signed_with_the_key_and_tagged(script, ci):
    code, found = script(ci, "main")
    assert code == 0
    assert {"latest", "main", "main-0000000"} < found
    assert [tag for tag in found if tag.startswith("sha256-")]


@pytest.mark.parametrize("ci", ENVIRONMENTS)
def test_a_feature_branch_is_judged_and_tagged(script, ci):
    assert script(ci, "feature") == (0, {"feature-x", "feature-x-0000000"})


@pytest.mark.parametrize("ci", ENVIRONMENTS)
def test_a_pull_request_is_judged_and_nothing_is_pushed(script, ci):
    assert script(ci, "pull") == (0, set())
