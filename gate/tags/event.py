"""Which event this run builds an image for: a branch, a pull request, or a tag.

Variables and payloads: docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows.
"""

import re
from pathlib import Path
from typing import Any, Literal

from gate import files, strictjson
from gate.errors import UsageError
from gate.image import Frozen
from gate.text import one_line
from gate.world import World

_EVENT_MOST = 16 << 20
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_PULL = re.compile(r"refs/pull/([1-9][0-9]{0,17})/(?:merge|head)")
# Events whose ref and commit are what is built. Not `workflow_run`: its ref is the default branch, whatever it follows.
_PLAIN = frozenset({"push", "create", "release", "schedule", "workflow_dispatch", "repository_dispatch"})
_BY_HAND = "name what is built with --git-ref and --commit"


class Event(Frozen):
    """What is built."""

    kind: Literal["branch", "pull request", "tag"]
    name: str
    """Of the branch or the tag, without `refs/…`; of a pull request its number."""
    commit: str
    """In full; empty where it is not known."""
    default_branch: str = ""
    """Of the repository, by GitHub's word; empty where it is not known."""


def read(world: World, *, ref: str = "", commit: str = "") -> Event:
    """The event of this run, or what `ref` and `commit` say instead. Raises `UsageError`, `InputError`."""
    env = world.env
    if not ref and not world.in_actions:
        raise UsageError("this is no job of GitHub Actions: nobody knows what is built", hint=_BY_HAND)
    payload = _payload(env.get("GITHUB_EVENT_PATH", "")) if world.in_actions else {}
    event = "" if ref else env.get("GITHUB_EVENT_NAME", "")
    commit = commit or ("" if ref else env.get("GITHUB_SHA", ""))
    if commit and not _COMMIT.fullmatch(commit):
        raise UsageError(f"not a commit: {one_line(commit, 80)!r}", hint="give it in full: 40 hexadecimal digits")
    default = _text(payload, "repository", "default_branch")
    if event.startswith("pull_request"):
        return _pull_request(env.get("GITHUB_REF", ""), payload, commit)
    if event and event not in _PLAIN:
        raise UsageError(f"the event {one_line(event, 80)} does not tell what is built", hint=_BY_HAND)
    given = ref or env.get("GITHUB_REF", "")
    if found := _PULL.fullmatch(given):
        return Event(kind="pull request", name=found[1], commit=commit)
    for kind, start in (("branch", "refs/heads/"), ("tag", "refs/tags/")):
        if given.startswith(start) and len(given) > len(start):
            return Event.model_validate(
                {"kind": kind, "name": given.removeprefix(start), "commit": commit, "default_branch": default}
            )
    raise UsageError(
        f"not a ref in full: {one_line(given, 120)!r}",
        hint="write refs/heads/main, refs/tags/v1.2.3 or refs/pull/7/merge",
    )


def _pull_request(ref: str, payload: Any, commit: str) -> Event:
    """By its number: for `pull_request_target` the ref is that of the branch it is for, whose tags it must not get."""
    number = payload.get("number") if isinstance(payload, dict) else None
    if found := _PULL.fullmatch(ref):
        number = int(found[1])
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise UsageError("the event does not tell the number of its pull request", hint=_BY_HAND)
    return Event(kind="pull request", name=str(number), commit=commit)


def _payload(path: str) -> Any:
    if not path:
        return {}
    return strictjson.loads(files.read(Path(path), limit=_EVENT_MOST, what="the event"), "the event")


def _text(payload: Any, *path: str) -> str:
    for part in path:
        payload = payload.get(part) if isinstance(payload, dict) else None
    return payload if isinstance(payload, str) else ""
