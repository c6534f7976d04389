"""Clock, environment and directories of a run in one frozen value; tests pass another one instead of monkeypatching."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from gate.io.deadline import Deadline

FORGE_MARKS = ("FORGEJO_ACTIONS", "GITEA_ACTIONS")
"""Variables that mark a runner of Forgejo or Gitea."""
# Variables of CI systems; most set CI, the others belong to Azure Pipelines, Jenkins, TeamCity and AWS CodeBuild.
_CI = (
    *("CI", "GITLAB_CI", "BUILDKITE", "TF_BUILD", "JENKINS_URL", "JENKINS_HOME"),
    *("TEAMCITY_VERSION", "CODEBUILD_BUILD_ID"),
)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class RunContext:
    """Clock, environment and directories of a run.

    Proxies, search paths and credentials are looked up in `env`, never in `os.environ`.
    """

    env: Mapping[str, str] = field(default_factory=lambda: MappingProxyType(dict(os.environ)))
    now: datetime = field(default_factory=_now)
    cwd: Path = field(default_factory=Path.cwd)
    deadline: Deadline = field(default_factory=Deadline)
    """When the run must end: bounds every program that it starts and every request that it sends."""
    path_tools: bool = False
    """Use the programs on the search path even when verified ones are installed (`tools.source: path`)."""

    @property
    def cache(self) -> Path:
        """Directory for blobs, feeds and the vulnerability database: `GATE_CACHE_DIR`, or the user's cache folder."""
        if chosen := self.env.get("GATE_CACHE_DIR"):
            return Path(chosen).expanduser().absolute()
        home = Path(self.env.get("HOME") or Path("~").expanduser())
        if sys.platform == "darwin":
            return home / "Library" / "Caches" / "gate"
        base = self.env.get("XDG_CACHE_HOME", "")
        return (Path(base) if base.startswith("/") else home / ".cache") / "gate"

    @property
    def in_ci(self) -> bool:
        """Whether this is a job of a CI system, where other jobs may write to the caches."""
        said_no = {"", "0", "false", "no"}
        forge = any(self.env.get(name) for name in FORGE_MARKS)
        return self.in_actions or forge or any(self.env.get(name, "").strip().lower() not in said_no for name in _CI)

    @property
    def in_actions(self) -> bool:
        """Whether this is a job of GitHub Actions; runners of Forgejo and Gitea set its variables too, and are none."""
        return self.env.get("GITHUB_ACTIONS") == "true" and not any(self.env.get(name) for name in FORGE_MARKS)
