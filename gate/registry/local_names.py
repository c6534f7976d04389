"""Choose one of several images in a layout or an archive by its name."""

import re
import shlex
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gate.errors import UsageError
from gate.model.image import ImageRef
from gate.text import one_line

_PLACE = re.compile(r"@([0-9]{1,5})")
_SHOWN_MOST = 20


@dataclass(frozen=True)
class LocalTarget:
    """A layout's folder or an archive's file as the user named it, and the image chosen in it, if one was."""

    path: Path
    name: str
    """The path as it was typed."""
    tag: str | None = None
    """A name, or `@N` for the image at that place, as skopeo counts them."""
    digest: str | None = None
    transport: str = "oci:"
    """`oci:`, `oci-archive:` or `docker-archive:`."""


@dataclass(frozen=True)
class Candidate:
    """An image in a layout or an archive."""

    names: tuple[str, ...]
    digest: str


def chosen(target: LocalTarget, candidates: Sequence[Candidate]) -> list[int]:
    """Return the indexes of the images that fit; several when the choice is ambiguous, or none was made."""
    fitting = [place for place, candidate in enumerate(candidates) if target.digest in {None, candidate.digest}]
    if target.tag is None:
        return fitting
    if match := _PLACE.fullmatch(target.tag):
        return [place for place in fitting if place == int(match[1])]
    exact = [place for place in fitting if target.tag in candidates[place].names]
    return exact or [place for place in fitting if _is_named(candidates[place], target.tag)]


def names_chosen(target: LocalTarget, names: Sequence[str]) -> tuple[str, ...]:
    """Return those names of an image that the target names; all when it was chosen in another way."""
    return tuple(name for name in names if target.tag and _is_same(target.tag, name)) or tuple(names)


def _is_named(candidate: Candidate, name: str) -> bool:
    return any(_is_same(name, other) for other in candidate.names)


def _is_same(name: str, other: str) -> bool:
    """Whether two names are one once Docker's defaults are filled in: `app` is `app:latest`."""
    canonical = _canonical(name)
    return canonical is not None and canonical == _canonical(other)


def _canonical(name: str) -> str | None:
    with suppress(UsageError):
        return str(ImageRef.parse(name))
    return None


def not_one(target: LocalTarget, candidates: Sequence[Candidate], fitting: int) -> UsageError:
    """Return the error for a target that fits no image, or several; its hint lists what can be typed."""
    shown = one_line(target.name, 200)
    if target.tag or target.digest:
        named = one_line(f"{target.tag or ''}{f'@{target.digest}' if target.digest else ''}", 220)
        what = f"holds {fitting} images named {named!r}" if fitting else f"holds no image {named!r}"
    else:
        what = f"holds {fitting} images, and one is needed" if fitting else "holds no image"
    ways = dict.fromkeys(_way(target, candidate, candidates) for candidate in candidates)
    listed = ", ".join([*ways][:_SHOWN_MOST]) + (" and others" if len(ways) > _SHOWN_MOST else "")
    return UsageError(f"{shown} {what}", hint=f"choose one: {listed}" if listed else "")


def _way(target: LocalTarget, candidate: Candidate, candidates: Sequence[Candidate]) -> str:
    """How to name a candidate so that it alone is meant."""
    for name in candidate.names:
        if not any(name in other.names for other in candidates if other.digest != candidate.digest):
            return shlex.quote(one_line(f"{target.transport}{target.name}:{name}", 300))
    return shlex.quote(one_line(f"{target.transport}{target.name}@{candidate.digest}", 300))
