"""Paths of fields in a manifest: `spec.steps[].image`. `[]` is any element of a list, `*` any key of a mapping."""

import re
from collections.abc import Iterable

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
    """Paths with which the paths of fields are compared."""

    def __init__(self, paths: Iterable[str]) -> None:
        """Parse the paths."""
        self._paths = tuple(map(parse_path, paths))

    def __contains__(self, path: FieldPath) -> bool:
        """Whether one of the paths matches."""
        return any(_matches(pattern, path) for pattern in self._paths)

    def has_below(self, path: FieldPath) -> bool:
        """Whether one of the paths leads below this one."""
        return any(len(pattern) > len(path) and _matches(pattern[: len(path)], path) for pattern in self._paths)


NO_PATHS = PathSet(())


def _matches(pattern: FieldPath, path: FieldPath) -> bool:
    return len(pattern) == len(path) and all(
        key == part or (key == ANY and part != ELEMENT) for key, part in zip(pattern, path, strict=True)
    )
