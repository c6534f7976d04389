"""A job of another CI system builds a pull request, or passes for a job of GitHub: nothing is signed for it."""

import pytest

from tests.lab.referrers import MemoryRegistry
from tests.lab.sigstore import github_claims, gitlab_claims
from tests.pipeline.evidence.conftest import gate, lab, sign, verify

__all__ = ["gate", "lab", "sign", "verify"]

SHA = "a" * 40
GITLAB = {
    "CI": "true",
    "GITLAB_CI": "true",
    "CI_PROJECT_PATH": "octo/app",
    "CI_SERVER_URL": "https://gitlab.com",
    "CI_COMMIT_SHA": SHA,
    "CI_COMMIT_BRANCH": "main",
    "CI_DEFAULT_BRANCH": "main",
    "CI_PIPELINE_SOURCE": "push",
}
AZURE = {
    "TF_BUILD": "True",
    "BUILD_SOURCEBRANCH": "refs/heads/main",
    "BUILD_SOURCEVERSION": SHA,
    "BUILD_REASON": "IndividualCI",
    "BUILD_REPOSITORY_URI": "https://dev.azure.com/octo/app/_git/app",
}
BUILDKITE = {
    "CI": "true",
    "BUILDKITE": "true",
    "BUILDKITE_BRANCH": "main",
    "BUILDKITE_COMMIT": SHA,
    "BUILDKITE_PULL_REQUEST": "false",
    "BUILDKITE_PULL_REQUEST_REPO": "",
    "BUILDKITE_SOURCE": "webhook",
    "BUILDKITE_REPO": "git@github.com:octo/app.git",
}
JENKINS = {
    "JENKINS_URL": "https://ci.example.org/",
    "BRANCH_NAME": "main",
    "GIT_BRANCH": "main",
    "GIT_COMMIT": SHA,
    "GIT_URL": "https://github.com/octo/app.git",
}
FORGEJO = {
    "CI": "true",
    "GITHUB_ACTIONS": "true",
    "FORGEJO_ACTIONS": "true",
    "GITEA_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://codeberg.org",
    "GITHUB_REPOSITORY": "octo/app",
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_SHA": SHA,
    "GITHUB_EVENT_NAME": "push",
}
GITEA = {name: value for name, value in FORGEJO.items() if name != "FORGEJO_ACTIONS"}
JOBS = {
    "GitLab": GITLAB,
    "Azure": AZURE,
    "Buildkite": BUILDKITE,
    "Jenkins": JENKINS,
    "Forgejo": FORGEJO,
    "Gitea": GITEA,
}
REFUSED = {
    "GitLab, merge request": (GITLAB, {"CI_COMMIT_BRANCH": "", "CI_PIPELINE_SOURCE": "merge_request_event"}),
    "GitLab, merge request by its number": (GITLAB, {"CI_MERGE_REQUEST_IID": "7"}),
    "GitLab, pull request of GitHub": (GITLAB, {"CI_PIPELINE_SOURCE": "external_pull_request_event"}),
    "GitLab, pipeline of a pipeline": (GITLAB, {"CI_PIPELINE_SOURCE": "parent_pipeline"}),
    "GitLab, event that is not known": (GITLAB, {"CI_PIPELINE_SOURCE": "chat"}),
    "GitLab, no event": (GITLAB, {"CI_PIPELINE_SOURCE": ""}),
    "GitLab, schedule": (GITLAB, {"CI_PIPELINE_SOURCE": "schedule"}),
    "GitLab, another branch": (GITLAB, {"CI_COMMIT_BRANCH": "feature"}),
    "Azure, pull request": (AZURE, {"BUILD_REASON": "PullRequest", "BUILD_SOURCEBRANCH": "refs/pull/7/merge"}),
    "Azure, pull request by its branch": (AZURE, {"BUILD_SOURCEBRANCH": "refs/pull/7/merge"}),
    "Azure, pull request run by hand": (AZURE, {"BUILD_REASON": "Manual", "BUILD_SOURCEBRANCH": "refs/pull/7/head"}),
    "Azure, pull request by its id": (AZURE, {"SYSTEM_PULLREQUEST_PULLREQUESTID": "7"}),
    "Azure, another pipeline's end": (AZURE, {"BUILD_REASON": "BuildCompletion"}),
    "Buildkite, pull request": (BUILDKITE, {"BUILDKITE_PULL_REQUEST": "7"}),
    "Buildkite, branch of a fork": (BUILDKITE, {"BUILDKITE_BRANCH": "evil:main"}),
    "Buildkite, repository of a fork": (BUILDKITE, {"BUILDKITE_PULL_REQUEST_REPO": "git://github.com/evil/app.git"}),
    "Buildkite, unknown whether one": (BUILDKITE, {"BUILDKITE_PULL_REQUEST": ""}),
    "Buildkite, another build's": (BUILDKITE, {"BUILDKITE_SOURCE": "trigger_job"}),
    "Jenkins, pull request": (JENKINS, {"BRANCH_NAME": "PR-7", "CHANGE_ID": "7"}),
    "Jenkins, pull request by its branch": (JENKINS, {"BRANCH_NAME": "PR-7"}),
    "Jenkins, fork": (JENKINS, {"CHANGE_FORK": "evil"}),
    "Jenkins, pull request builder": (JENKINS, {"ghprbPullId": "7"}),
    "Jenkins, no multibranch pipeline": (JENKINS, {"BRANCH_NAME": "", "GIT_BRANCH": "origin/main"}),
    "Forgejo, pull request": (FORGEJO, {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/7/head"}),
    "Forgejo, pull request onto its target": (FORGEJO, {"GITHUB_EVENT_NAME": "pull_request_target"}),
    "Forgejo, pull request by its ref": (FORGEJO, {"GITHUB_REF": "refs/pull/7/head"}),
    "Forgejo, a comment": (FORGEJO, {"GITHUB_EVENT_NAME": "issue_comment"}),
    "Gitea, pull request": (GITEA, {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/7/head"}),
    "a system that is not known": ({"CI": "true"}, {}),
    "another that is not known": ({"TEAMCITY_VERSION": "2026.1"}, {}),
}


@pytest.fixture(scope="module")
def image(layouts):
    """The clean sample in a registry of this file's own; its registry and name."""
    with MemoryRegistry() as served:
        served.push(layouts, "clean", "octo/app:1")
        yield served, f"{served.host}/octo/app:1"


@pytest.fixture
def attempt(gate, lab, signing_key, image):
    """Try to sign with a key in that environment."""
    _, name = image

    def call(env, *more):
        who = ("--key", signing_key.private)
        return gate("sign", name, *lab[4:], *who, "--dry-run", "--json=answers.json", *more, env=env)

    return call


@pytest.mark.parametrize("name", JOBS)
def test_a_job_for_a_push_may_sign(attempt, name):
    said = attempt(JOBS[name])
    assert said.code == 0, said.words


@pytest.mark.parametrize("name", REFUSED)
def test_a_job_that_may_be_for_a_pull_request_signs_nothing(attempt, name):
    env, changes = REFUSED[name]
    said = attempt({**env, **changes}, *(["--local"] if len(env) > 1 else []))
    assert said.code == 10, said.words
    [one] = said.results
    assert {reason["rule"] for reason in one["reasons"]} & {"sign", "sign.events", "sign.refs"}


def test_a_pull_request_signs_nothing_whatever_the_policy_says(attempt, gate):
    (gate.folder / "gate.yaml").write_text("version: 1\nsign: {events: [pull_request], refs: ['refs/**']}\n")
    for name, (env, changes) in REFUSED.items():
        if "request" in name:
            said = attempt({**env, **changes})
            assert (said.code, "pull request" in said.words) == (10, True), name


def test_under_github_actions_the_variables_of_others_do_not_count(attempt):
    job = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": "octo/app",
        "GITHUB_REF": "refs/heads/feature",
        "GITHUB_EVENT_NAME": "schedule",
    }
    said = attempt({**GITLAB, **AZURE, **BUILDKITE, **JENKINS, **job})
    assert said.code == 10
    [one] = said.results
    assert [reason["rule"] for reason in one["reasons"]] == ["sign.events", "sign.refs"]


def test_a_runner_of_forgejo_is_none_of_github(gate, image):
    """It sets GitHub's variables, its token among them: nothing is sent to GitHub with that."""
    (gate.folder / "none.sarif").write_text(
        '{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": []}]}'
    )
    said = gate("pull-secret", env={**FORGEJO, "GITHUB_TOKEN": "ghp_" + "x" * 36, "GITHUB_ACTOR": "octo"})
    assert said.code == 2, said.words
    said = gate("upload", "none.sarif", env={**FORGEJO, "GITHUB_TOKEN": "t"})
    assert (said.code, "the commit of these results is unknown" in said.err) == (2, True)


def test_a_job_of_gitlab_signs_with_its_token_as_its_pipeline(sign, verify, sigstore, image, tmp_path):
    registry, name = image
    (tmp_path / "token").write_text(sigstore.token(**gitlab_claims()))
    said = sign(name, "--identity-token", tmp_path / "token", env=GITLAB)
    assert said.code == 0, said.words
    subject = "https://gitlab.com/octo/app//.gitlab-ci.yml@refs/heads/main"
    who = ("--issuer", "https://gitlab.com", "--subject", subject)
    assert verify(name, trust=who).code == 0
    other = (*who[:3], subject.replace("octo", "evil"))
    assert verify(name, trust=other).code == 11
    assert registry.bundles("octo/app", registry.repository("octo/app").tags["1"])


def test_a_token_of_github_in_a_job_of_gitlab_is_held_to_the_job(sign, sigstore, image, tmp_path):
    (tmp_path / "token").write_text(sigstore.token(**github_claims()))
    said = sign(image[1], "--identity-token", tmp_path / "token", env={**GITLAB, "CI_MERGE_REQUEST_IID": "7"})
    assert said.code == 10
