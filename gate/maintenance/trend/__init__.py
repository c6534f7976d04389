"""Compare the verdicts of an image over time: new and fixed findings between one verdict and the next.

`reading.Reader` reads verdict files, `trends` compares them. Findings are compared by fingerprint; an accepted finding
still counts as present. What one of two verdicts did not scan (another kind, another platform, a gap) is neither new
nor gone.
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
"""Maximum number of new, and of gone, findings listed for a point; `new` and `gone` count all."""


class Change(Frozen):
    """A new finding, or one that is gone."""

    id: str
    package: str
    severity: Severity
    kind: Kind
    fingerprint: str


class Point(Frozen):
    """One verdict of an image."""

    judged_at: datetime
    source: str
    """Name of the file."""
    tag: str | None = None
    digest: str | None = None
    passed: bool
    counts: Mapping[Severity, int]
    """Open findings, as in the verdict."""
    refusing: int
    database_age: float | None = None
    """In hours, when judged; None when it is unknown."""
    new: int | None = None
    """Number of findings that the previous verdict did not have; None for the first verdict."""
    gone: int | None = None
    new_findings: tuple[Change, ...] = ()
    """Most severe first, at most `LISTED`."""
    gone_findings: tuple[Change, ...] = ()
    unsure: str = ""
    """Why it could not be compared completely with the previous verdict."""


class Trend(Frozen):
    """The verdicts of an image, oldest first."""

    image: str
    """`registry/repository`."""
    points: tuple[Point, ...]


class TrendFile(Frozen):
    """The document of `gate trend --json`."""

    version: Literal[1] = 1
    gate: str
    trends: tuple[Trend, ...]


@dataclass(frozen=True, slots=True)
class TrendFinding:
    """The parts of a finding that are compared."""

    change: Change
    platforms: frozenset[str]


@dataclass(frozen=True, slots=True)
class TrendVerdict:
    """The parts of a verdict that are compared."""

    image: str
    point: Point
    kinds: frozenset[Kind]
    platforms: tuple[str, ...]
    """Sorted; a platform is listed once for each of its manifests."""
    complete_platforms: frozenset[str]
    """Platforms without gaps in any of their manifests."""
    findings: Mapping[str, TrendFinding] = field(repr=False)
    """By fingerprint."""


def trends(verdicts: Iterable[TrendVerdict]) -> tuple[Trend, ...]:
    """One trend for each image, sorted by name; duplicates of a verdict are ignored."""
    images: defaultdict[str, dict[object, TrendVerdict]] = defaultdict(dict)
    for verdict in verdicts:
        key = verdict.point.judged_at, verdict.point.digest, verdict.platforms, verdict.kinds
        images[verdict.image].setdefault(key, verdict)
    return tuple(Trend(image=name, points=_points(distinct.values())) for name, distinct in sorted(images.items()))


def _points(verdicts: Iterable[TrendVerdict]) -> tuple[Point, ...]:
    ordered = sorted(verdicts, key=lambda one: (one.point.judged_at, one.point.source))
    return (ordered[0].point, *(_compared(before, after) for before, after in pairwise(ordered)))


def _compared(before: TrendVerdict, after: TrendVerdict) -> Point:
    new, gone = _only(after, before), _only(before, after)
    changes = {
        "new": len(new),
        "gone": len(gone),
        "new_findings": tuple(new[:LISTED]),
        "gone_findings": tuple(gone[:LISTED]),
        "unsure": _unsure(before, after),
    }
    return after.point.model_copy(update=changes)


def _only(here: TrendVerdict, there: TrendVerdict) -> list[Change]:
    """Findings of `here` that `there` scanned for and does not have; most severe first."""
    kinds, platforms = here.kinds & there.kinds, here.complete_platforms & there.complete_platforms
    changes = [
        finding.change
        for fingerprint, finding in here.findings.items()
        if fingerprint not in there.findings
        and finding.change.kind in kinds
        and (not finding.platforms or not finding.platforms.isdisjoint(platforms))
    ]
    return sorted(changes, key=lambda change: (-change.severity.rank, change.id, change.package, change.fingerprint))


def _unsure(before: TrendVerdict, after: TrendVerdict) -> str:
    why = []
    if before.kinds != after.kinds:
        why.append("different kinds of findings were scanned for")
    if before.platforms != after.platforms:
        why.append("different platforms")
    if before.complete_platforms != {*before.platforms} or after.complete_platforms != {*after.platforms}:
        why.append("a scan was incomplete")
    return ", ".join(why)
