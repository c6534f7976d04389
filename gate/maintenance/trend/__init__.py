"""How an image did over time: verdicts in their order, and what came and went between neighbours.

Findings are the same by their fingerprint, whatever became of them: one that is accepted is still there. What one of
two neighbours did not look at (another kind, another platform, a gap) is neither new nor gone.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Literal

from gate.model.findings import Kind, Severity
from gate.model.image import Frozen

LISTED = 1_000
"""Findings that a point names as new, and as many as gone; `new` and `gone` count all."""


class Change(Frozen):
    """A finding that came or went."""

    id: str
    package: str
    severity: Severity
    """What it was judged as."""
    kind: Kind
    fingerprint: str


class Point(Frozen):
    """One verdict of an image."""

    judged_at: datetime
    source: str
    """The file that it was read from."""
    tag: str | None = None
    digest: str | None = None
    passed: bool
    counts: Mapping[Severity, int]
    """Open findings, as in the verdict."""
    refusing: int
    database_age: float | None = None
    """In hours, when judged; None when it is unknown."""
    new: int | None = None
    """Findings that the neighbour before did not have; None for the first one."""
    gone: int | None = None
    new_findings: tuple[Change, ...] = ()
    """Worst first, at most `LISTED`; as are the others."""
    gone_findings: tuple[Change, ...] = ()
    unsure: str = ""
    """Why not everything could be compared with the neighbour before."""


class Trend(Frozen):
    """An image over time, the oldest verdict first."""

    image: str
    """`registry/repository`."""
    points: tuple[Point, ...]


class TrendFile(Frozen):
    """The machine's output of `gate trend --json`."""

    version: Literal[1] = 1
    gate: str
    trends: tuple[Trend, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """A finding of a verdict, as far as it is compared."""

    change: Change
    platforms: frozenset[str]


@dataclass(frozen=True, slots=True)
class Read:
    """A verdict as it was read."""

    image: str
    point: Point
    kinds: frozenset[Kind]
    platforms: tuple[str, ...]
    """Sorted; a platform stands there once for each of its manifests."""
    looked: frozenset[str]
    """Platforms of which nothing was left out, in any of their manifests."""
    findings: Mapping[str, Seen] = field(repr=False)
    """By fingerprint."""


def trends(verdicts: Iterable[Read]) -> tuple[Trend, ...]:
    """One for each image, by name; the same verdict twice counts once."""
    images: defaultdict[str, dict[object, Read]] = defaultdict(dict)
    for one in verdicts:
        key = one.point.judged_at, one.point.digest, one.platforms, one.kinds
        images[one.image].setdefault(key, one)
    return tuple(Trend(image=name, points=_points(found.values())) for name, found in sorted(images.items()))


def _points(verdicts: Iterable[Read]) -> tuple[Point, ...]:
    ordered = sorted(verdicts, key=lambda one: (one.point.judged_at, one.point.source))
    return (ordered[0].point, *(_compared(before, after) for before, after in pairwise(ordered)))


def _compared(before: Read, after: Read) -> Point:
    new, gone = _only(after, before), _only(before, after)
    changes = {
        "new": len(new),
        "gone": len(gone),
        "new_findings": tuple(new[:LISTED]),
        "gone_findings": tuple(gone[:LISTED]),
        "unsure": _unsure(before, after),
    }
    return after.point.model_copy(update=changes)


def _only(here: Read, there: Read) -> list[Change]:
    """What is here and not there, although it was looked for there; worst first."""
    kinds, platforms = here.kinds & there.kinds, here.looked & there.looked
    found = [
        one.change
        for fingerprint, one in here.findings.items()
        if fingerprint not in there.findings
        and one.change.kind in kinds
        and (not one.platforms or not one.platforms.isdisjoint(platforms))
    ]
    return sorted(found, key=lambda one: (-one.severity.rank, one.id, one.package, one.fingerprint))


def _unsure(before: Read, after: Read) -> str:
    why = []
    if before.kinds != after.kinds:
        why.append("not the same was looked for")
    if before.platforms != after.platforms:
        why.append("not the same platforms")
    if before.looked != {*before.platforms} or after.looked != {*after.platforms}:
        why.append("not everything was looked at")
    return ", ".join(why)
