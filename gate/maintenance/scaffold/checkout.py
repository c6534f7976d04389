"""The git checkout of the working directory: top folder, GitHub repository, default branch."""

import re
from dataclasses import dataclass
from pathlib import Path

from gate.errors import InputError, ToolFailedError, UsageError
from gate.io.process import Command, run
from gate.io.run_context import RunContext
from gate.text import one_line

_REPOSITORY = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,98}[A-Za-z0-9])?/(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100}")
_BRANCH = re.compile(r"(?![/.-])[A-Za-z0-9._/-]{1,200}(?<![/.])")
_ORIGIN = re.compile(r"(?:[a-z+]+://(?:[^/@]*@)?[^/]+/|[^/:@]*@?[^/:]+:)(?P<path>[^:]+?)(?:\.git)?/?")
_ID = re.compile(r"[0-9]{1,20}")
_TIMEOUT = 20.0


@dataclass(frozen=True)
class Checkout:
    """A git checkout."""

    root: Path
    repository: str
    """`owner/name`."""
    branch: str
    """The default branch."""
    repository_id: str = ""
    """GitHub's number of the repository; empty when it is unknown."""
    owner_id: str = ""
    """GitHub's number of its owner; empty when it is unknown."""


def read_checkout(context: RunContext, repository: str = "", branch: str = "") -> Checkout:
    """Read the checkout; `repository` and `branch` override git. Raises `InputError` outside of one, `UsageError`."""
    root = Path(_git(context, "rev-parse", "--show-toplevel"))
    if not root.is_absolute() or not root.is_dir():
        raise InputError("this is not a git checkout", hint="change to the repository, or create one: git init")
    if not repository:
        found = _ORIGIN.fullmatch(_git(context, "config", "--get", "remote.origin.url", may_fail=True))
        if not found:
            raise UsageError(
                "the GitHub repository of this checkout is unknown", hint="name it: --repository OWNER/NAME"
            )
        repository = found["path"]
    if not _REPOSITORY.fullmatch(repository):
        raise UsageError(f"not a GitHub repository: {one_line(repository, 100)!r}", hint="write it as owner/name")
    branch = branch or _default_branch(context)
    if not _BRANCH.fullmatch(branch) or ".." in branch:
        raise UsageError(f"not a branch that can be written into a workflow: {one_line(branch, 100)!r}")
    return Checkout(root, repository, branch, *_ids(context, repository))


def _ids(context: RunContext, repository: str) -> tuple[str, str]:
    """The ids of the repository and its owner, from the environment of a GitHub Actions job."""
    env = context.env
    own = env.get("GITHUB_REPOSITORY", "").lower() == repository.lower()
    found = env.get("GITHUB_REPOSITORY_ID", ""), env.get("GITHUB_REPOSITORY_OWNER_ID", "")
    if context.in_actions and own and all(_ID.fullmatch(one) for one in found):
        return found
    return "", ""


def _default_branch(context: RunContext) -> str:
    head = _git(context, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD", may_fail=True)
    return head.removeprefix("origin/") or "main"


def _git(context: RunContext, *args: str, may_fail: bool = False) -> str:
    """The output of a git command; empty when it failed and `may_fail`."""
    env = {name: context.env[name] for name in ("HOME", "PATH", "XDG_CONFIG_HOME") if name in context.env}
    try:
        ok = (0, 1) if may_fail else (0,)
        done = run(Command("git", args, env, context.cwd, _TIMEOUT, ok=ok, deadline=context.deadline, hint=""))
    except ToolFailedError as exc:
        raise InputError(
            f"this is not a git checkout that can be used: {one_line(exc.problem, 300)}",
            hint="change to the repository, or create one: git init",
        ) from exc
    return done.stdout.strip()
