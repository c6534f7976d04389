"""Texts about a whole verdict that all output formats share."""

from collections.abc import Sequence

from gate.model.findings import OperatingSystem, Severity
from gate.model.platforms import labelled_gaps
from gate.model.verdict import SET_ASIDE, Decision, ExceptionUse, Failure, Judged, Verdict
from gate.output import formatting
from gate.text import one_line, plural

_COUNTED = {**formatting.DECISIONS, Decision.REFUSES: "refusing"}


def by_severity(verdict: Verdict) -> tuple[tuple[Severity, int], ...]:
    """Counts, worst first, those that are none left out."""
    return tuple((severity, count) for severity in Severity if (count := verdict.counts.get(severity, 0)))


def by_decision(verdict: Verdict) -> tuple[tuple[Decision, int], ...]:
    """Counts, what refuses first, those that are none left out."""
    return tuple(
        (decision, count) for decision in formatting.DECISIONS if (count := verdict.decisions.get(decision, 0))
    )


def open_findings(verdict: Verdict) -> tuple[Judged, ...]:
    """The findings that the verdict counts by severity: neither accepted nor excused."""
    return tuple(one for one in verdict.findings if one.decision not in SET_ASIDE)


def split(verdict: Verdict) -> tuple[list[Judged], list[Judged]]:
    """What refuses and everything else, each in the order of the verdict."""
    refusing = [one for one in verdict.findings if one.decision is Decision.REFUSES]
    return refusing, [one for one in verdict.findings if one.decision is not Decision.REFUSES]


def system(os: OperatingSystem | None) -> str:
    """`debian 12.4`, with a word when it gets no updates any more."""
    if os is None:
        return "no distribution"
    if os.family in {"", "none"}:
        return "an unknown distribution"
    return one_line(f"{os.family} {os.name}", 80) + (" (end of life)" if os.end_of_life else "")


def facts(verdict: Verdict) -> tuple[tuple[str, str], ...]:
    """What it was judged with, as pairs of a label and a text: the same ones in every view."""
    database = verdict.scanner.database
    updated = f" ({formatting.moment(database.updated_at)})" if database else ""
    scanned = f" on {formatting.moment(verdict.scanned_at)}" if verdict.scanned_at else ""
    said = [
        ("findings", " · ".join(f"{count:,} {severity}" for severity, count in by_severity(verdict))),
        ("decisions", " · ".join(f"{count:,} {_COUNTED[decision]}" for decision, count in by_decision(verdict))),
        ("looked for", ", ".join(kind.plural for kind in verdict.kinds)),
        ("database", formatting.age(verdict.database_age) + updated),
        ("scanner", one_line(f"{verdict.scanner.name} {verdict.scanner.version}", 80) + scanned),
        ("policy", f"{one_line(verdict.policy.name, 200)} (sha256 {verdict.policy.sha256[:12]})"),
        ("baseline", baseline(verdict)),
        ("size", formatting.size(verdict.subject.size)),
    ]
    return tuple((label, text) for label, text in said if text)


def baseline(verdict: Verdict) -> str:
    """What is new, known and gone since the baseline."""
    if not (before := verdict.baseline):
        return ""
    return f"{before.fresh:,} new · {before.known:,} known · {before.gone:,} gone since {one_line(before.name, 200)}"


def notices(verdict: Verdict) -> tuple[str, ...]:
    """Notices of the verdict, and gaps of the scan that no reason or notice mentions."""
    noticed = [one_line(notice.message) for notice in verdict.notices]
    known = "\n".join([*noticed, *(one_line(reason.message) for reason in verdict.reasons)])
    gaps = ((one_line(label, 60), one_line(gap.message)) for label, gap in labelled_gaps(verdict.platforms))
    more = [f"{label}: {message}" for label, message in gaps if message not in known]
    return tuple(dict.fromkeys(noticed + more))


def applied_exceptions(verdict: Verdict) -> tuple[ExceptionUse, ...]:
    """The exceptions that hold for a finding today."""
    return tuple(use for use in verdict.exceptions if use.used and not use.ended)


def terms(use: ExceptionUse) -> str:
    """Who answers for an exception, until when and why."""
    return f"{one_line(use.owner, 80)} until {use.expires:%Y-%m-%d} · {one_line(use.reason, 300)}"


def scope(use: ExceptionUse) -> str:
    """What an exception is limited to; nothing when it holds wherever its id is found."""
    return formatting.listed((use.package or "", use.path or ""), 2)


def overall(verdicts: Sequence[Verdict], failures: Sequence[Failure] = ()) -> str:
    """The last line over several images: `1 of 3 images refused`, `1 of 3 images refused, 1 failed`."""
    refused = sum(not verdict.passed for verdict in verdicts)
    every = len(verdicts) + len(failures)
    images = plural(every, "image")
    failed = f", {len(failures):,} failed" if failures else ""
    if not refused:
        passed = f"{len(verdicts):,} of {images}" if failures else images
        return f"{passed} passed{failed}"
    return (f"{images} refused" if refused == every else f"{refused:,} of {images} refused") + failed


def hint(failure: Failure) -> str:
    """What to try, as a sentence after the problem; nothing when there is no hint."""
    return f"hint: {one_line(failure.hint)}" if failure.hint else ""
