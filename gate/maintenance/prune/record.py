"""What was planned and done, as a file."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from gate.model.image import Digest, Frozen


class Fate(StrEnum):
    """What became of a version that was to go."""

    PLANNED = "planned"
    """It was about to be deleted: with a dry run it still is, after a run that was cut off it may be gone."""
    GONE = "gone"
    SPARED = "spared"
    """It could not be deleted, or something needs it that could not be."""


class Recorded(Frozen):
    """A version in a record."""

    id: int
    digest: Digest
    tags: tuple[str, ...]
    why: str
    """Why it was to go."""
    fate: Fate
    spared: str = ""
    """Why it stays."""


class KeptVersion(Frozen):
    """A version that stays by itself, in a record."""

    digest: Digest
    tags: tuple[str, ...]
    why: str


class IncompleteVersion(Frozen):
    """A version with a tag that stays and lacks platforms, in a record."""

    digest: Digest
    tags: tuple[str, ...]
    missing: tuple[Digest, ...]
    """Manifests that its index names and the package does not have."""


class PruneRecord(Frozen):
    """What `gate prune` planned and did; `gate prune --undo` reads it."""

    schema_version: Literal[1] = 1
    gate: str
    """The version of gate."""
    package: str
    """`ghcr.io/owner/app`."""
    at: datetime
    dry_run: bool
    going: tuple[Recorded, ...]
    """In the order in which they go."""
    kept: tuple[KeptVersion, ...]
    incomplete: tuple[IncompleteVersion, ...] = ()
    freed: int
    """Bytes that were, or would be, freed when all of it goes."""
