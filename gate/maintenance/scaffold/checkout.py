"""The git checkout of the working directory: top folder, host and path of its repository, default branch."""

import re
from dataclasses import dataclass
from pathlib import Path

from gate.errors import InputError, ToolFailedError, UsageError
from gate.io.process import Command, run
from gate.io.run_context import RunContext
from gate.text import one_line

GITHUB = "github.com"
_OWNER_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,98}[A-Za-z0-9])?/(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100}")
_BRANCH = re.compile(r"(?![/.-])[A-Za-z0-9._/-]{1,200}(?<![/.])")
_ORIGIN = re.compile(
    r"(?:[a-z+]+://(?:[^/@]*@)?(?P<host>[^/:@]+)(?::[0-9]+)?/|[^/:@]*@?(?P<scp>[^/:@]+):)(?P<path>[^:]+?)(?:\.git)?/?"
)
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_ELSEWHERE = re.compile(
    r"(?:.*\.)?(?:gitlab\..+|.*gitlab.*|.*gitea.*|.*forgejo.*|codeberg\.org|bitbucket\.org|dev\.azure\.com|visualstudio\.com)"
)
"""Hosts that are no GitHub; any other is taken for a GitHub Enterprise Server."""
_ID = re.compile(r"[0-9]{1,20}")
_TIMEOUT = 20.0


@dataclass(frozen=True)
class Checkout:
    """A git checkout."""

    root: Path
    repository: str
    """`owner/name`."""
    branch: str
    """The default branch; empty when git does not know it."""
    host: str = GITHUB
    """`github.com`, or a GitHub Enterprise Server."""
    repository_id: str = ""
    """GitHub's number of the repository; empty when it is unknown."""
    owner_id: str = ""
    """GitHub's number of its owner; empty when it is unknown."""
    current_branch: bool = False
    """Whether the branch is only the one that is checked out: git knows no other."""


def read_checkout(context: RunContext, repository: str = "", branch: str = "") -> Checkout:
    """Read the checkout; `repository` and `branch` override git. Raises `InputError` outside of one, `UsageError`."""
    root = Path(_git(context, "rev-parse", "--show-toplevel"))
    if not root.is_absolute() or not root.is_dir():
        raise InputError("this is not a git checkout", hint="change to the repository, or create one: git init")
    host, path = _origin(context)
    repository = repository or path
    if not repository:
        raise UsageError("the GitHub repository of this checkout is unknown", hint="name it: --repository OWNER/NAME")
    if not _OWNER_NAME.fullmatch(repository):
        raise UsageError(f"not a GitHub repository: {one_line(repository, 100)!r}", hint="write it as owner/name")
    current = ""
    if not branch:
        branch = _git(context, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD", may_fail=True)
        branch = branch.removeprefix("origin/")
    if not branch:
        branch = current = _git(context, "symbolic-ref", "--quiet", "--short", "HEAD", may_fail=True)
    if branch:
        check_branch(branch)
    return Checkout(root, repository, branch, host, *_ids(context, repository), current_branch=bool(current))


def check_branch(name: str) -> str:
    """Return the name of a branch. Raises `UsageError` when it cannot be written into a workflow."""
    if not _BRANCH.fullmatch(name) or ".." in name:
        raise UsageError(f"not a branch that can be written into a workflow: {one_line(name, 100)!r}")
    return name


def _origin(context: RunContext) -> tuple[str, str]:
    """Host and path of the remote `origin`; the path is empty when there is none, or it is not on a GitHub."""
    found = _ORIGIN.fullmatch(_git(context, "config", "--get", "remote.origin.url", may_fail=True))
    if not found:
        return GITHUB, ""
    host = (found["host"] or found["scp"]).lower()
    if host in {GITHUB, "ssh.github.com"} or not _HOST.fullmatch(host):
        return GITHUB, found["path"]
    return (GITHUB, "") if _ELSEWHERE.fullmatch(host) else (host, found["path"])


def _ids(context: RunContext, repository: str) -> tuple[str, str]:
    """The ids of the repository and its owner, from the environment of a GitHub Actions job."""
    env = context.env
    own = env.get("GITHUB_REPOSITORY", "").lower() == repository.lower()
    found = env.get("GITHUB_REPOSITORY_ID", ""), env.get("GITHUB_REPOSITORY_OWNER_ID", "")
    if context.in_actions and own and all(_ID.fullmatch(one) for one in found):
        return found
    return "", ""


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
