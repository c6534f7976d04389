"""Results of `gate status`: the container packages of an owner. What is unknown is listed with the reason."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime

from gate.model.image import Digest, Frozen


class EvidenceState(StrEnum):
    """State of a piece of evidence."""

    VERIFIED = "verified"
    """Verified, by a signer that the policy trusts."""
    PRESENT = "present, not verified"
    """Attached; the policy trusts no identity to verify it against."""
    REFUSED = "not verified"
    """Verification failed."""
    NONE = "none"
    UNKNOWN = "unknown"


class EvidenceStatus(Frozen):
    """The signature or the last verdict of the newest tagged version."""

    state: EvidenceState
    passed: bool | None = None
    """Result of a verdict, verified or claimed according to `state`."""
    at: datetime | None = None
    why: str = ""
    """The reason, in one sentence."""


class RunStatus(Frozen):
    """A run of a GitHub Actions workflow."""

    workflow: str
    """Name of the workflow, or its file."""
    url: str
    event: str
    branch: str
    commit: str
    status: str
    """Status by GitHub: `completed`, `in_progress`, `queued`; may be empty."""
    conclusion: str
    """Conclusion by GitHub of a completed run: `success`, `failure`."""
    created: AwareDatetime


class PlatformSize(Frozen):
    """Compressed size of one platform in bytes: manifest, configuration and layers."""

    platform: str
    size: int


class PackageStatus(Frozen):
    """A container package. `digest` and the fields after it are about its newest tagged version."""

    name: str
    """`ghcr.io/owner/app`."""
    visibility: str
    repository: str
    """Linked repository; empty when it is linked to none."""
    page: str
    updated: datetime
    versions: int | None = None
    tags: tuple[str, ...] = ()
    """Tags of all versions that people pull, the newest version first."""
    downloads: None = None
    """Not available from GitHub's API."""
    digest: Digest | None = None
    pushed: datetime | None = None
    platforms: tuple[PlatformSize, ...] = ()
    signed: EvidenceStatus = EvidenceStatus(state=EvidenceState.UNKNOWN)
    verdict: EvidenceStatus = EvidenceStatus(state=EvidenceState.UNKNOWN)
    runs: tuple[RunStatus, ...] = ()
    runs_of_commit: bool = False
    """Whether `runs` are of the commit in the image's label; otherwise it is the newest run of the repository."""
    unknown: tuple[str, ...] = ()
    """What is unknown, and why."""

    @property
    def complete(self) -> bool:
        """Whether nothing about the package is unknown."""
        return not self.unknown and EvidenceState.UNKNOWN not in {self.signed.state, self.verdict.state}


class OwnerStatus(Frozen):
    """The packages of an owner, the most recently updated first."""

    schema_version: Literal[1] = 1
    gate: str
    owner: str
    at: datetime
    total: int
    """Number of packages visible to the token; `packages` may be limited to fewer."""
    packages: tuple[PackageStatus, ...]
