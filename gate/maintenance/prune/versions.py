"""Versions of a package and their manifests, the rules of `gate prune`, and the plan."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

_EVIDENCE = re.compile(r"sha256-([0-9a-f]{64})(?:\..+)?")
"""A tag of evidence, with the digest of its image: the OCI fallback tag, and cosign's `.sig`, `.att` and `.sbom`."""
_ODD = re.compile(r"sha(?:256-[0-9a-f]{64}|512-[0-9a-f]{32}).*")
"""A tag that looks like one of evidence in an undocumented form: the image is unknown."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a package, as GitHub lists it."""

    id: int
    digest: str
    tags: tuple[str, ...]
    touched: datetime
    """When it was pushed or last changed, whichever is later."""

    @property
    def subjects(self) -> frozenset[str]:
        """The digests of the images whose evidence it is, by its tags."""
        return frozenset(f"sha256:{found[1]}" for tag in self.tags if (found := _EVIDENCE.fullmatch(tag)))

    @property
    def names(self) -> tuple[str, ...]:
        """The tags that people pull."""
        return tuple(tag for tag in self.tags if not _ODD.fullmatch(tag))

    @property
    def odd(self) -> bool:
        """Whether it has a tag of evidence of an unknown image."""
        return any(_ODD.fullmatch(tag) and not _EVIDENCE.fullmatch(tag) for tag in self.tags)


class VersionKind(Enum):
    """The kind of a version, by its manifest and configuration."""

    IMAGE = "image"
    INDEX = "index"
    """It has the kind of its manifests."""
    ARTIFACT = "artifact"
    """Certainly not an image: a build cache, a chart, a signature."""
    UNKNOWN = "unknown"
    """May be an image. It is never deleted, and does not count for `keep_last`."""
    LOST = "lost"
    """An index of images that are all gone."""


@dataclass(frozen=True, slots=True)
class Node:
    """The manifest of a version."""

    size: int
    """Bytes of the manifest itself."""
    children: frozenset[str] = frozenset()
    """Digests of the manifests that an index names."""
    subject: str = ""
    """Digest of its `subject`; empty when it has none."""
    blobs: Mapping[str, int] = field(default_factory=dict)
    """Digest → size in bytes of its configuration and layers."""
    kind: VersionKind = VersionKind.IMAGE
    platforms: frozenset[str] = frozenset()
    """The children that the index lists for a platform or without one, but not for `unknown/unknown`."""


@dataclass(frozen=True)
class Rules:
    """A version may be deleted when all of these rules release it."""

    older_than: timedelta = timedelta(days=1)
    """Younger versions are kept: a push may be in progress, with its index still missing."""
    keep_last: int | None = None
    """How many of the newest images with a tag are kept; None: all versions with a tag."""
    keep_tags: tuple[str, ...] = ()
    """Globs; versions with a matching tag are kept and do not count for `keep_last`."""
    keep: frozenset[str] = frozenset()
    """Digests that are deployed."""


@dataclass(frozen=True, slots=True)
class Step:
    """A version, and why it is deleted or kept."""

    version: Version
    why: str


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A version that is kept, although platforms of its index are gone."""

    version: Version
    missing: tuple[str, ...]
    """Digests of the missing platforms."""


@dataclass(frozen=True)
class Plan:
    """What is deleted, in this order: if it stops half-way, no remaining version needs a deleted one."""

    steps: tuple[Step, ...]
    kept: tuple[Step, ...]
    """The versions that rules keep, with the reason; what they need is kept too."""
    freed: int
    """Bytes that no remaining version uses."""
    needs: Mapping[str, frozenset[str]] = field(default_factory=dict, repr=False)
    """Digest → the digests that it needs."""
    incomplete: tuple[Incomplete, ...] = ()
    """Versions with a tag that are kept and lack platforms."""
