"""Names by which one of several images in a layout or an archive is chosen."""

import re
import shlex
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from gate.errors import UsageError
from gate.model.image import ImageRef
from gate.text import one_line

_PLACE = re.compile(r"@([0-9]{1,5})")
_SHOWN_MOST = 20


@dataclass(frozen=True)
class Choice:
    """What was typed: transport and path, and which image of it, if that was said."""

    transport: str
    """`oci:`, `oci-archive:` or `docker-archive:`."""
    path: str
    name: str | None = None
    """A name, or `@N` for the image at that place, as skopeo counts them."""
    digest: str | None = None


@dataclass(frozen=True)
class Candidate:
    """An image in a layout or an archive."""

    names: tuple[str, ...]
    digest: str


def chosen(choice: Choice, candidates: Sequence[Candidate]) -> list[int]:
    """The places of the images that fit; more than one when the choice is ambiguous, or nothing was chosen."""
    fitting = [place for place, one in enumerate(candidates) if choice.digest in {None, one.digest}]
    if choice.name is None:
        return fitting
    if match := _PLACE.fullmatch(choice.name):
        return [place for place in fitting if place == int(match[1])]
    exact = [place for place in fitting if choice.name in candidates[place].names]
    return exact or [place for place in fitting if _is_named(candidates[place], choice.name)]


def asked_for(choice: Choice, names: Sequence[str]) -> tuple[str, ...]:
    """Of the names of an image those that were typed; all when it was chosen in another way."""
    return tuple(name for name in names if choice.name and _is_same(choice.name, name)) or tuple(names)


def _is_named(candidate: Candidate, name: str) -> bool:
    return any(_is_same(name, one) for one in candidate.names)


def _is_same(asked: str, name: str) -> bool:
    """Whether two names are one once Docker's defaults are filled in: `app` is `app:latest`."""
    canonical = _canonical(asked)
    return canonical is not None and canonical == _canonical(name)


def _canonical(name: str) -> str | None:
    with suppress(UsageError):
        return str(ImageRef.parse(name))
    return None


def not_one(choice: Choice, candidates: Sequence[Candidate], fitting: int) -> UsageError:
    """The refusal of a choice that fits no image, or several; its hint lists what can be typed."""
    shown = one_line(choice.path, 200)
    if choice.name or choice.digest:
        asked = one_line(f"{choice.name or ''}{f'@{choice.digest}' if choice.digest else ''}", 220)
        what = f"holds {fitting} images named {asked!r}" if fitting else f"holds no image {asked!r}"
    else:
        what = f"holds {fitting} images, and one is needed" if fitting else "holds no image"
    ways = dict.fromkeys(_way(choice, one, candidates) for one in candidates)
    listed = ", ".join([*ways][:_SHOWN_MOST]) + (" and others" if len(ways) > _SHOWN_MOST else "")
    return UsageError(f"{shown} {what}", hint=f"choose one: {listed}" if listed else "")


def _way(choice: Choice, candidate: Candidate, candidates: Sequence[Candidate]) -> str:
    """How to name a candidate so that it alone is meant."""
    for name in candidate.names:
        if not any(name in one.names for one in candidates if one.digest != candidate.digest):
            return shlex.quote(one_line(f"{choice.transport}{choice.path}:{name}", 300))
    return shlex.quote(one_line(f"{choice.transport}{choice.path}@{candidate.digest}", 300))
