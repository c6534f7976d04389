"""What `gate doctor` reads in the workflows of a checkout."""

import pytest

SHA = "0123456789abcdef0123456789abcdef01234567"
TIGHT = f"""name: build
on:
  push:
permissions:
  contents: read
jobs:
  image:
    runs-on: ubuntu-latest
    permissions:
      contents: read
      packages: write
      security-events: write
      id-token: write
    steps:
      - uses: actions/checkout@{SHA} # v4
      - uses: ./.github/actions/own
      - uses: docker://alpine@sha256:{"a" * 64}
      - run: echo yes
"""


@pytest.fixture
def rows(doctor):
    """The rows for a checkout with these workflows."""

    def call(env=None, **workflows):
        folder = doctor.folder / ".github" / "workflows"
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in workflows.items():
            (folder / f"{name}.yml").write_text(text)
        return doctor("--offline", env=env)

    return call


def running(job="image", file="build.yml"):
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_JOB": job,
        "GITHUB_WORKFLOW_REF": f"octo/app/.github/workflows/{file}@refs/heads/main",
    }


def test_a_tight_workflow_is_good(rows):
    said = rows(build=TIGHT)
    assert said.row("permissions").startswith("ok")
    assert said.row("actions").startswith("ok")


def test_a_checkout_without_workflows_is_not_asked_about_them(doctor):
    said = doctor("--offline")
    assert not [one for one in said.json["rows"] if one["check"] in {"permissions", "actions", "job"}]


@pytest.mark.parametrize(
    ("top", "told"),
    [
        ("", "no permissions are declared for a, b"),
        ("permissions: write-all\n", "a, b may write everything"),
        ("permissions: {packages: write, contents: read}\n", "every one of 2 jobs may write packages"),
    ],
)
def test_permissions_that_are_too_broad_are_told_with_their_file(rows, top, told):
    said = rows(build=f"on: push\n{top}jobs:\n  a: {{steps: [{{run: a}}]}}\n  b: {{steps: [{{run: b}}]}}\n")
    assert said.row("permissions").startswith(f"warning: .github/workflows/build.yml: {told}")


@pytest.mark.parametrize(
    "used", ["actions/checkout@v4", "docker://alpine:3", "octo/shared/.github/workflows/x.yml@main", "a/b@0123abc"]
)
def test_an_action_that_its_owner_can_move_is_told_with_its_line(rows, used):
    said = rows(build=TIGHT.replace("./.github/actions/own", used))
    assert said.row("actions").startswith(f"warning: not pinned to a commit: {used} (.github/workflows/build.yml:16)")


def test_a_workflow_that_is_called_is_an_action_too(rows):
    said = rows(build="on: push\npermissions: {}\njobs:\n  a:\n    uses: octo/x/.github/workflows/y.yml@v1\n")
    assert "octo/x/.github/workflows/y.yml@v1 (.github/workflows/build.yml:5)" in said.row("actions")


def test_a_workflow_that_cannot_be_read_is_told_and_the_others_are_read(rows):
    said = rows(build="a: [\n", other=TIGHT.replace(SHA, "v4"))
    assert said.row("permissions")[0].startswith("unknown: .github/workflows/build.yml")
    assert "actions/checkout@v4" in said.row("actions")


@pytest.mark.parametrize(
    "text", ["", "[]", "jobs: 1", "jobs: {a: 1}", "jobs: {a: {steps: 1}}", "jobs: {a: {uses: [1]}}"]
)
def test_what_is_no_workflow_ends_nothing(rows, text):
    assert rows(build=text).row("policy").startswith("ok")


def test_the_job_that_runs_is_told_what_it_may(rows):
    assert rows(running(), build=TIGHT).row("job") == "ok: the job image may push, upload SARIF and sign"


def test_the_job_that_runs_is_told_what_it_lacks_and_what_for(rows):
    text = TIGHT.replace("      packages: write\n", "").replace("id-token: write", "id-token: none")
    said = rows(running(), build=text).row("job")
    assert said.startswith("warning: the job image has no `packages: write` (to push), `id-token: write` (to sign)")


def test_a_job_whose_permissions_nobody_wrote_could_not_be_told(rows):
    text = TIGHT.replace("permissions:", "perms:")
    assert rows(running(), build=text).row("job").startswith("unknown")
    assert "is not in this checkout" in rows(running(file="gone.yml"), build=TIGHT).row("job")
    assert "in a workflow that it calls" in rows(running(job="called"), build=TIGHT).row("job")
