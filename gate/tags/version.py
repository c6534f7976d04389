"""Versions of releases, as far as tags tell them (semver.org, 2.0.0)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_NUMBER = r"(0|[1-9][0-9]{0,17})"
_WORDS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_VERSION = re.compile(rf"v?{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-({_WORDS}))?(?:\+({_WORDS}))?")


@dataclass(frozen=True, slots=True)
class Version:
    """`1.2.3-rc.1+build`, without the build."""

    major: int
    minor: int
    patch: int
    pre: str = ""
    """`rc.1`; empty for a release."""
    build: str = ""

    @property
    def release(self) -> tuple[int, int, int]:
        """What releases are compared by."""
        return self.major, self.minor, self.patch

    def __str__(self) -> str:
        """As a tag is to carry it; its build stays, for two builds of a version are two images."""
        numbers = f"{self.major}.{self.minor}.{self.patch}"
        return numbers + (f"-{self.pre}" if self.pre else "") + (f"+{self.build}" if self.build else "")


def parse(text: str) -> Version | None:
    """Read `v1.2.3`, with or without the `v`; None when it is no version."""
    if len(text) > 255 or not (found := _VERSION.fullmatch(text)):  # noqa: PLR2004 longer than any name of a ref
        return None
    major, minor, patch, pre, build = found.groups()
    return Version(int(major), int(minor), int(patch), pre or "", build or "")


def released(tags: Iterable[str]) -> frozenset[tuple[int, int, int]]:
    """The releases among tags of an image or of a repository; pre-releases and all other tags are left out."""
    versions = (parse(tag) for tag in tags)
    return frozenset(one.release for one in versions if one and not one.pre)
