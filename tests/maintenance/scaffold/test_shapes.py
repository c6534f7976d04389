"""Repositories of every shape: Dockerfiles elsewhere, several images, other hosts and registries, other branches."""

import os
import pty
import subprocess
import sys
from dataclasses import replace

import pytest

from gate.cli import run
from tests.action.auditors import actionlint, zizmor
from tests.action.conftest import ACTION as ACTION_FILE
from tests.lab.tools import ROOT
from tests.maintenance.scaffold.conftest import ACTION, git, written
from tests.maintenance.scaffold.test_init import FILES, dockerfiles, document, workflow

ACTION_INPUTS = ACTION_FILE["inputs"]
GHES = "https://github.example.com/octo-org/App.git"


def jobs(init, name="image"):
    return document(init.folder, f".github/workflows/{name}.yml")["jobs"]


def build(init):
    [step] = [step for step in jobs(init)["build"]["steps"] if step.get("id") == "push"]
    return step["with"]["file"], step["with"]["context"]


@pytest.mark.parametrize(
    ("path", "folder"),
    [("docker/Dockerfile", "docker"), ("services/api/Containerfile", "services/api"), ("prod.Dockerfile", ".")],
)
def test_the_only_dockerfile_is_found_wherever_it_is(init, path, folder):
    dockerfiles(init, path)
    said = init()
    assert said.code == 0
    assert build(init) == (path, folder)
    assert f"ghcr.io/octo-org/app is built from {path} in the context {folder}" in said.err


def test_dockerfile_context_and_image_can_be_named(init):
    dockerfiles(init, "docker/Dockerfile", "test/Dockerfile")
    said = init("--dockerfile", "docker/Dockerfile", "--context", ".", "--image", "ghcr.io/octo-org/other")
    assert said.code == 0
    assert build(init) == ("docker/Dockerfile", ".")
    assert "name=ghcr.io/octo-org/other,push-by-digest" in workflow(init)
    assert "app" not in workflow(init)


def test_of_several_dockerfiles_none_is_guessed(init):
    dockerfiles(init, "api/Dockerfile", "web/Dockerfile")
    said = init()
    assert said.code == 2
    assert "there are 2 Dockerfiles: api/Dockerfile, web/Dockerfile" in said.err
    assert "--dockerfile api/Dockerfile --dockerfile web/Dockerfile" in said.err
    assert written(init.folder) == {"api/Dockerfile", "web/Dockerfile"}


