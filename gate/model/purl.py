"""Package URLs (github.com/package-url/purl-spec): the only user of `packageurl`.

A pattern names a package as far as it goes: without a version any version, without a qualifier any value of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from gate.text import one_line

_SOURCES = {"source", "src"}
"""How purls of Debian's kind and of RPM's say that a source package is meant (purl-types, deb and rpm)."""


@dataclass(frozen=True, slots=True)
class Purl:
    """A package URL taken apart, its parts decoded and normalised as its type asks."""

    type: str
    namespace: str
    name: str
    version: str
    subpath: str
    qualifiers: Mapping[str, str] = field(hash=False)


def pattern(text: str) -> Purl:
    """Read a purl that somebody wrote. Raises `ValueError` with words for them."""
    from packageurl import PackageURL

    try:
        known = PackageURL.from_string(text)
    except (ValueError, RecursionError) as exc:
        raise ValueError(f"not a package URL: {one_line(text, 120)!r}") from exc
    return Purl(
        known.type,
        known.namespace or "",
        known.name,
        known.version or "",
        known.subpath or "",
        dict(known.qualifiers),
    )


@lru_cache(maxsize=4096)
def found(text: str) -> Purl | None:
    """A purl as a scanner gives it; None when it is none."""
    try:
        return pattern(text) if text else None
    except ValueError:
        return None


def covers(wanted: Purl, seen: Purl, *, source: str | None = None) -> bool:
    """Whether `wanted` names `seen`, or, with `arch=source`, the source package that `seen` was built from.

    A name alone is that of the package itself: others of the same source package may well be affected. `source` is
    empty where it has the name of the package; None: source packages do not count.
    """
    of_source = source is not None and wanted.qualifiers.get("arch") in _SOURCES
    return (
        wanted.type == seen.type
        and wanted.namespace == seen.namespace
        and wanted.name == ((of_source and source) or seen.name)
        and wanted.version in {"", seen.version}
        and wanted.subpath in {"", seen.subpath}
        and all(
            seen.qualifiers.get(key) == value
            for key, value in wanted.qualifiers.items()
            if not (of_source and key == "arch")
        )
    )
