"""The verdict on an image. Exit code, table, SARIF, Markdown and HTML are all made from it, so they agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from gate.model.findings import Advisory, Finding, Kind, PlatformScan, Scanner, Severity, Subject
from gate.model.image import Frozen


class Decision(StrEnum):
    """What the policy decides about a finding."""

    REFUSES = "refuses"
    """It breaks the policy."""
    REPORTED = "reported"
    """It breaks no rule."""
    ACCEPTED = "accepted"
    """An exception of the policy accepts it."""
    NOT_AFFECTED = "not-affected"
    """A VEX statement says that the image is not affected."""
    KNOWN = "known"
    """It would refuse, but is in the baseline."""


SET_ASIDE = frozenset({Decision.ACCEPTED, Decision.NOT_AFFECTED})
"""Decisions about findings that are not counted by severity."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding and the decision about it."""

    finding: Finding
    decision: Decision
    severity: Severity
    """Severity that it was judged as: the scanner's, or for an unknown one `fail_on.unknown_severity`."""
    rule: str
    """Policy key that decided: `fail_on.severity`, `exceptions`, `vex`; empty when none did."""
    why: str
    """The reason, in one sentence."""
    known_exploited: bool = False
    epss: float | None = None
    """EPSS probability of exploitation, 0 to 1; None when it is unknown or the policy does not use it."""


class Reason(Frozen):
    """A reason to refuse the image."""

    rule: str
    message: str
    count: int = 1


class NoticeKind(StrEnum):
    """Subject of a notice."""

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
    """Information that is no reason to refuse."""

    kind: NoticeKind
    message: str


class PolicyRef(Frozen):
    """The policy that the image was judged by."""

    name: str
    """Name of the file, or `default`."""
    sha256: str
    """SHA-256 of the policy in canonical form, with command-line options applied."""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A package upgrade and what it fixes; `to` is the lowest version known to fix all of it."""

    package: str
    ecosystem: str
    installed: str
    to: str
    fixes: int
    refusing: int
    """How many of the fixed findings refuse the image."""
    worst: Severity
    path: str = ""


class ExceptionUse(Frozen):
    """An exception of the policy and the number of findings that it matches."""

    id: str
    package: str | None = None
    path: str | None = None
    owner: str
    reason: str
    expires: date
    source: str
    """Policy key or file that it comes from: `exceptions`, `.trivyignore`."""
    used: int
    ended: bool = False


class BaselineRef(Frozen):
    """The baseline that the findings were compared with."""

    name: str
    known: int
    """Findings that are in the baseline."""
    fresh: int
    gone: int


class RecordedFeeds(Frozen):
    """Entries of the feeds about the findings of this image, so that it can be judged again without the feeds."""

    known_exploited: tuple[str, ...] | None = None
    """Ids and aliases of findings that are in CISA's KEV catalog; None when it was not used."""
    epss: Mapping[str, float] | None = None
    """EPSS scores by ids and aliases of findings; None when they were not used."""


class Verdict(Frozen):
    """The result of judging one image by a policy."""

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
    """Age of the vulnerability database when judged, in hours; None when it is unknown."""
    kinds: tuple[Kind, ...]
    platforms: tuple[PlatformScan, ...]
    counts: Mapping[Severity, int]
    """Number of findings of every kind, without accepted and excused ones, by the severity they were judged as."""
    decisions: Mapping[Decision, int]
    upgrades: tuple[Upgrade, ...]
    """Upgrades, those that fix most refusing findings first."""
    exceptions: tuple[ExceptionUse, ...]
    baseline: BaselineRef | None = None
    findings: tuple[Judged, ...]
    """Findings, the worst first."""
    advisories: Mapping[str, Advisory]
    feeds: RecordedFeeds | None = None
    """None in verdicts of older versions, which cannot be signed."""
    sboms: tuple[str, ...] = ()
    """SHA-256 of each SBOM that was written with this verdict."""


class Failure(Frozen):
    """An image that could not be judged."""

    image: str
    """The argument that names it; for `gate judge` the report."""
    subject: Subject
    """The image, as far as it is known without its content."""
    place: int
    """Position among the arguments, from 0."""
    problem: str
    hint: str = ""
    code: int
    """Exit code of this failure."""


def in_call_order(verdicts: Sequence[Verdict], failures: Sequence[Failure]) -> list[Verdict | Failure]:
    """Return verdicts and failures in the order of the arguments."""
    results: list[Verdict | Failure] = [*verdicts]
    for failure in sorted(failures, key=lambda failure: failure.place):
        results.insert(failure.place, failure)
    return results


class VerdictFile(Frozen):
    """The file of `--json`: a verdict or a failure for each image."""

    version: Literal[1] = 1
    gate: str
    """Version of gate that wrote the file."""
    passed: bool
    """Whether every image has a verdict and passed."""
    failures: tuple[Failure, ...] = ()
    """Images that could not be judged."""
    verdicts: tuple[Verdict, ...]
