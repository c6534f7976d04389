"""What there is of an owner's packages, as `gate status` tells it. Values only; the public form of its JSON.

What could not be found out is told in words beside what could: a blank is never a no.
"""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime

from gate.model.image import Digest, Frozen


class EvidenceState(StrEnum):
    """How much is known of a piece of evidence."""

    VERIFIED = "verified"
    """Proven, by somebody whom the policy trusts."""
    PRESENT = "present, not verified"
    """It lies there; nobody was asked to prove it."""
    REFUSED = "not verified"
    """The policy has something against it, or against there being none."""
    NONE = "none"
    UNKNOWN = "could not tell"


class EvidenceStatus(Frozen):
    """A signature, or the last verdict, beside the newest tagged version."""

    state: EvidenceState
    passed: bool | None = None
    """Of a verdict: what it says, proven or claimed as `state` has it."""
    at: datetime | None = None
    why: str = ""
    """One sentence for a person."""


class RunStatus(Frozen):
    """A run of GitHub Actions."""

    workflow: str
    """Its name, or its file."""
    url: str
    event: str
    branch: str
    commit: str
    status: str
    """GitHub's word: `completed`, `in_progress`, `queued`; empty when it gives none."""
    conclusion: str
    """GitHub's word, once it is completed: `success`, `failure`."""
    created: AwareDatetime


class PlatformSize(Frozen):
    """What one platform weighs on the wire: manifest, configuration and layers."""

    platform: str
    size: int


class PackageStatus(Frozen):
    """A container package. `digest` and all after it are of its newest version that has a tag."""

    name: str
    """`ghcr.io/owner/app`."""
    visibility: str
    repository: str
    """The repository that it is linked to; empty when it is linked to none."""
    page: str
    updated: datetime
    versions: int | None = None
    tags: tuple[str, ...] = ()
    """Those that people pull, of all versions, the newest first."""
    downloads: None = None
    """GitHub's API does not tell them."""
    digest: Digest | None = None
    pushed: datetime | None = None
    platforms: tuple[PlatformSize, ...] = ()
    signed: EvidenceStatus = EvidenceStatus(state=EvidenceState.UNKNOWN)
    verdict: EvidenceStatus = EvidenceStatus(state=EvidenceState.UNKNOWN)
    runs: tuple[RunStatus, ...] = ()
    runs_of_commit: bool = False
    """Whether the runs are of the commit that the image names; else the newest of the repository, whatever it did."""
    unknown: tuple[str, ...] = ()
    """What could not be found out, and why."""

    @property
    def complete(self) -> bool:
        """Whether nothing about the package is unknown."""
        return not self.unknown and EvidenceState.UNKNOWN not in {self.signed.state, self.verdict.state}


class OwnerStatus(Frozen):
    """The packages of an owner, those that changed last first."""

    schema_version: Literal[1] = 1
    gate: str
    owner: str
    at: datetime
    total: int
    """Packages that the token sees; `packages` may be fewer."""
    packages: tuple[PackageStatus, ...]
