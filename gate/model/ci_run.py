"""What a job of a CI system says of itself: repository, ref, event, commit.

Nothing here is proof: the certificate that Fulcio gives out is. It decides whether to ask for one.
"""

import re

from gate.model.image import Frozen

COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
"""The whole hash of a commit, SHA-1 or SHA-256."""
GITHUB_SERVER = "https://github.com"
GITHUB_ACTIONS = "GitHub Actions"
UNKNOWN_SYSTEM = "an unknown CI system"


class CiRun(Frozen):
    """A run of a workflow of GitHub Actions, or a job of another CI system in the same words."""

    system: str = GITHUB_ACTIONS
    repository: str
    ref: str
    """In full: `refs/heads/main`."""
    event: str
    commit: str = ""
    workflow: str = ""
    """`owner/name/.github/workflows/release.yml@refs/heads/main`."""
    run: str = ""
    """URL of the run."""
    server: str = GITHUB_SERVER
    outsider: str = ""
    """Why the code of this run may be of somebody who cannot write to the repository; empty when it is not."""

    @property
    def is_github(self) -> bool:
        """Whether it is a job of GitHub Actions."""
        return self.system == GITHUB_ACTIONS

    @property
    def builder(self) -> str:
        """URI of the workflow."""
        return f"{self.server}/{self.workflow}" if self.workflow else ""
