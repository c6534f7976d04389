"""What `gate init` writes, what it leaves alone, and where it does nothing."""

import re
from dataclasses import replace

import pytest

from gate.cli import run
from gate.io.yaml_document import read
from gate.maintenance.scaffold.pins import pins
from tests.maintenance.scaffold.conftest import ACTION, git, written

FILES = {
    ".github/dependabot.yml",
    ".github/gate.schema.json",
    ".github/workflows/cleanup.yml",
    ".github/workflows/image.yml",
    ".github/workflows/rescan.yml",
    "gate.yaml",
}


def document(folder, name):
    return read((folder / name).read_bytes(), name).value


def workflow(init, name="image"):
    return (init.folder / f".github/workflows/{name}.yml").read_text()


def dockerfiles(init, *names):
    (init.folder / "Dockerfile").unlink()
    for name in names:
        (init.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (init.folder / name).write_text("FROM scratch\n")


def test_it_writes_everything_for_the_repository_that_it_stands_in(init):
    said = init()
    assert said.code == 0, said.err
    assert written(init.folder) == FILES
    image = (init.folder / ".github/workflows/image.yml").read_text()
    assert "name=ghcr.io/octo-org/app,push-by-digest=true" in image
    assert ACTION in image
    assert not re.search(r"__[A-Za-z/-]+__", image)
    assert run(["policy", "check"], init.context) == 0
    assert document(init.folder, "gate.yaml")["trust"]["identities"] == [
        {"repository": "octo-org/App", "workflow": ".github/workflows/image.yml", "refs": ["main", "v*"]}
    ]


def test_it_says_how_to_find_the_ids_that_it_does_not_know(init):
    assert init().code == 0
    text = (init.folder / "gate.yaml").read_text()
    assert "      # gh api repos/octo-org/App --jq '.id,.owner.id'\n      # repository_id: " in text


JOB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": "octo-org/app",
    "GITHUB_REPOSITORY_ID": "1296269",
    "GITHUB_REPOSITORY_OWNER_ID": "583231",
}


def test_in_a_job_of_the_repository_it_pins_the_ids(init):
    assert init(here=replace(init.context, env={**init.context.env, **JOB})).code == 0
    [identity] = document(init.folder, "gate.yaml")["trust"]["identities"]
    assert (identity["repository_id"], identity["owner_id"]) == ("1296269", "583231")
    assert "gh api" not in (init.folder / "gate.yaml").read_text()
    assert run(["policy", "check"], init.context) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"GITHUB_REPOSITORY": "octo-org/other"},
        {"GITHUB_REPOSITORY_ID": ""},
        {"GITHUB_REPOSITORY_OWNER_ID": '1"\n  - key: evil.pub'},
        {"GITHUB_ACTIONS": ""},
    ],
    ids=str,
)
def test_ids_of_something_else_are_not_pinned(init, change):
    assert init(here=replace(init.context, env={**init.context.env, **JOB, **change})).code == 0
    [identity] = document(init.folder, "gate.yaml")["trust"]["identities"]
    assert set(identity) == {"repository", "workflow", "refs"}


def test_it_writes_at_the_top_from_any_folder(init):
    (init.folder / "web").mkdir()
    assert init(here=replace(init.context, cwd=init.folder / "web")).code == 0
    assert written(init.folder) == FILES


def test_each_job_has_the_permissions_that_it_needs_and_no_others(init):
    init()
    workflow = document(init.folder, ".github/workflows/image.yml")
    assert workflow["permissions"] == {}
    assert {name: sorted(job["permissions"]) for name, job in workflow["jobs"].items()} == {
        "judge": ["contents", "security-events"],
        "build": ["contents", "packages"],
        "gate": ["contents", "id-token", "packages", "security-events"],
        "tag": ["contents", "packages"],
    }
    rescan = document(init.folder, ".github/workflows/rescan.yml")
    assert rescan["permissions"] == {}
    assert rescan["jobs"]["rescan"]["permissions"] == {
        "contents": "read",
        "packages": "read",
        "security-events": "write",
    }


def test_nothing_is_pruned_before_somebody_says_so(init):
    init()
    step, kept = document(init.folder, ".github/workflows/cleanup.yml")["jobs"]["prune"]["steps"]
    assert kept["with"]["path"] == "${{ steps.prune.outputs.record }}"  # what undoes it
    assert step["with"]["yes"] == "${{ vars.GATE_PRUNE == 'true' }}"
    assert step["with"]["image"] == "ghcr.io/octo-org/app"


def test_no_tag_is_given_before_the_gate_has_passed(init):
    init()
    jobs = document(init.folder, ".github/workflows/image.yml")["jobs"]
    [push] = [step for step in jobs["build"]["steps"] if step.get("id") == "push"]
    assert "push-by-digest=true" in push["with"]["outputs"]
    assert "tags" not in push["with"]
    assert "gate" in jobs["tag"]["needs"]
    assert "always()" not in str(jobs)


