"""Judge a verdict from a file again, and name every place where the file contradicts itself: a pure function.

A file that was forged as a whole contradicts nothing; its SHA-256 (`--verdict-sha256`) is what binds it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from gate.errors import InputError
from gate.judging import scan_rules
from gate.judging.judge import JudgeInputs, judge
from gate.model.findings import Finding, Kind, Scan
from gate.model.verdict import Decision, Judged, PolicyRef, Reason, RecordedFeeds, Verdict
from gate.policy import Policy
from gate.text import one_line

T = TypeVar("T")
_RULE = "verdict"
_NAMED = 5
"""Findings that are named one by one."""
_HOURS = 1e-6


@dataclass(frozen=True)
class Review:
    """A recorded verdict, judged again."""

    verdict: Verdict
    """As its findings are judged now; the file's own where that is not possible."""
    doubts: tuple[Reason, ...]
    """Why the file is not believed; empty when it agrees with itself."""


def review(recorded: Verdict, policy: Policy, ref: PolicyRef, inputs: JudgeInputs, now: datetime) -> Review:
    """Judge the findings of a verdict again, at its own time and then at `now`.

    `inputs` holds what the files of the policy say; what the feeds said is taken from the verdict.
    """
    feeds = recorded.feeds or RecordedFeeds()
    exploited = None if feeds.known_exploited is None else frozenset(feeds.known_exploited)
    inputs = replace(inputs, known_exploited=exploited, epss=feeds.epss, baseline=None)
    scan = _scan(recorded)
    try:
        again = judge(scan, policy, ref, inputs, recorded.judged_at)
        today = judge(scan, policy, ref, inputs, now)
    except InputError as exc:
        message = f"the findings of the verdict cannot be judged again: {exc.problem}"
        return Review(recorded, (Reason(rule=_RULE, message=message),))
    messages = [*_scan_facts(scan, policy), *_differences(recorded, again)]
    doubts = [Reason(rule=_RULE, message=f"the verdict contradicts itself: {one}") for one in messages]
    doubts += [Reason(rule="exceptions", message=message) for message in _ended(again, today)]
    return Review(again.model_copy(update={"notices": recorded.notices, "sboms": recorded.sboms}), tuple(doubts))


def _scan(recorded: Verdict) -> Scan:
    return Scan(
        subject=recorded.subject,
        scanner=recorded.scanner,
        scanned_at=recorded.scanned_at,
        kinds=recorded.kinds,
        platforms=recorded.platforms,
        findings=tuple(one.finding for one in recorded.findings),
        advisories=recorded.advisories,
    )


def _scan_facts(scan: Scan, policy: Policy) -> Iterator[str]:
    """What cannot be so in any scan under this policy, whatever was found."""
    for kind in dict.fromkeys((Kind.VULNERABILITY, *scan_rules.judged_kinds(policy))):
        if kind not in scan.kinds:
            yield f"it was not scanned for {kind.plural}, which every scan under this policy looks for"
    platforms = {(one.platform, known) for one in scan.platforms for known in ("", one.digest or "")}
    for finding in scan.findings:
        if finding.kind not in scan.kinds:
            yield f"{_named(finding)} is among {finding.kind.plural}, which were not looked for"
        if elsewhere := [one for one in finding.occurrences if (one.platform, one.manifest) not in platforms]:
            where = " ".join(part for part in (elsewhere[0].platform, elsewhere[0].manifest) if part)
            yield f"{_named(finding)} is on {one_line(where, 150)}, which was not scanned"
        if not finding.occurrences:
            yield f"{_named(finding)} is on no platform"
    for one in scan.platforms:
        unrecognised = (one.os is None and not one.packages) or (one.os and one.os.family in {"", "none"})
        if unrecognised and not one.gaps:
            yield f"nothing was recognised on {one_line(one.platform, 60)}, and it does not say so"
    size = max((sum(layer.size for layer in one.layers) for one in scan.platforms), default=0)
    if scan.subject.size is not None and scan.subject.size < size:
        yield f"the image has {scan.subject.size:,} bytes, and the layers of one of its platforms {size:,}"


