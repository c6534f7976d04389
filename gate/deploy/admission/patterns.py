"""Turn glob patterns of the policy and of images into RE2 regular expressions, which all engines use.

RE2 matches anywhere in a text: use `anchored` on every expression. Everything but wildcards is escaped.
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
    """A pattern of `gate.io.globs` as an expression without anchors; wildcards never match a character of `without`."""
    character = f"[^/{without}]"
    parts = pattern.lstrip("/").split("/")
    written = slash = ""
    for place, part in enumerate(parts):
        if part != "**":
            written += slash + _part(part, character)
            slash = "/"
        elif place == len(parts) - 1:
            written += f"(?:/{character}*)*" if slash else f"{character}*(?:/{character}*)*"
        elif parts[place + 1] != "**":
            written += f"(?:/{character}*)*" if slash else f"(?:{character}*/)*"
    return written


def _part(part: str, character: str) -> str:
    """The part of a pattern between two slashes."""
    written, last = "", 0
    for wild in _WILD.finditer(part):
        written += literal(part[last : wild.start()]) + (character if wild[0] == "?" else f"{character}*")
        last = wild.end()
    return written + literal(part[last:])


def one_of(expressions: Iterable[str]) -> str:
    """An expression for any of `expressions`, to be used inside a larger one."""
    distinct = list(dict.fromkeys(expressions))
    return distinct[0] if len(distinct) == 1 else f"(?:{'|'.join(distinct)})"


def anchored(expression: str) -> str:
    """An expression that has to match the whole text."""
    return f"^{expression}$"


@dataclass(frozen=True)
class Images:
    """A pattern of images: `ghcr.io/acme/app`, `ghcr.io/acme/app-*`, or `ghcr.io/acme/**` for everything below."""

    name: str
    """Without the `/**` at the end."""
    deep: bool = False
    """Everything below `name`."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a pattern. Raises `UsageError` for one that engines would understand differently."""
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
                hint="a cluster's policy does not match their short names (nginx): use another registry",
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


def read_images(patterns: Sequence[str]) -> tuple[Images, ...]:
    """Read patterns, without duplicates. Raises `UsageError` when there are none."""
    if not patterns:
        raise UsageError(
            "no image is covered", hint="name the images that the policy is for: --image 'ghcr.io/acme/**'"
        )
    return tuple(Images.parse(pattern) for pattern in dict.fromkeys(patterns))
