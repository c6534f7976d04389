"""Versions of releases in Git tags.

Semantic versions (semver.org, 2.0.0), and other forms in use: two numbers (`1.2`), calendar versions with leading
zeros (`2024.01.15`), and Python's pre-, post- and development releases (`1.2.3rc2`; packaging.python.org, version
specifiers).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_NUMBER = "[0-9]{1,18}"
_WORDS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_PRE = r"[._-]?(?:alpha|beta|preview|pre|rc|dev|a|b|c)[._-]?[0-9]*(?:\.dev[0-9]+)?"
_POST = r"[._-]?post[._-]?[0-9]*"
_VERSION = re.compile(
    rf"v?(({_NUMBER})\.({_NUMBER})(?:\.({_NUMBER}))?(?:({_POST})|(-{_WORDS}|{_PRE}))?(?:\+{_WORDS})?)", re.ASCII
)
_LONGEST = 255
"""Characters; no ref is longer."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version such as `1.2.3-rc.1`, and its numbers as written."""

    text: str
    """Without the `v`."""
    major: str
    minor: str
    patch: str = ""
    """Empty for a version of two numbers."""
    pre: bool = False
    """Whether it is a pre-release or a development release."""

    @property
    def release(self) -> tuple[int, int, int]:
        """The numbers by which releases are compared; a missing patch is 0."""
        return int(self.major), int(self.minor), int(self.patch or 0)


def parse_version(text: str, prefix: str = "") -> Version | None:
    """Read `v1.2.3`, with or without the `v`, after `prefix`; None when it is not a version."""
    if not text.startswith(prefix) or len(text) > _LONGEST:
        return None
    found = _VERSION.fullmatch(text.removeprefix(prefix))
    if not found:
        return None
    whole, major, minor, patch, _, pre = found.groups()
    return Version(whole, major, minor, patch or "", bool(pre))


def released(tags: Iterable[str], prefix: str = "") -> frozenset[tuple[int, int, int]]:
    """The releases among the tags of an image or a Git repository, without pre-releases.

    Git tags of a repository with several versioned parts have `prefix`, tags of an image do not: if any tag has it,
    tags without it are ignored.
    """
    names = list(tags)
    if not any(prefix and name.startswith(prefix) for name in names):
        prefix = ""
    versions = (parse_version(name, prefix) for name in names)
    return frozenset(version.release for version in versions if version and not version.pre)
