"""The one answer that every document is rendered from: exit code, table, SARIF, Markdown and HTML cannot disagree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from gate.model.findings import Advisory, Finding, Kind, PlatformScan, Scanner, Severity, Subject
from gate.model.image import Frozen


class Decision(StrEnum):
    """What becomes of a finding."""

    REFUSES = "refuses"
    """It breaks the policy."""
    REPORTED = "reported"
    """It is there and breaks no rule."""
    ACCEPTED = "accepted"
    """An exception of the policy holds for it."""
    NOT_AFFECTED = "not-affected"
    """A VEX statement says that it does not apply."""
    KNOWN = "known"
    """It would refuse, and was there in the baseline already."""


SET_ASIDE = frozenset({Decision.ACCEPTED, Decision.NOT_AFFECTED})
"""Decisions about findings that are not counted by severity."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding, and what was decided of it."""

    finding: Finding
    decision: Decision
    severity: Severity
    """What it was judged as: the scanner's severity, or the policy's stand-in for an unknown one."""
    rule: str
    """The key of the policy that decided: `fail_on.severity`, `exceptions`, `vex`; empty when none did."""
    why: str
    """One sentence for a person."""
    known_exploited: bool = False
    epss: float | None = None
    """Probability of exploitation, 0 to 1; None when it is not known or was not asked for."""


class Reason(Frozen):
    """One way in which the image breaks the policy."""

    rule: str
    message: str
    count: int = 1


class NoticeKind(StrEnum):
    """What a notice is about."""

    EXCEPTION_ENDING = "exception-ending"
    EXCEPTION_ENDED = "exception-ended"
    EXCEPTION_UNUSED = "exception-unused"
    DATABASE = "database"
    COVERAGE = "coverage"
    END_OF_LIFE = "end-of-life"
    BASELINE = "baseline"
    VEX = "vex"
    NAME = "name"


class Notice(Frozen):
    """Something to know that does not refuse by itself."""

    kind: NoticeKind
    message: str


class PolicyRef(Frozen):
    """The policy that judged."""

    name: str
    """The file as it was named, or `default`."""
    sha256: str
    """Of the policy in its canonical form, command-line options over it included."""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """One upgrade and what it mends; `to` is the lowest version known to mend all of them."""

    package: str
    ecosystem: str
    installed: str
    to: str
    fixes: int
    refusing: int
    """How many of those break the policy."""
    worst: Severity
    path: str = ""


class ExceptionUse(Frozen):
    """An exception of the policy and how many findings it holds for."""

    id: str
    package: str | None = None
    path: str | None = None
    owner: str
    reason: str
    expires: date
    source: str
    """The key or file it stands in: `exceptions`, `.trivyignore`."""
    used: int
    ended: bool = False


class BaselineRef(Frozen):
    """What the findings were compared with."""

    name: str
    known: int
    """Findings that were there already."""
    fresh: int
    gone: int


class RecordedFeeds(Frozen):
    """What the feeds said of this image's findings, so that the same judgement can be made again without them."""

    known_exploited: tuple[str, ...] | None = None
    """Ids and aliases of findings that CISA's KEV catalog lists; None when there was no catalog."""
    epss: Mapping[str, float] | None = None
    """EPSS scores by the ids and aliases of findings; None when there were no scores."""


class Verdict(Frozen):
    """The judgement of one image under one policy at one time."""

    passed: bool
    subject: Subject
    reasons: tuple[Reason, ...]
    """Empty exactly when `passed`."""
    notices: tuple[Notice, ...]
    policy: PolicyRef
    judged_at: datetime
    scanner: Scanner
    scanned_at: datetime | None = None
    database_age: float | None = None
    """Of the vulnerability database when judged, in hours; None when nobody knows."""
    kinds: tuple[Kind, ...]
    platforms: tuple[PlatformScan, ...]
    counts: Mapping[Severity, int]
    """Findings of every kind that are neither accepted nor excused, by the severity they were judged as."""
    decisions: Mapping[Decision, int]
    upgrades: tuple[Upgrade, ...]
    """Those that mend what refuses first, then those that mend most."""
    exceptions: tuple[ExceptionUse, ...]
    baseline: BaselineRef | None = None
    findings: tuple[Judged, ...]
    """Worst first, in a stable order."""
    advisories: Mapping[str, Advisory]
    feeds: RecordedFeeds | None = None
    """None in files of older versions: these cannot be signed under."""
    sboms: tuple[str, ...] = ()
    """SHA-256 of every SBOM that was written with this verdict."""


class Failure(Frozen):
    """An image of the call that could not be judged."""

    image: str
    """As it was named in the call; for `gate judge`, the report."""
    subject: Subject
    """What of the image is known without its content."""
    place: int
    """Its position among the images of the call, from 0."""
    problem: str
    hint: str = ""
    code: int
    """The exit code that it ends with."""


def in_call_order(verdicts: Sequence[Verdict], failures: Sequence[Failure]) -> list[Verdict | Failure]:
    """The images of a call in the order of its arguments."""
    every: list[Verdict | Failure] = [*verdicts]
    for failure in sorted(failures, key=lambda one: one.place):
        every.insert(failure.place, failure)
    return every


class VerdictFile(Frozen):
    """The machine's output (`--json`): a verdict or a failure for each image of the call."""

    version: Literal[1] = 1
    gate: str
    """Version of the gate that wrote it."""
    passed: bool
    """Whether every image of the call has a verdict, and passed."""
    failures: tuple[Failure, ...] = ()
    """The images of the call that could not be judged."""
    verdicts: tuple[Verdict, ...]
