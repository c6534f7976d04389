"""Read the event for which this CI job builds an image: a branch, a pull request, or a tag.

`gate.io.ci_job` reads the job of CI systems other than GitHub Actions.

Variables and payloads: docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows.
"""

import re
from pathlib import Path
from typing import Any, Literal

from gate.errors import UsageError
from gate.io import ci_job, files, strict_json
from gate.io.run_context import RunContext
from gate.model.ci_run import COMMIT, UNKNOWN_SYSTEM
from gate.model.image import Frozen
from gate.text import one_line

_EVENT_MOST = 16 << 20
_PULL = re.compile(r"refs/pull/([1-9][0-9]{0,17})/(?:merge|head)")
# Events whose ref and commit are what is built. Not `workflow_run`: its ref is the default branch, whatever it follows.
_PLAIN = frozenset({"push", "create", "release", "schedule", "workflow_dispatch", "repository_dispatch", "merge_group"})
_QUEUE = re.compile(r"refs/heads/gh-readonly-queue/.+/pr-([1-9][0-9]{0,17})-[0-9a-f]{40}")
"""The branch of a merge queue, which names the last pull request of the group."""
_GONE = frozenset({"deleted", "unpublished"})
_BY_HAND = "name what is built with --git-ref and --commit"


class Event(Frozen):
    """The branch, pull request or tag that is built."""

    kind: Literal["branch", "pull request", "tag"]
    name: str
    """Branch or tag without `refs/…`, or the number of the pull request."""
    commit: str
    """Full SHA; empty when it is unknown."""
    default_branch: str = ""
    """Default branch of the repository; empty when it is unknown."""
    pre_release: bool = False
    """Whether GitHub's release of this tag is marked as a pre-release."""


def read_event(context: RunContext, *, ref: str = "", commit: str = "") -> Event:
    """The event of this job, or of `ref` and `commit` if they are set. Raises `UsageError`, `InputError`."""
    env = context.env
    if not ref and not context.in_actions:
        return _other_ci(context, commit)
    payload = _payload(env.get("GITHUB_EVENT_PATH", "")) if context.in_actions else {}
    event = "" if ref else env.get("GITHUB_EVENT_NAME", "")
    commit = commit or ("" if ref else env.get("GITHUB_SHA", ""))
    if commit and not COMMIT.fullmatch(commit):
        raise UsageError(f"not a commit: {one_line(commit, 80)!r}", hint="use the full SHA: 40 hexadecimal digits")
    full_ref = ref or env.get("GITHUB_REF", "")
    if event.startswith("pull_request"):
        return _pull_request(full_ref, payload, commit)
    if event and event not in _PLAIN:
        raise UsageError(f"the event {one_line(event, 80)} does not name what is built", hint=_BY_HAND)
    if event == "release":
        full_ref = _release_ref(full_ref, payload)
    if found := (_QUEUE if event == "merge_group" else _PULL).fullmatch(full_ref):
        return Event(kind="pull request", name=found[1], commit=commit)
    if event == "merge_group":
        raise UsageError("the event does not name the pull request of its merge group", hint=_BY_HAND)
    default = _text(payload, "repository", "default_branch")
    if event == "schedule":  # it always runs on the default branch, and its payload names no repository
        default = full_ref.removeprefix("refs/heads/")
    release = payload.get("release") if event == "release" and isinstance(payload, dict) else None
    pre_release = isinstance(release, dict) and release.get("prerelease") is not False
    for kind, start in (("branch", "refs/heads/"), ("tag", "refs/tags/")):
        if full_ref.startswith(start) and len(full_ref) > len(start):
            return Event.model_validate(
                {
                    "kind": kind,
                    "name": full_ref.removeprefix(start),
                    "commit": commit,
                    "default_branch": default,
                    "pre_release": pre_release,
                }
            )
    raise UsageError(
        f"not a full ref: {one_line(full_ref, 120)!r}",
        hint="write refs/heads/main, refs/tags/v1.2.3 or refs/pull/7/merge",
    )


def _other_ci(context: RunContext, commit: str) -> Event:
    """The event of a job of another CI system. Raises `UsageError` when the job has none."""
    job = ci_job.read_ci_job(context)
    if job is None or job.system == UNKNOWN_SYSTEM:
        raise UsageError("this is not a GitHub Actions job: the event is unknown", hint=_BY_HAND)
    if job.is_pull_request and not job.pull_request:
        raise UsageError(f"the job of {job.system} has no number of its pull request", hint=_BY_HAND)
    if not job.ref:
        raise UsageError(f"the job of {job.system} does not name what is built", hint=_BY_HAND)
    if job.is_pull_request:
        return Event(kind="pull request", name=job.pull_request, commit=commit or job.commit)
    _, kind, name = job.ref.split("/", 2)
    return Event(
        kind="tag" if kind == "tags" else "branch",
        name=name,
        commit=commit or job.commit,
        default_branch=job.default_branch,
    )


def _release_ref(ref: str, payload: Any) -> str:
    """The tag of a release; a draft has none in its ref. Raises `UsageError` for a release that was withdrawn."""
    action = _text(payload, "action")
    if action in _GONE:
        raise UsageError(
            f"the release was {action}: nothing is built for it",
            hint="limit the trigger of the workflow: types: [published]",
        )
    name = _text(payload, "release", "tag_name")
    return f"refs/tags/{name}" if name and not ref.startswith("refs/tags/") else ref


def _pull_request(ref: str, payload: Any, commit: str) -> Event:
    """By its number: for `pull_request_target` the ref is the target branch, whose tags it must not get."""
    number = payload.get("number") if isinstance(payload, dict) else None
    if found := _PULL.fullmatch(ref):
        number = int(found[1])
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise UsageError("the event has no number of its pull request", hint=_BY_HAND)
    return Event(kind="pull request", name=str(number), commit=commit)


def _payload(path: str) -> Any:
    if not path:
        return {}
    return strict_json.loads(files.read(Path(path), limit=_EVENT_MOST, what="the event"), "the event")


def _text(payload: Any, *path: str) -> str:
    for part in path:
        payload = payload.get(part) if isinstance(payload, dict) else None
    return payload if isinstance(payload, str) else ""
