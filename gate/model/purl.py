"""Package URLs (github.com/package-url/purl-spec). The only user of `packageurl`.

A purl in a policy or VEX document is a pattern: without a version it matches any, without a qualifier any value of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from gate.text import one_line

_SOURCES = {"source", "src"}
"""Values of `arch` that name a source package in purls of types deb and rpm (purl-types)."""


@dataclass(frozen=True, slots=True)
class Purl:
    """A parsed package URL, its parts decoded and normalised by its type."""

    type: str
    namespace: str
    name: str
    version: str
    subpath: str
    qualifiers: Mapping[str, str] = field(hash=False)


def pattern(text: str) -> Purl:
    """Parse a purl. Raises `ValueError` with a message for the user."""
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
    """Parse a purl of a scanner; None when it is invalid."""
    try:
        return pattern(text) if text else None
    except ValueError:
        return None


def covers(named: Purl, seen: Purl, *, source: str | None = None) -> bool:
    """Whether the pattern `named` matches `seen`, or with `arch=source` the source package that `seen` was built from.

    A name without it is that of the package itself, not of others from the same source package. `source` is the name
    of the source package, empty when it is the same; None when source packages do not count.
    """
    of_source = source is not None and named.qualifiers.get("arch") in _SOURCES
    return (
        named.type == seen.type
        and named.namespace == seen.namespace
        and named.name == ((of_source and source) or seen.name)
        and named.version in {"", seen.version}
        and named.subpath in {"", seen.subpath}
        and all(
            seen.qualifiers.get(key) == value
            for key, value in named.qualifiers.items()
            if not (of_source and key == "arch")
        )
    )
