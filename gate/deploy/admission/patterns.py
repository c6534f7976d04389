"""Patterns of the policy and of images as the regular expressions of RE2, which every engine here searches with.

RE2 finds a match anywhere in a text, so every expression that this module returns is anchored at both ends, and what is
no wildcard is escaped.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from gate.errors import UsageError
from gate.model.image import DOCKER_HUB
from gate.text import one_line

_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")
_WILD = re.compile(r"\*+|\?")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?")
_PART = re.compile(r"[a-z0-9*](?:[a-z0-9._*-]*[a-z0-9*])?")
_LONGEST = 255


def literal(text: str) -> str:
    """An expression for `text` itself."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def is_wild(pattern: str) -> bool:
    """Whether it may match more than itself."""
    return "*" in pattern or "?" in pattern


def glob(pattern: str, *, without: str = "") -> str:
    """A pattern of `gate.io.globs` as an expression without anchors; no wildcard matches a letter in `without`."""
    letter = f"[^/{without}]"
    parts = pattern.lstrip("/").split("/")
    written = slash = ""
    for place, part in enumerate(parts):
        if part != "**":
            written += slash + _part(part, letter)
            slash = "/"
        elif place == len(parts) - 1:
            written += f"(?:/{letter}*)*" if slash else f"{letter}*(?:/{letter}*)*"
        elif parts[place + 1] != "**":
            written += f"(?:/{letter}*)*" if slash else f"(?:{letter}*/)*"
    return written


def _part(part: str, letter: str) -> str:
    """What stands between two slashes."""
    written, last = "", 0
    for wild in _WILD.finditer(part):
        written += literal(part[last : wild.start()]) + (letter if wild[0] == "?" else f"{letter}*")
        last = wild.end()
    return written + literal(part[last:])


def one_of(expressions: Iterable[str]) -> str:
    """An expression for any of them, as one part of a larger one."""
    known = list(dict.fromkeys(expressions))
    return known[0] if len(known) == 1 else f"(?:{'|'.join(known)})"


def anchored(expression: str) -> str:
    """The whole text, nothing before it and nothing behind."""
    return f"^{expression}$"


@dataclass(frozen=True)
class Images:
    """Which images a policy covers: `ghcr.io/acme/app`, `ghcr.io/acme/app-*`, or all below with `ghcr.io/acme/**`."""

    name: str
    """Without the `/**` at the end."""
    deep: bool = False
    """Everything below `name`."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a pattern. Raises `UsageError` for one that not every engine would understand alike."""
        shown = one_line(text, 120)
        name, deep = (text[:-3], True) if text.endswith("/**") else (text, False)
        host, *parts = name.split("/")
        if not _is_host(host):
            raise UsageError(
                f"not a pattern of images: {shown!r}",
                hint="write it in full, with the registry and without wildcards in it: ghcr.io/acme/**",
            )
        if host.partition(":")[0] in {DOCKER_HUB, "index.docker.io", "registry-1.docker.io"}:
            raise UsageError(
                f"images of Docker Hub are not covered: {shown!r}",
                hint="they have short names (nginx), which a cluster's policy would not see: use another registry",
            )
        if len(text) > _LONGEST or not (deep or parts) or not all(_is_part(part) for part in parts):
            raise UsageError(
                f"not a pattern of images: {shown!r}",
                hint="lower-case names without tag or digest; * within one part, ** only as the last: ghcr.io/acme/**",
            )
        return cls(name, deep)

    def __str__(self) -> str:
        """As it was written."""
        return f"{self.name}/**" if self.deep else self.name


def _is_host(text: str) -> bool:
    return bool(_HOST.fullmatch(text)) and ("." in text or ":" in text or text == "localhost")


def _is_part(text: str) -> bool:
    return bool(_PART.fullmatch(text)) and "**" not in text


def images(patterns: Sequence[str]) -> tuple[Images, ...]:
    """Read patterns, each once. Raises `UsageError` when there is none."""
    if not patterns:
        raise UsageError("no image is covered", hint="say which images the policy is for: --image 'ghcr.io/acme/**'")
    return tuple(Images.parse(one) for one in dict.fromkeys(patterns))