def answered(init, *answers):
    """Run `gate init` on a terminal, and type the answers; what it printed."""
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "gate", "init", "--action", ACTION]
    env = {**init.context.env, "PYTHONPATH": str(ROOT), "TERM": "dumb"}
    child = subprocess.Popen(words, cwd=init.folder, env=env, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    os.write(ours, "".join(f"{answer}\n" for answer in answers).encode())
    printed = b""
    try:
        while piece := os.read(ours, 1 << 16):
            printed += piece
    except OSError:
        pass  # the other end is closed
    os.close(ours)
    return child.wait(), printed.decode()


@pytest.mark.parametrize(("answer", "files"), [("2", ["web/Dockerfile"]), ("", ["api/Dockerfile", "web/Dockerfile"])])
def test_on_a_terminal_one_is_asked_which(init, answer, files):
    dockerfiles(init, "api/Dockerfile", "web/Dockerfile")
    code, printed = answered(init, answer)
    assert code == 0, printed
    assert "  1  api/Dockerfile" in printed
    assert [path for path in ("api/Dockerfile", "web/Dockerfile") if path in workflow(init)] == files


def test_an_answer_that_is_no_number_of_the_list_writes_nothing(init):
    dockerfiles(init, "api/Dockerfile", "web/Dockerfile")
    assert answered(init, "3")[0] == 2
    assert not (init.folder / ".github").exists()


SEVERAL = ("--dockerfile", "services/api/Dockerfile", "--dockerfile", "web.Dockerfile")


@pytest.fixture
def several(init):
    dockerfiles(init, "services/api/Dockerfile", "web.Dockerfile", "test/Dockerfile")
    return init


def test_several_images_are_a_matrix_with_names_of_their_own(several):
    assert several(*SEVERAL).code == 0
    both = [
        {
            "name": "services-api", "image": "ghcr.io/octo-org/app-services-api",
            "context": "services/api", "dockerfile": "services/api/Dockerfile",
        },
        {"name": "web", "image": "ghcr.io/octo-org/app-web", "context": ".", "dockerfile": "web.Dockerfile"},
    ]  # fmt: skip
    names = ("image", "rescan", "cleanup")
    found = [job["strategy"]["matrix"]["include"] for name in names for job in jobs(several, name).values()]
    assert found == [both] * 4
    assert run(["policy", "check"], several.context) == 0


@pytest.mark.parametrize("args", [SEVERAL, ("--dockerfile", "web.Dockerfile", "--push-pull-requests")])
def test_what_is_written_passes_both_auditors(several, args):
    assert several(*args, "--deploy", "deploy.yaml").code == 0
    assert not zizmor(".", cwd=several.folder)
    names = sorted((several.folder / ".github/workflows").iterdir())
    assert len(names) == 4
    assert not actionlint(*(str(path.relative_to(several.folder)) for path in names), cwd=several.folder)


@pytest.mark.parametrize(
    "args",
    [
        (*SEVERAL, "--image", "ghcr.io/a/b"), (*SEVERAL, "--context", "."),
        (*SEVERAL, "--image", "ghcr.io/a/b", "--image", "ghcr.io/a/b"),
        (*SEVERAL, "--image", "ghcr.io/a/b", "--image", "quay.io/a/c"),
        ("--dockerfile", "web.Dockerfile", "--image", "ghcr.io/a/b:1"),
        ("--dockerfile", "web.Dockerfile", "--context", "../x"),
        ("--dockerfile", "web.Dockerfile", "--context", "/"),
        ("--dockerfile", "web.Dockerfile", "--context", "${{ x }}"),
        ("--dockerfile", "nowhere/Dockerfile"),
        ("--dockerfile", "web.Dockerfile", "--deploy", "-x"),
        ("--dockerfile", "web.Dockerfile", "--deploy", "a b"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_what_cannot_be_written_is_a_usage_error(several, args):
    said = several(*args)
    assert said.code == 2, said.err
    assert not (several.folder / ".github").exists()


def test_the_default_branch_is_that_of_origin(init):
    git(init.folder, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    assert init().code == 0
    assert document(init.folder, "gate.yaml")["sign"]["refs"] == ["trunk", "v*"]
    assert 'branches: ["trunk", develop, "feature/**"]' in workflow(init)


def test_without_one_it_is_the_branch_that_is_checked_out_and_that_is_said(init):
    git(init.folder, "checkout", "-q", "-b", "develop")
    said = init()
    assert "it is the one checked out, develop (--branch)" in said.err
    assert 'branches: ["develop", "feature/**"]' in workflow(init)


def test_without_any_branch_it_is_asked_for(init):
    git(init.folder, "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-q", "--allow-empty", "-m", "x")
    git(init.folder, "checkout", "-q", "--detach")
    said = init()
    assert said.code == 2
    assert "--branch main" in said.err
    assert answered(init, "trunk")[0] == 0
    assert '"trunk"' in workflow(init)


def test_an_enterprise_server_has_a_registry_of_its_own_and_a_key(init):
    git(init.folder, "remote", "set-url", "origin", GHES)
    said = init()
    assert "cosign generate-key-pair" in said.err
    text = workflow(init)
    assert "containers.github.example.com/octo-org/app@" in text
    assert "ghcr.io" not in text
    assert "registry: containers.github.example.com\n          username: ${{ github.actor }}" in text
    assert "signing-key: env://COSIGN_PRIVATE_KEY" in text
    assert document(init.folder, "gate.yaml")["trust"]["identities"] == [{"key": "cosign.pub"}]
    assert written(init.folder) == FILES - {".github/workflows/cleanup.yml"}
    assert not actionlint(".github/workflows/image.yml", cwd=init.folder)


@pytest.mark.parametrize("origin", [GHES, "https://github.com/octo-org/app.git"])
def test_the_action_has_every_input_that_is_given(several, origin):
    git(several.folder, "remote", "set-url", "origin", origin)
    several(*SEVERAL, "--deploy", "deploy.yaml")
    names = [path.stem for path in (several.folder / ".github/workflows").iterdir()]
    steps = [step for name in names for job in jobs(several, name).values() for step in job["steps"]]
    given = {name for step in steps if step.get("uses", "").startswith("octo/gate@") for name in step["with"]}
    assert {"image", "mode", "sign", "file", "pin", "dockerfile"} < given <= set(ACTION_INPUTS)


def test_another_registry_needs_a_login_of_its_own(init):
    said = init("--image", "registry.example.com/team/app")
    assert "REGISTRY_USERNAME and REGISTRY_PASSWORD" in said.err
    assert "registry-password: ${{ secrets.REGISTRY_PASSWORD }}" in workflow(init)
    assert "github.token" not in workflow(init)


@pytest.mark.parametrize("host", ["gitlab.com", "gitlab.example.com", "codeberg.org", "bitbucket.org"])
def test_a_repository_elsewhere_is_not_taken_for_one_of_github(init, host):
    git(init.folder, "remote", "set-url", "origin", f"git@{host}:octo-org/App.git")
    said = init("--ci", "github")
    assert said.code == 2
    assert "--repository" in said.err
    assert init("--ci", "github", "--repository", "octo-org/app").code == 0
    assert "ghcr.io/octo-org/app@" in workflow(init)


@pytest.mark.parametrize("name", ["workflows/image", "workflows/rescan", "dependabot"])
def test_a_file_with_the_other_ending_is_the_same_file(init, name):
    path = init.folder / f".github/{name}.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("name: mine\n")
    said = init()
    assert f"kept .github/{name}.yaml" in said.err
    assert path.read_text() == "name: mine\n"
    assert not path.with_suffix(".yml").exists()
    [identity] = document(init.folder, "gate.yaml")["trust"]["identities"]
    assert identity["workflow"] == f".github/workflows/image.{'yaml' if 'image' in name else 'yml'}"


@pytest.mark.parametrize("name", [".github/gate.yaml", "gate.yml"])
def test_a_policy_elsewhere_is_the_policy(init, name):
    (init.folder / ".github").mkdir()
    (init.folder / name).write_text("version: 1\n")
    assert f"kept {name}" in init().err
    assert not (init.folder / "gate.yaml").exists()


def test_another_workflow_that_builds_is_named(init):
    folder = init.folder / ".github/workflows"
    folder.mkdir(parents=True)
    (folder / "docker.yaml").write_text("steps:\n- run: docker build -t x .\n")
    (folder / "lint.yml").write_text("steps:\n- run: make lint\n")
    said = init()
    assert ".github/workflows/docker.yaml builds images too" in said.err
    assert "lint.yml" not in said.err


MANIFEST = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - image: ghcr.io/octo-org/app:latest\n"


def test_manifests_that_name_the_image_are_deployed(init):
    for name in ("k8s/pod.yaml", "charts/templates/pod.yaml"):
        (init.folder / name).parent.mkdir(parents=True)
        (init.folder / name).write_text(MANIFEST + ("    # {{ x }}\n" if "charts" in name else ""))
    (init.folder / "other.yaml").write_text(MANIFEST.replace("app:", "app-other:"))
    assert init().code == 0
    _, verify, apply = jobs(init, "deploy")["deploy"]["steps"]
    assert verify["with"] == {"mode": "verify", "file": "k8s/pod.yaml", "pin": True}
    assert apply["run"].endswith(" apply --filename k8s/pod.yaml\n")


def test_without_a_manifest_nothing_is_deployed_and_the_option_is_named(init):
    assert "--deploy FILE" in init().err
    assert written(init.folder) == FILES
    (init.folder / "a.yaml").write_text(MANIFEST)
    init("--deploy", "b.yaml", "--deploy", "c/d.yaml")
    assert "apply --filename b.yaml --filename c/d.yaml" in workflow(init, "deploy")
    assert jobs(init, "deploy")["deploy"]["steps"][1]["with"]["file"] == "b.yaml\nc/d.yaml\n"


def test_pull_requests_are_pushed_only_when_asked(init):
    init()
    assert jobs(init)["build"]["if"] == "github.event_name != 'pull_request'"
    init("--push-pull-requests")
    same = "github.event.pull_request.head.repo.full_name == github.repository"
    assert jobs(init)["build"]["if"] == f"github.event_name != 'pull_request' || {same}"
    assert jobs(init)["judge"]["if"] == f"github.event_name == 'pull_request' && !({same})"


def test_the_image_in_a_context_of_a_subfolder_is_found_from_there(init):
    (init.folder / "web").mkdir()
    assert init(here=replace(init.context, cwd=init.folder / "web")).code == 0
    assert build(init) == ("Dockerfile", ".")
