"""Field paths in a manifest: `spec.steps[].image`, where `[]` is any element of a list and `*` any key of a mapping."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

FieldPath = tuple[str, ...]
"""The parts of a path; an element of a list is the part `[]`."""
ELEMENT, ANY = "[]", "*"
_PLAIN = re.compile(r"[A-Za-z0-9_-]+")


def parse_path(text: str) -> FieldPath:
    """Read a path such as `spec.steps[].image`."""
    return tuple(part for key in text.split(".") for part in (key.rstrip(ELEMENT), *(ELEMENT,) * key.count(ELEMENT)))


def path_text(path: FieldPath) -> str:
    """Write a path. A key that the notation cannot hold becomes `*`, which matches it."""
    parts = [part if part == ELEMENT or _PLAIN.fullmatch(part) else ANY for part in path]
    return ".".join(parts).replace(f".{ELEMENT}", ELEMENT)


def last_key(path: FieldPath) -> str:
    """The key of a field, or of the list that it is in."""
    return next((part for part in reversed(path) if part != ELEMENT), "")


class PathSet:
    """Paths to compare others with, found by their last part."""

    def __init__(self, paths: Iterable[str]) -> None:
        """Read the paths."""
        ends: dict[str, list[FieldPath]] = {}
        for path in map(parse_path, paths):
            ends.setdefault(path[-1], []).append(path)
        self._ends: Mapping[str, list[FieldPath]] = MappingProxyType(ends)

    def __contains__(self, path: FieldPath) -> bool:
        """Whether one of the paths matches."""
        known = (*self._ends.get(path[-1], ()), *(self._ends.get(ANY, ()) if path[-1] != ELEMENT else ()))
        return any(_matches(one, path) for one in known)

    def has_below(self, path: FieldPath) -> bool:
        """Whether one of the paths leads below this one."""
        known = (one for ends in self._ends.values() for one in ends)
        return any(len(one) > len(path) and _matches(one[: len(path)], path) for one in known)


NO_PATHS = PathSet(())


def _matches(pattern: FieldPath, path: FieldPath) -> bool:
    return len(pattern) == len(path) and all(
        wanted == part or (wanted == ANY and part != ELEMENT) for wanted, part in zip(pattern, path, strict=True)
    )
