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
_PATH = re.compile(r"(?!\.)[A-Za-z0-9._-]{1,100}(?:/(?!\.)[A-Za-z0-9._-]{1,100}){1,20}")
_HOSTS = {
    "gitlab": re.compile(r"(?:.*[.-])?gitlab[.-].+"),
    "forgejo": re.compile(r"codeberg\.org|(?:.*[.-])?(?:forgejo|gitea)[.-].+"),
    "azure": re.compile(r"(?:ssh\.)?dev\.azure\.com|.+\.visualstudio\.com"),
    "": re.compile(r"bitbucket\.org"),
}
"""CI system by the host of the repository; any other host is taken for a GitHub Enterprise Server."""
_PUBLIC = {"gitlab": "gitlab.com", "forgejo": "codeberg.org"}
"""The host where a system is used, when the origin is on GitHub."""
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
    """`github.com`, a GitHub Enterprise Server, or the host of another service."""
    ci: str = "github"
    """`github`, `gitlab`, `forgejo`, `azure` or `jenkins`."""
    repository_id: str = ""
    """GitHub's number of the repository; empty when it is unknown."""
    owner_id: str = ""
    """GitHub's number of its owner; empty when it is unknown."""
    current_branch: bool = False
    """Whether the branch is only the one that is checked out: git knows no other."""


def read_checkout(context: RunContext, repository: str = "", branch: str = "", ci: str = "") -> Checkout:
    """Read the checkout; what is given overrides git. Raises `InputError` outside of one, and `UsageError`."""
    root = Path(_git(context, "rev-parse", "--show-toplevel"))
    if not root.is_absolute() or not root.is_dir():
        raise InputError("this is not a git checkout", hint="change to the repository, or create one: git init")
    host, path = _origin(context)
    system = next((name for name, hosts in _HOSTS.items() if hosts.fullmatch(host)), "github")
    ci = ci or system or "github"
    if ci == "github" and system != "github":
        host, path = GITHUB, ""  # a copy of a repository of GitHub
    if host == GITHUB:
        host = _PUBLIC.get(ci, host)
    repository = repository or path
    if not repository:
        where = "the GitHub repository" if ci == "github" else "the repository"
        raise UsageError(f"{where} of this checkout is unknown", hint="name it: --repository OWNER/NAME")
    if not (_OWNER_NAME if ci == "github" else _PATH).fullmatch(repository):
        kind = "a GitHub repository" if ci == "github" else "a repository"
        raise UsageError(f"not {kind}: {one_line(repository, 100)!r}", hint="write it as owner/name")
    current = ""
    if not branch:
        branch = _git(context, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD", may_fail=True)
        branch = branch.removeprefix("origin/")
    if not branch:
        branch = current = _git(context, "symbolic-ref", "--quiet", "--short", "HEAD", may_fail=True)
    if branch:
        check_branch(branch)
    repository_id, owner_id = _ids(context, repository)
    return Checkout(root, repository, branch, host, ci, repository_id, owner_id, current_branch=bool(current))


def check_branch(name: str) -> str:
    """Return the name of a branch. Raises `UsageError` when it cannot be written into a workflow."""
    if not _BRANCH.fullmatch(name) or ".." in name:
        raise UsageError(f"not a branch that can be written into a workflow: {one_line(name, 100)!r}")
    return name


def _origin(context: RunContext) -> tuple[str, str]:
    """Host and path of the remote `origin`; the path is empty when there is none."""
    found = _ORIGIN.fullmatch(_git(context, "config", "--get", "remote.origin.url", may_fail=True))
    if not found:
        return GITHUB, ""
    host = (found["host"] or found["scp"]).lower()
    if host == "ssh.github.com" or not _HOST.fullmatch(host):
        host = GITHUB
    return host, found["path"]


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
