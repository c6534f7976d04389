"""The job of a CI system other than GitHub Actions, read from its environment: ref, commit, and what it is for.

Variables: docs.gitlab.com/ci/variables/predefined_variables, forgejo.org/docs/latest/user/actions and
docs.gitea.com/usage/actions, jenkins.io/doc/book/pipeline/multibranch, buildkite.com/docs/pipelines/configure,
learn.microsoft.com/azure/devops/pipelines/build/variables. Nothing here is proof.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from gate.io.run_context import FORGE_MARKS, RunContext
from gate.model.ci_run import COMMIT, UNKNOWN_SYSTEM
from gate.model.image import Frozen

_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
_PULL_REF = re.compile(r"refs/(?:pull|merge-requests)/([1-9][0-9]{0,17})/(?:merge|head)")
_CLONED = re.compile(
    r"(?:[a-z+]+://(?:[^/@]*@)?|[^/@:]+@)(?P<host>[^/:]+)(?::[0-9]+(?=/))?[:/](?P<path>.+?)(?:\.git)?/?"
)
"""The address of a repository for git: `https://host/owner/name.git`, `git@host:owner/name`."""
_NOT_PULL = frozenset({"", "false"})


class CiJob(Frozen):
    """A job, in the words that GitHub has for the same things. What is empty is unknown."""

    system: str
    repository: str = ""
    server: str = ""
    """`https://gitlab.example.org`."""
    ref: str = ""
    """In full: `refs/heads/main`, `refs/tags/v1`, `refs/pull/7/merge`."""
    commit: str = ""
    event: str = ""
    """As in `sign.events`; empty where the system's own word has none like it."""
    pull_request: str = ""
    """Number of the pull or merge request that is built."""
    is_pull_request: bool = False
    """Whether it builds one, with a known number or without."""
    default_branch: str = ""
    run: str = ""
    """URL of the job."""


@dataclass(frozen=True)
class _System:
    """The variables of one CI system; of several for one thing, the first that is set counts."""

    name: str
    marks: tuple[str, ...]
    """It is this system when one of them is set."""
    commit: str
    tag: str = ""
    branch: tuple[str, ...] = ()
    """A branch, or a ref in full."""
    pull_request: tuple[str, ...] = ()
    """Set when a pull request is built; neither empty nor `false` then."""
    event: str = ""
    events: Mapping[str, str] = field(default_factory=dict)
    """The system's words for events → those of `sign.events`."""
    only_event: str = ""
    """The event of every branch and tag, for a system that has no variable for it."""
    sure: tuple[str, ...] = ()
    """One of these has to be set, or the event is unknown: without them a pull request looks like a branch."""
    ref_needs_event: bool = False
    """Whether the ref is what is built only for events that are known."""
    repository: str = ""
    server: str = ""
    clone_url: str = ""
    """The address that is cloned, where there are no variables for server and repository."""
    default_branch: str = ""
    run: str = ""


_ACTIONS_EVENTS = {one: one for one in ("push", "workflow_dispatch", "schedule", "release", "create")}
_ACTIONS_EVENTS |= dict.fromkeys(("pull_request", "pull_request_target", "pull_request_review"), "pull_request")

