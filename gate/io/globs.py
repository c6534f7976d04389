"""Patterns for paths: `*` and `?` stay within one folder, `**` alone between two slashes is any number of folders.

Paths come from images and may be as long and as repetitive as an attacker likes: matching never backtracks further than
to the last `**`, and within a folder not at all.
"""

import re
from functools import lru_cache

_NOTHING = re.compile("(?!)")


class Glob:
    """A pattern for whole paths, from the root of the image."""

    def __init__(self, pattern: str) -> None:
        """Every text is a pattern; a leading slash means nothing."""
        self._parts = [None if part == "**" else _folder(part) for part in pattern.lstrip("/").split("/")]

    def matches(self, path: str) -> bool:
        """Whether the whole of `path` fits."""
        names, parts = path.lstrip("/").split("/"), self._parts
        name = part = 0
        again: tuple[int, int] | None = None
        while name < len(names):
            wanted = parts[part] if part < len(parts) else _NOTHING
            if wanted is None:
                part += 1
                again = part, name
            elif wanted.fullmatch(names[name]):
                part, name = part + 1, name + 1
            elif again:
                again = again[0], again[1] + 1
                part, name = again
            else:
                return False
        return all(one is None for one in parts[part:])


@lru_cache(maxsize=1024)
def _folder(pattern: str) -> re.Pattern[str]:
    """A pattern without slashes. Between two stars the first place that fits is as good as any: no need to go back."""
    first, *rest = (
        "".join("." if letter == "?" else re.escape(letter) for letter in part) for part in re.split(r"\*+", pattern)
    )
    if not rest:
        return re.compile(first, re.DOTALL)
    middle = "".join(f"(?>.*?{part})" for part in rest[:-1])
    return re.compile(f"{first}{middle}.*{rest[-1]}", re.DOTALL)