def _differences(recorded: Verdict, again: Verdict) -> Iterator[str]:
    """What the file says, and what its own findings say."""
    if recorded.passed != again.passed:
        yield f"it says that the image {_answer(recorded)}, and by its findings it {_answer(again)}"
    for reason in _lacking(recorded.reasons, again.reasons):
        yield f"a reason to refuse is not in it: {one_line(reason.message, 200)} ({reason.rule})"
    for reason in _lacking(again.reasons, recorded.reasons):
        yield f"it gives a reason that is none: {one_line(reason.message, 200)} ({one_line(reason.rule, 60)})"
    yield from _findings(recorded, again)
    for old, new in ((recorded.counts, again.counts), (recorded.decisions, again.decisions)):
        if dict(old) != dict(new):
            yield f"it counts {_counted(old)}, and there are {_counted(new)}"
    for use in _lacking(recorded.exceptions, again.exceptions):
        yield f"the exception for {one_line(use.id, 80)} is not in it as it is in the policy, or not as it was used"
    for use in _lacking(again.exceptions, recorded.exceptions):
        yield f"it lists an exception for {one_line(use.id, 80)} that the policy does not have, or not so"
    if not _same_hours(recorded.database_age, again.database_age):
        ages = [_hours(one.database_age) for one in (recorded, again)]
        yield f"it says that the age of its vulnerability database is {ages[0]}, and by its date it is {ages[1]}"
    for notice in _lacking(recorded.notices, again.notices):
        yield f"a notice is not in it: {one_line(notice.message, 200)}"


def _lacking(some: Sequence[T], others: Sequence[T]) -> list[T]:
    """What of `others` is not among `some`."""
    return [one for one in others if one not in some]


def _findings(recorded: Verdict, again: Verdict) -> Iterator[str]:
    """Findings that are decided in another way, the first of them by name."""
    decided = {one.finding: one for one in again.findings}
    wrong = [
        (one, decided[one.finding]) for one in recorded.findings if _decided(one) != _decided(decided[one.finding])
    ]
    for old, new in wrong[:_NAMED]:
        if (old.decision, old.severity) == (new.decision, new.severity):
            yield f"{_named(old.finding)} is decided by other rules or feeds than it says ({new.rule or 'no rule'})"
        else:
            says, judged = (f"{one.decision} ({one.severity})" for one in (old, new))
            yield f"{_named(old.finding)} is {says} in it, and is judged as {judged}"
    if len(wrong) > _NAMED:
        yield f"{len(wrong) - _NAMED:,} more findings are decided in another way than it says"


def _decided(one: Judged) -> tuple[object, ...]:
    return one.decision, one.severity, one.rule, one.known_exploited, one.epss


def _ended(again: Verdict, today: Verdict) -> Iterator[str]:
    """Findings that an exception accepted when they were judged, and accepts no longer."""
    accepted = {one.finding for one in today.findings if one.decision is Decision.ACCEPTED}
    ended = [one for one in again.findings if one.decision is Decision.ACCEPTED and one.finding not in accepted]
    for one in ended[:_NAMED]:
        yield f"the exception for {_named(one.finding)} has ended since the verdict: it was {one_line(one.why, 200)}"
    if len(ended) > _NAMED:
        yield f"exceptions for {len(ended) - _NAMED:,} more findings have ended since the verdict"


def _answer(verdict: Verdict) -> str:
    return "passed" if verdict.passed else "is refused"


def _named(finding: Finding) -> str:
    place = finding.package or finding.path
    return one_line(f"{finding.id} in {place}" if place else finding.id, 200)


def _counted(counts: Mapping[Any, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items()) or "none"


def _same_hours(one: float | None, other: float | None) -> bool:
    return one is other if one is None or other is None else abs(one - other) < _HOURS


def _hours(age: float | None) -> str:
    return "unknown" if age is None else f"{age:.1f} hours"