SYSTEMS = (
    _System(
        "Forgejo or Gitea Actions",
        FORGE_MARKS,
        commit="GITHUB_SHA",
        branch=("GITHUB_REF",),
        event="GITHUB_EVENT_NAME",
        events=_ACTIONS_EVENTS,
        ref_needs_event=True,
        repository="GITHUB_REPOSITORY",
        server="GITHUB_SERVER_URL",
    ),
    _System(
        "GitLab CI",
        ("GITLAB_CI",),
        commit="CI_COMMIT_SHA",
        tag="CI_COMMIT_TAG",
        branch=("CI_COMMIT_BRANCH",),
        pull_request=("CI_MERGE_REQUEST_IID", "CI_EXTERNAL_PULL_REQUEST_IID"),
        event="CI_PIPELINE_SOURCE",
        events={
            "push": "push",
            "web": "workflow_dispatch",
            "schedule": "schedule",
            "api": "repository_dispatch",
            "trigger": "repository_dispatch",
            "merge_request_event": "pull_request",
            "external_pull_request_event": "pull_request",
        },
        repository="CI_PROJECT_PATH",
        server="CI_SERVER_URL",
        default_branch="CI_DEFAULT_BRANCH",
        run="CI_JOB_URL",
    ),
    _System(
        "Azure Pipelines",
        ("TF_BUILD",),
        commit="BUILD_SOURCEVERSION",
        branch=("BUILD_SOURCEBRANCH",),
        pull_request=("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "SYSTEM_PULLREQUEST_PULLREQUESTID"),
        event="BUILD_REASON",
        events={
            "IndividualCI": "push",
            "BatchedCI": "push",
            "Manual": "workflow_dispatch",
            "Schedule": "schedule",
            "PullRequest": "pull_request",
        },
        clone_url="BUILD_REPOSITORY_URI",
    ),
    _System(
        "Buildkite",
        ("BUILDKITE",),
        commit="BUILDKITE_COMMIT",
        tag="BUILDKITE_TAG",
        branch=("BUILDKITE_BRANCH",),
        pull_request=("BUILDKITE_PULL_REQUEST", "BUILDKITE_PULL_REQUEST_REPO"),
        event="BUILDKITE_SOURCE",
        events={
            "webhook": "push",
            "ui": "workflow_dispatch",
            "api": "repository_dispatch",
            "schedule": "schedule",
        },
        sure=("BUILDKITE_PULL_REQUEST",),
        clone_url="BUILDKITE_REPO",
        default_branch="BUILDKITE_PIPELINE_DEFAULT_BRANCH",
        run="BUILDKITE_BUILD_URL",
    ),
    _System(
        "Jenkins",
        ("JENKINS_URL", "JENKINS_HOME"),
        commit="GIT_COMMIT",
        tag="TAG_NAME",
        branch=("BRANCH_NAME", "GIT_BRANCH"),
        pull_request=("CHANGE_ID", "CHANGE_FORK", "CHANGE_BRANCH", "ghprbPullId", "gitlabMergeRequestIid"),
        only_event="push",
        sure=("BRANCH_NAME", "TAG_NAME"),  # only multibranch pipelines have them, and those name their pull requests
        clone_url="GIT_URL",
        run="BUILD_URL",
    ),
)


def read_ci_job(context: RunContext) -> CiJob | None:
    """The job that this is; None outside of CI and in GitHub Actions, where GitHub's variables alone count."""
    if context.in_actions or not context.in_ci:
        return None
    for system in SYSTEMS:
        if any(_is_set(context.env, mark) for mark in system.marks):
            return _job(system, context.env)
    return CiJob(system=UNKNOWN_SYSTEM)


def _is_set(env: Mapping[str, str], mark: str) -> bool:
    return bool(env.get(mark)) and (mark in FORGE_MARKS or env[mark].strip().lower() not in {"0", "false", "no"})


def _job(system: _System, env: Mapping[str, str]) -> CiJob:
    ref = _ref(system, env)
    pulls = [env[name] for name in system.pull_request if env.get(name, "").lower() not in _NOT_PULL]
    event = system.events.get(env.get(system.event, ""), "") if system.event else system.only_event
    if system.sure and not any(env.get(name) for name in system.sure):
        event = ""
    is_pull = bool(pulls) or event == "pull_request" or _is_pull_ref(ref)
    number = next((one for one in pulls if _NUMBER.fullmatch(one)), "")
    if not number and (found := _PULL_REF.fullmatch(ref)):
        number = found[1]
    if system.ref_needs_event and not event:
        ref = ""
    if is_pull:
        event = "pull_request"
        ref = f"refs/pull/{number}/merge" if number else ""
    commit = env.get(system.commit, "").lower()
    server, repository = _repository(system, env)
    return CiJob(
        system=system.name,
        repository=repository,
        server=server,
        ref=ref,
        commit=commit if COMMIT.fullmatch(commit) else "",
        event=event,
        pull_request=number,
        is_pull_request=is_pull,
        default_branch=env.get(system.default_branch, ""),
        run=env.get(system.run, ""),
    )


def _ref(system: _System, env: Mapping[str, str]) -> str:
    if tag := env.get(system.tag, ""):
        return f"refs/tags/{tag}"
    name = next((env[one] for one in system.branch if env.get(one)), "")
    if not name or name.startswith("refs/"):
        return name
    if "GIT_BRANCH" in system.branch and not env.get("BRANCH_NAME"):
        name = name.removeprefix("origin/")
    return f"refs/heads/{name}"


def _is_pull_ref(ref: str) -> bool:
    """Whether a ref is of a pull request, or of a fork: Buildkite calls a fork's branch `owner:branch`."""
    name = ref.removeprefix("refs/heads/")
    pull = re.match(r"(?:pr|pull|merge-requests|mr)[/-][0-9]", name, re.IGNORECASE)
    return bool(ref) and (not ref.startswith(("refs/heads/", "refs/tags/")) or ":" in name or bool(pull))


def _repository(system: _System, env: Mapping[str, str]) -> tuple[str, str]:
    """Server and path of the repository."""
    if not system.clone_url:
        return env.get(system.server, "").rstrip("/"), env.get(system.repository, "")
    found = _CLONED.fullmatch(env.get(system.clone_url, ""))
    return (f"https://{found['host']}", found["path"]) if found else ("", "")
