"""Render verdicts in GitHub Flavored Markdown, for a job summary or a comment."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gate.model.findings import Kind, Severity
from gate.model.platforms import Manifests
from gate.model.sign_result import SignResult, StepState
from gate.model.verdict import Decision, Failure, Judged, NoticeKind, Verdict
from gate.output import formatting, verdict_text
from gate.output.gfm import code, folded, prose, target, within
from gate.text import one_line, plural

LIMIT = 1_048_576
"""Maximum size of the summary of a step in bytes."""


@dataclass(frozen=True, slots=True)
class SizeLimits:
    """Size limits of the place where the text is shown."""

    limit: int = LIMIT
    """Bytes of UTF-8."""
    words: str = "a job summary holds 1 MiB"
    rows: int = 250
    """Findings in each of an image's two tables."""


SUMMARY = SizeLimits()
_NOTES, _UPGRADES = 50, 25
_MARKS = {"critical": "🔴", "high": "🟠", "medium": "🟡", "low": "🔵", "unknown": "⚪"}


def render(
    verdicts: Sequence[Verdict],
    signed: Sequence[SignResult] = (),
    limits: SizeLimits = SUMMARY,
    failures: Sequence[Failure] = (),
    problem: str = "",
) -> str:
    """Render one section for each image, at most `limits.limit` bytes of UTF-8; a note says where it was cut.

    `signed` are the results of signing, if any; `problem` is why the command failed although the images were judged:
    then no headline is green. Empty when the note does not fit.
    """
    words = f"{limits.words}. The SARIF, JSON and HTML reports have everything."
    return within(_lines(verdicts, signed, limits, failures, problem), limits.limit, words)


def _lines(
    verdicts: Sequence[Verdict],
    signed: Sequence[SignResult],
    limits: SizeLimits,
    failures: Sequence[Failure],
    problem: str,
) -> Iterator[str]:
    if problem:
        yield f"## ❌ Failed: {prose(problem)}"
        yield ""
    # Failures come first, so that they are not what is cut.
    for failure in failures:
        yield from _failed(failure)
    for verdict in verdicts:
        result = next((result for result in signed if result.digest == verdict.subject.digest), None)
        yield from _image(verdict, result, limits, failed=bool(problem))
    if len(verdicts) + len(failures) > 1:
        yield f"**{verdict_text.overall(verdicts, failures)}**"


def _failed(failure: Failure) -> Iterator[str]:
    yield f"## ❌ Failed: {code(failure.image)}"
    yield ""
    yield f"- ❌ {prose(failure.problem)} (exit code {failure.code})"
    if failure.hint:
        yield f"- {prose(verdict_text.hint(failure))}"
    yield ""


def _image(verdict: Verdict, signed: SignResult | None, limits: SizeLimits, *, failed: bool) -> Iterator[str]:
    yield f"## {_headline(verdict, signed, failed=failed)}: {code(formatting.name(verdict.subject))}"
    yield ""
    digest = code(verdict.subject.digest or "digest unknown")
    yield f"{digest} · vulnerability database {formatting.age(verdict.database_age)}"
    yield ""
    for reason in verdict.reasons[:_NOTES]:
        yield f"- ❌ {prose(reason.message)} ({code(reason.rule, 80)})"
    yield from _more(len(verdict.reasons) - _NOTES, "reason", "- ")
    if verdict.passed and not verdict.findings:
        yield "- ✅ nothing found"
    if signed:
        yield from _evidence(signed)
    if verdict.baseline:
        yield f"- 🆕 {prose(verdict_text.baseline(verdict))}"
    yield from _notices(verdict)
    yield ""
    yield from _platforms(verdict)
    yield from _upgrades(verdict)
    refusing, others = verdict_text.split(verdict)
    if refusing:
        yield f"### {plural(len(refusing), 'finding')} {'refuse' if len(refusing) > 1 else 'refuses'}"
        yield ""
        yield from _table(refusing, verdict, limits.rows)
    yield from _accepted(verdict)
    if others:
        verb = "do" if len(others) > 1 else "does"
        head = f"{plural(len(others), 'finding')} that {verb} not refuse"
        yield from folded(head, _table(others, verdict, limits.rows))
    yield from folded("Judged with", _facts(verdict))


def _headline(verdict: Verdict, signed: SignResult | None, *, failed: bool) -> str:
    if not verdict.passed:
        return "❌ Refused"
    if signed and (signed.problem or signed.reasons):
        return "❌ Passed, not signed"
    return "Passed" if failed else "✅ Passed"


def _evidence(signed: SignResult) -> Iterator[str]:
    """Say whether the image is signed, by whom and with which evidence, or why it is not."""
    attached = {step.what for step in signed.steps if step.state in {StepState.PUSHED, StepState.THERE}}
    if signed.signed:
        by = f" by {prose(signed.signer)}" if signed.signer else ""
        kinds = f": {', '.join(code(what, 40) for what in sorted(attached))}" if attached else ""
        yield f"- 🔏 signed{by}{kinds}{f' ({prose(signed.note)})' if signed.note else ''}"
        return
    why = signed.problem or "; ".join(reason.message for reason in signed.reasons) or signed.note
    yield f"- 🔓 {'nothing was to be signed' if signed.dry else 'not signed'}{f': {prose(why)}' if why else ''}"


