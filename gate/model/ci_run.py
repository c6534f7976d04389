"""The CI job that gate runs in, by its environment: repository, ref, event, commit.

None of it is proven; it decides whether to request a certificate, and Fulcio verifies the facts in that.
"""

import re

from gate.model.image import Frozen

COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
"""A full commit hash, SHA-1 or SHA-256."""
GITHUB_SERVER = "https://github.com"
GITHUB_ACTIONS = "GitHub Actions"
UNKNOWN_SYSTEM = "an unknown CI system"


class CiRun(Frozen):
    """A run of a GitHub Actions workflow, or a job of another CI system in the same fields."""

    system: str = GITHUB_ACTIONS
    repository: str
    ref: str
    """The full ref, such as `refs/heads/main`."""
    event: str
    commit: str = ""
    workflow: str = ""
    """`owner/name/.github/workflows/release.yml@refs/heads/main`."""
    run: str = ""
    """URL of the run."""
    server: str = GITHUB_SERVER
    outsider: str = ""
    """Why this run may execute code of somebody without write access to the repository; empty when it cannot."""

    @property
    def is_github(self) -> bool:
        """Whether it is a job of GitHub Actions."""
        return self.system == GITHUB_ACTIONS

    @property
    def builder(self) -> str:
        """URI of the workflow."""
        return f"{self.server}/{self.workflow}" if self.workflow else ""