def test_every_action_is_pinned_with_its_version_and_each_pin_has_a_source(init):
    init("--platform", "linux/amd64", "--platform", "linux/arm64")
    text = "".join((init.folder / name).read_text() for name in FILES if "workflows" in name)
    used = set(re.findall(r"uses: (.*)", text))
    assert used == {ACTION} | {
        one for one in used if re.fullmatch(r"[a-z-]+/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one)
    }
    for name, pin in pins().items():
        assert re.fullmatch(r"[0-9a-f]{40}", pin.commit), name
        assert pin.source.startswith("https://github.com/"), name


def test_several_platforms_need_an_emulator_and_one_does_not(init):
    init("--dry-run")
    init("--platform", "linux/amd64", "--platform", "linux/arm64")
    text = (init.folder / ".github/workflows/image.yml").read_text()
    assert "platforms: linux/amd64,linux/arm64" in text
    assert text.count("docker/setup-qemu-action@") == 2
    init("--force")
    assert "setup-qemu" not in (init.folder / ".github/workflows/image.yml").read_text()


def test_updates_are_for_what_the_checkout_has(init):
    for name in (
        "go.mod",
        "web/package.json",
        "web/node_modules/x/package.json",
        "tool/uv.lock",
        "tool/pyproject.toml",
    ):
        (init.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (init.folder / name).touch()
    odd = init.folder / "a\n- evil: {"
    odd.mkdir()
    (odd / "Cargo.toml").touch()
    init()
    updates = document(init.folder, ".github/dependabot.yml")["updates"]
    assert {one["package-ecosystem"]: one["directories"] for one in updates} == {
        "github-actions": ["/"],
        "docker": ["/"],
        "gomod": ["/"],
        "npm": ["/web"],
        "uv": ["/tool"],
    }
    assert all(one["cooldown"] == {"default-days": 7} for one in updates)


def test_a_dry_run_shows_a_diff_and_writes_nothing(init):
    (init.folder / "gate.yaml").write_text("version: 1\n# \x1b[31mred\n")
    said = init("--dry-run")
    assert said.code == 0
    assert written(init.folder) == {"gate.yaml"}
    assert "--- /dev/null\n+++ b/.github/workflows/image.yml" in said.out
    assert "--- a/gate.yaml\n+++ b/gate.yaml" in said.out
    assert "+      workflow: .github/workflows/image.yml" in said.out


def test_what_is_there_is_kept_unless_forced(init):
    (init.folder / "gate.yaml").write_text("version: 1\n")
    said = init()
    assert said.code == 0
    assert "kept gate.yaml" in said.err
    assert (init.folder / "gate.yaml").read_text() == "version: 1\n"
    assert written(init.folder) == FILES
    assert "wrote" not in init().err
    assert "updated gate.yaml" in init("--force").err
    assert "trust" in (init.folder / "gate.yaml").read_text()


def test_a_link_out_of_the_checkout_is_not_followed(init, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (init.folder / ".github").symlink_to(outside)
    said = init("--force")
    assert said.code == 3
    assert "leads out of the checkout" in said.err
    assert not list(outside.iterdir())
    assert written(init.folder) == set()


def test_outside_of_a_checkout_it_does_nothing(init, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    said = init(here=replace(init.context, cwd=elsewhere))
    assert said.code == 3
    assert "not a git checkout" in said.err
    assert not list(elsewhere.iterdir())


@pytest.mark.parametrize(
    "origin",
    [
        "git@github.com:octo-org/App.git", "ssh://git@github.com/octo-org/App", "https://github.com/octo-org/App/",
        "https://x-access-token:ghs_secret@github.com/octo-org/App.git", "ssh://git@ssh.github.com:443/octo-org/App.git",
    ],
)  # fmt: skip
def test_the_repository_is_told_by_every_form_of_an_origin(init, origin):
    git(init.folder, "remote", "set-url", "origin", origin)
    said = init()
    assert said.code == 0
    assert "ghs_secret" not in said.out + said.err
    assert "ghcr.io/octo-org/app" in (init.folder / ".github/workflows/image.yml").read_text()


HOSTILE = [
    'a/b"; curl evil | sh; "', "a/${{ github.token }}", "a/b\n  evil: true", "../..", "a/..", "a/b@c", "a/b/c", "a",
    "-a/b", "a/b\x1b[31m", "a/" + "b" * 101, "a b/c", "a/b#c",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_repository_writes_nothing(init, name):
    assert init("--repository", name).code == 2
    git(init.folder, "remote", "set-url", "origin", f"https://github.com/{name}.git")
    assert init().code == 2
    assert written(init.folder) == set()


@pytest.mark.parametrize("branch", ['main"]\n    evil: [', "${{ x }}", "-x", "a..b", "a b"])
def test_a_hostile_branch_writes_nothing(init, branch):
    assert init("--branch", branch).code == 2
    assert written(init.folder) == set()


@pytest.mark.parametrize(
    "action", ["octo/gate@v1", "octo/gate@main", "octo/gate", "./", "octo/gate@" + "a" * 40 + " # x\n  evil: 1", "$(x)"]
)
def test_an_action_that_can_be_moved_is_refused(init, action):
    said = init(action=action)
    assert said.code == 2
    assert "40 digits" in said.err
    assert written(init.folder) == set()


def test_without_an_action_or_an_origin_it_says_what_to_give(init):
    assert "--action" in init(action="").err
    git(init.folder, "remote", "remove", "origin")
    assert "--repository" in init().err
    assert init("--repository", "a/b").code == 0