def _notices(verdict: Verdict) -> Iterator[str]:
    """List exceptions that end soon first: they need action in time."""
    ending = {one_line(notice.message) for notice in verdict.notices if notice.kind is NoticeKind.EXCEPTION_ENDING}
    notices = sorted(verdict_text.notices(verdict), key=lambda notice: notice not in ending)
    for notice in notices[:_NOTES]:
        yield f"- {'⏳' if notice in ending else '⚠️'} {prose(notice)}"
    yield from _more(len(notices) - _NOTES, "notice", "- ")


def _more(count: int, noun: str, before: str = "", after: str = "") -> Iterator[str]:
    if count > 0:
        yield f"{before}… and {plural(count, f'more {noun}')} in the SARIF, JSON and HTML reports{after}"


def _facts(verdict: Verdict) -> Iterator[str]:
    yield "| | |"
    yield "|---|---|"
    for label, text in verdict_text.facts(verdict):
        if label not in {"findings", "baseline"}:  # shown above
            yield f"| {label} | {prose(text)} |"
    yield ""


def _platforms(verdict: Verdict) -> Iterator[str]:
    """Count open findings by platform and severity; the last row counts those of several platforms once."""
    heads = " | ".join(f"{_MARKS[severity]} {severity}" for severity in Severity)
    yield f"| platform | system | {heads} | refuse |"
    yield f"|---|---|{'--:|' * (len(Severity) + 1)}"
    manifests = Manifests(verdict.platforms)
    open_: Counter[tuple[str, Severity]] = Counter()
    refusing: Counter[str] = Counter()
    for judged in verdict_text.open_findings(verdict):
        keys = manifests.having(judged.finding)
        open_.update((key, judged.severity) for key in keys)
        refusing.update(key for key in keys if judged.decision is Decision.REFUSES)
    for place in verdict.platforms[:_NOTES]:
        digest = f" {code(formatting.short(place.digest))}" if place.digest else ""
        system = f"{prose(verdict_text.system(place.os))}, {plural(place.packages, 'package')}{digest}"
        key = place.key
        counts = " | ".join(f"{open_[key, severity]:,}" for severity in Severity)
        yield f"| {code(manifests.labels[key], 60)} | {system} | {counts} | {refusing[key]:,} |"
    if len(verdict.platforms) > 1:
        counts = " | ".join(f"{verdict.counts.get(severity, 0):,}" for severity in Severity)
        yield f"| all | | {counts} | {verdict.decisions.get(Decision.REFUSES, 0):,} |"
    yield ""
    yield from _more(len(verdict.platforms) - _NOTES, "platform", after="\n")


def _upgrades(verdict: Verdict) -> Iterator[str]:
    if not verdict.upgrades:
        return
    yield "### Upgrade first"
    yield ""
    yield "| package | from | to | fixes | of which refuse |"
    yield "|---|---|---|--:|--:|"
    for upgrade in verdict.upgrades[:_UPGRADES]:
        place = f" in {code(formatting.middle(one_line(upgrade.path), 80))}" if upgrade.path else ""
        versions = f"{code(upgrade.installed, 100)} | {code(upgrade.to, 100)}"
        yield f"| {code(upgrade.package, 160)}{place} | {versions} | {upgrade.fixes:,} | {upgrade.refusing:,} |"
    yield ""
    yield from _more(len(verdict.upgrades) - _UPGRADES, "upgrade", after="\n")


def _table(findings: Sequence[Judged], verdict: Verdict, most: int) -> Iterator[str]:
    yield "| severity | finding | in | installed | fixed | where | why |"
    yield "|---|---|---|---|---|---|---|"
    manifests = Manifests(verdict.platforms)
    for judged in findings[:most]:
        yield _row(judged, verdict, manifests)
    yield ""
    yield from _more(len(findings) - most, "finding", after="\n")


def _row(judged: Judged, verdict: Verdict, manifests: Manifests) -> str:
    finding = judged.finding
    known = verdict.advisories.get(finding.advisory)
    url = formatting.link(known.url) if known else ""
    identity = f"[{code(finding.id, 80)}]({target(url)})" if url else code(finding.id, 80)
    about = formatting.title(judged, verdict, 120)
    place = code(formatting.middle(formatting.where(finding), 80))
    partly = formatting.partly(finding, manifests)
    alarm = f"**{formatting.exploited(judged)}**, " if formatting.exploited(judged) else ""
    fix = code(finding.fixed, 120) if finding.fixed else formatting.fixed(finding)
    if finding.kind is not Kind.VULNERABILITY:
        fix = "-"
    cells = (
        f"{_MARKS[judged.severity]} {judged.severity}",
        identity + (f" {prose(about)}" if about else ""),
        code(finding.package, 160),
        code(finding.installed, 100),
        fix,
        place + (f" ({prose(partly)})" if partly else ""),
        alarm + prose(judged.why if judged.decision is Decision.REFUSES else formatting.outcome(judged)),
    )
    return f"| {' | '.join(cells)} |"


def _accepted(verdict: Verdict) -> Iterator[str]:
    applied = verdict_text.applied_exceptions(verdict)
    if not applied:
        return
    yield "### Accepted"
    yield ""
    for use in applied[:_NOTES]:
        scope = f" ({code(verdict_text.scope(use))})" if verdict_text.scope(use) else ""
        yield f"- {code(use.id, 80)}{scope}, {plural(use.used, 'finding')} · {prose(verdict_text.terms(use))}"
    yield from _more(len(applied) - _NOTES, "exception", "- ")
    yield ""
