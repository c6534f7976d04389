"""Read the job of a CI system other than GitHub Actions from its environment: ref, commit, event, repository.

The variables of each system are in `ci_systems.json`.

Sources: docs.gitlab.com/ci/variables/predefined_variables, forgejo.org/docs/latest/user/actions and
docs.gitea.com/usage/actions, jenkins.io/doc/book/pipeline/multibranch, buildkite.com/docs/pipelines/configure,
learn.microsoft.com/azure/devops/pipelines/build/variables. None of it is proven.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from gate.io import files, strict_json
from gate.io.run_context import FORGE_MARKS, RunContext
from gate.model.ci_run import COMMIT, UNKNOWN_SYSTEM
from gate.model.image import Frozen

_FILE = Path(__file__).with_name("ci_systems.json")
_LARGEST = 1 << 20
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
_PULL_REF = re.compile(r"refs/(?:pull|merge-requests)/([1-9][0-9]{0,17})/(?:merge|head)")
_CLONED = re.compile(
    r"(?:[a-z+]+://(?:[^/@]*@)?|[^/@:]+@)(?P<host>[^/:]+)(?::[0-9]+(?=/))?[:/](?P<path>.+?)(?:\.git)?/?"
)
"""The address of a repository for git: `https://host/owner/name.git`, `git@host:owner/name`."""
_NOT_PULL = frozenset({"", "false"})


class CiJob(Frozen):
    """A job, in GitHub's terms; what is empty is unknown."""

    system: str
    repository: str = ""
    server: str = ""
    """`https://gitlab.example.org`."""
    ref: str = ""
    """In full: `refs/heads/main`, `refs/tags/v1`, `refs/pull/7/merge`."""
    commit: str = ""
    event: str = ""
    """As in `sign.events`; empty for an event that GitHub does not have."""
    pull_request: str = ""
    """Number of the pull or merge request that is built."""
    is_pull_request: bool = False
    """Whether it builds one, with a known number or without."""
    default_branch: str = ""
    run: str = ""
    """URL of the job."""


class _System(Frozen):
    """The variables of one CI system; of several for one thing, the first that is set counts."""

    name: str
    marks: tuple[str, ...]
    """It is this system when one of them is set."""
    commit: str
    tag: str = ""
    branch: tuple[str, ...]
    """A branch, or a ref in full."""
    pull_request: tuple[str, ...] = ()
    """Set when a pull request is built; neither empty nor `false` then."""
    event: str = ""
    events: Mapping[str, str] = {}
    """The system's words for events → those of `sign.events`."""
    default_event: str = ""
    """The event of every branch and tag, for a system that has no variable for it."""
    needs_one_of: tuple[str, ...] = ()
    """Without one of these the event is unknown, because a pull request then looks like a branch.

    In Jenkins only multibranch pipelines have them, and those name their pull requests."""
    ref_needs_event: bool = False
    """Whether the ref is what is built only for events that are known."""
    repository: str = ""
    server: str = ""
    clone_url: str = ""
    """The URL that is cloned, where there are no variables for server and repository."""
    default_branch: str = ""
    run: str = ""


@cache
def _systems() -> tuple[_System, ...]:
    data = strict_json.loads(files.read(_FILE, limit=_LARGEST, what="the table of CI systems"), _FILE.name)
    return tuple(TypeAdapter(list[_System]).validate_python(data))


def read_ci_job(context: RunContext) -> CiJob | None:
    """The job that this is; None outside of CI and in GitHub Actions, where GitHub's variables alone count."""
    if context.in_actions or not context.in_ci:
        return None
    for system in _systems():
        if any(_is_set(context.env, mark) for mark in system.marks):
            return _job(system, context.env)
    return CiJob(system=UNKNOWN_SYSTEM)


def _is_set(env: Mapping[str, str], mark: str) -> bool:
    return bool(env.get(mark)) and (mark in FORGE_MARKS or env[mark].strip().lower() not in {"0", "false", "no"})


def _job(system: _System, env: Mapping[str, str]) -> CiJob:
    ref = _ref(system, env)
    pulls = [env[name] for name in system.pull_request if env.get(name, "").lower() not in _NOT_PULL]
    event = system.events.get(env.get(system.event, ""), "") if system.event else system.default_event
    if system.needs_one_of and not any(env.get(name) for name in system.needs_one_of):
        event = ""
    is_pull = bool(pulls) or event == "pull_request" or _is_pull_ref(ref)
    number = next((pull for pull in pulls if _NUMBER.fullmatch(pull)), "")
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
    name = next((env[variable] for variable in system.branch if env.get(variable)), "")
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
