"""Versions of a package, what each needs, the rules for them, and what comes of these."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

_EVIDENCE = re.compile(r"sha256-([0-9a-f]{64})(?:\..+)?")
"""A tag that says whose evidence it is: the OCI fallback tag, and cosign's `.sig`, `.att` and `.sbom`."""
_ODD = re.compile(r"sha(?:256-[0-9a-f]{64}|512-[0-9a-f]{32}).*")
"""A tag of that kind in an undocumented spelling: not a release, and of an unknown owner."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a package, as GitHub lists it."""

    id: int
    digest: str
    tags: tuple[str, ...]
    touched: datetime
    """When it was pushed, or last changed: whatever is later."""

    @property
    def subjects(self) -> frozenset[str]:
        """The digests whose evidence its tags say it is."""
        return frozenset(f"sha256:{found[1]}" for tag in self.tags if (found := _EVIDENCE.fullmatch(tag)))

    @property
    def names(self) -> tuple[str, ...]:
        """The tags that people pull."""
        return tuple(tag for tag in self.tags if not _ODD.fullmatch(tag))

    @property
    def odd(self) -> bool:
        """Whether a tag says that it is evidence, and not whose."""
        return any(_ODD.fullmatch(tag) and not _EVIDENCE.fullmatch(tag) for tag in self.tags)


class VersionKind(Enum):
    """What a version is, by its manifest and its configuration."""

    IMAGE = "image"
    INDEX = "index"
    """It is what its manifests are."""
    ARTIFACT = "artifact"
    """Surely no image: a build cache, a chart, a signature."""
    UNKNOWN = "unknown"
    """Perhaps an image, perhaps not. It is never deleted, and takes no image's place."""
    LOST = "lost"
    """An index of images that are all gone."""


@dataclass(frozen=True, slots=True)
class Node:
    """What a version's manifest says."""

    size: int
    """Bytes of the manifest itself."""
    children: frozenset[str] = frozenset()
    """Digests of the manifests that an index names."""
    subject: str = ""
    """Digest of what it refers to; empty when it refers to nothing."""
    blobs: Mapping[str, int] = field(default_factory=dict)
    """Digest → bytes, of its configuration and layers."""
    kind: VersionKind = VersionKind.IMAGE
    platforms: frozenset[str] = frozenset()
    """Those of the children that the index lists for a platform, or for none: not what is for `unknown/unknown`."""


@dataclass(frozen=True)
class Rules:
    """Which versions may go: those that every one of these lets go."""

    older_than: timedelta = timedelta(days=1)
    """What is younger stays: an image may be half pushed, its index not there yet."""
    keep_last: int | None = None
    """So many of the newest images with a tag stay; None where no version with a tag may go."""
    keep_tags: tuple[str, ...] = ()
    """Globs; what has such a tag stays, and does not count for `keep_last`."""
    keep: frozenset[str] = frozenset()
    """Digests that are deployed."""


@dataclass(frozen=True, slots=True)
class Step:
    """A version that goes, and why."""

    version: Version
    why: str


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A version that stays though manifests that its index names are gone."""

    version: Version
    missing: tuple[str, ...]
    """Digests of the platforms that are gone."""


@dataclass(frozen=True)
class Plan:
    """What goes, in the order in which it may go: nothing that is left, wherever one stops, needs what is gone."""

    steps: tuple[Step, ...]
    kept: tuple[Step, ...]
    """The versions that stay by themselves, with the reason; what they need stays too."""
    freed: int
    """Bytes that nothing else of the package has."""
    needs: Mapping[str, frozenset[str]] = field(default_factory=dict, repr=False)
    """Digest → what has to stay while it is there."""
    incomplete: tuple[Incomplete, ...] = ()
    """The versions with a tag that stay and lack platforms."""
