"""Texts about a whole verdict that all output formats share."""

from collections.abc import Sequence

from gate.model.findings import OperatingSystem, Severity
from gate.model.platforms import labelled_gaps
from gate.model.verdict import SET_ASIDE, Decision, ExceptionUse, Failure, Judged, Verdict
from gate.output import formatting
from gate.text import one_line, plural

_COUNTED = {**formatting.DECISIONS, Decision.REFUSES: "refusing"}


def by_severity(verdict: Verdict) -> tuple[tuple[Severity, int], ...]:
    """Return the counts that are not 0, worst first."""
    return tuple((severity, count) for severity in Severity if (count := verdict.counts.get(severity, 0)))


def by_decision(verdict: Verdict) -> tuple[tuple[Decision, int], ...]:
    """Return the counts that are not 0, refusing findings first."""
    return tuple(
        (decision, count) for decision in formatting.DECISIONS if (count := verdict.decisions.get(decision, 0))
    )


def open_findings(verdict: Verdict) -> tuple[Judged, ...]:
    """Return the findings that count by severity: neither accepted nor not affected."""
    return tuple(judged for judged in verdict.findings if judged.decision not in SET_ASIDE)


def split(verdict: Verdict) -> tuple[list[Judged], list[Judged]]:
    """Return the refusing findings and all others, each in the order of the verdict."""
    refusing = [judged for judged in verdict.findings if judged.decision is Decision.REFUSES]
    return refusing, [judged for judged in verdict.findings if judged.decision is not Decision.REFUSES]


def system(os: OperatingSystem | None) -> str:
    """Return `debian 12.4`, with a note when it has reached its end of life."""
    if os is None:
        return "no distribution"
    if os.family in {"", "none"}:
        return "an unknown distribution"
    return one_line(f"{os.family} {os.name}", 80) + (" (end of life)" if os.end_of_life else "")


def facts(verdict: Verdict) -> tuple[tuple[str, str], ...]:
    """Return what it was judged with as pairs of label and text, the same in every format."""
    database = verdict.scanner.database
    updated = f" ({formatting.moment(database.updated_at)})" if database else ""
    scanned = f" on {formatting.moment(verdict.scanned_at)}" if verdict.scanned_at else ""
    pairs = [
        ("findings", " · ".join(f"{count:,} {severity}" for severity, count in by_severity(verdict))),
        ("decisions", " · ".join(f"{count:,} {_COUNTED[decision]}" for decision, count in by_decision(verdict))),
        ("scanned for", ", ".join(kind.plural for kind in verdict.kinds)),
        ("database", formatting.age(verdict.database_age) + updated),
        ("scanner", one_line(f"{verdict.scanner.name} {verdict.scanner.version}", 80) + scanned),
        ("policy", f"{one_line(verdict.policy.name, 200)} (sha256 {verdict.policy.sha256[:12]})"),
        ("baseline", baseline(verdict)),
        ("size", formatting.size(verdict.subject.size)),
    ]
    return tuple((label, text) for label, text in pairs if text)


def baseline(verdict: Verdict) -> str:
    """Say how many findings are new, known and gone since the baseline."""
    if not (before := verdict.baseline):
        return ""
    return f"{before.fresh:,} new · {before.known:,} known · {before.gone:,} gone since {one_line(before.name, 200)}"


def notices(verdict: Verdict) -> tuple[str, ...]:
    """Return the notices, and gaps of the scan that no reason or notice mentions."""
    noticed = [one_line(notice.message) for notice in verdict.notices]
    known = "\n".join([*noticed, *(one_line(reason.message) for reason in verdict.reasons)])
    gaps = ((one_line(label, 60), one_line(gap.message)) for label, gap in labelled_gaps(verdict.platforms))
    more = [f"{label}: {message}" for label, message in gaps if message not in known]
    return tuple(dict.fromkeys(noticed + more))


def applied_exceptions(verdict: Verdict) -> tuple[ExceptionUse, ...]:
    """Return the exceptions that apply to a finding today."""
    return tuple(use for use in verdict.exceptions if use.used and not use.ended)


def terms(use: ExceptionUse) -> str:
    """Return owner, end and reason of an exception."""
    return f"{one_line(use.owner, 80)} until {use.expires:%Y-%m-%d} · {one_line(use.reason, 300)}"


def scope(use: ExceptionUse) -> str:
    """Return what an exception is limited to; empty when it applies to its id anywhere."""
    return formatting.listed((use.package or "", use.path or ""), 2)


def overall(verdicts: Sequence[Verdict], failures: Sequence[Failure] = ()) -> str:
    """Return the last line over several images: `1 of 3 images refused`, `1 of 3 images refused, 1 failed`."""
    refused = sum(not verdict.passed for verdict in verdicts)
    every = len(verdicts) + len(failures)
    images = plural(every, "image")
    failed = f", {len(failures):,} failed" if failures else ""
    if not refused:
        passed = f"{len(verdicts):,} of {images}" if failures else images
        return f"{passed} passed{failed}"
    return (f"{images} refused" if refused == every else f"{refused:,} of {images} refused") + failed


def hint(failure: Failure) -> str:
    """Return the hint as a sentence; empty when there is none."""
    return f"hint: {one_line(failure.hint)}" if failure.hint else ""
