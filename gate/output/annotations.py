"""Render verdicts as workflow commands of GitHub Actions: annotations on the lines that added findings.

GitHub shows 10 of each level a step and 50 a job, and silently drops the rest. So the findings of one package at one
place are one annotation, the worst come first, and the last one says what is left out. Escaped as in `@actions/core`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gate.model.findings import Finding, Kind, Severity
from gate.model.location import SourceLocation, SourceLocator
from gate.model.verdict import Decision, Failure, Judged, Verdict
from gate.output import formatting, verdict_text
from gate.text import inert, one_line, plural

LEVEL = 10
"""Annotations of one level that GitHub shows for a step."""
LEVELS = ("error", "warning", "notice")

_IDS, _LONGEST = 8, 3000


@dataclass(slots=True)
class _Note:
    """An annotation: the findings of one package at one place."""

    level: str
    image: str
    spot: SourceLocation | None
    first: Judged
    title: str
    findings: list[Judged] = field(default_factory=list)


def render(verdicts: Sequence[Verdict], places: SourceLocator | None, failures: Sequence[Failure] = ()) -> str:
    """Return a command a line, at most `LEVEL` of each level, the worst first; equal verdicts give equal text."""
    by_level: dict[str, list[str]] = {level: [] for level in LEVELS}
    for failure in failures:
        text = f"{one_line(failure.image, 300)}: {one_line(failure.problem)}\n{verdict_text.hint(failure)}".strip()
        by_level["error"].append(command("error", text, title="gate: an image could not be judged"))
    for verdict in verdicts:
        by_level["error"] += _reasons(verdict)
    notes = [note for verdict in verdicts for note in _notes(verdict, places)]
    notes.sort(key=lambda note: (-note.first.severity.rank, note.spot is None))
    for note in notes:
        by_level[note.level].append(_command(note))
    return "".join(line for level in LEVELS for line in _within(level, by_level[level]))


def _within(level: str, commands: Sequence[str]) -> Iterator[str]:
    if len(commands) <= LEVEL:
        yield from commands
        return
    yield from commands[: LEVEL - 1]
    rest = len(commands) - LEVEL + 1
    message = f"GitHub shows {LEVEL} notes of a level: {plural(rest, f'more {level}')} in the summary and the reports"
    yield command(level, message, title="gate: not everything is shown here")


def _reasons(verdict: Verdict) -> Iterator[str]:
    """Yield the reasons for a refusal that have no finding of their own."""
    rules = {judged.rule for judged in verdict.findings if judged.decision is Decision.REFUSES}
    for reason in verdict.reasons:
        if reason.rule not in rules:
            image = formatting.name(verdict.subject)
            yield command("error", f"{image}: {one_line(reason.message)}", title=f"gate: {one_line(reason.rule, 80)}")


def _notes(verdict: Verdict, places: SourceLocator | None) -> Iterator[_Note]:
    """Group the open findings by place, package and level."""
    notes: dict[tuple[object, ...], _Note] = {}
    image = formatting.name(verdict.subject)
    lines = places.image(verdict.platforms) if places else None
    for judged in verdict_text.open_findings(verdict):
        finding, level = judged.finding, _level(judged)
        spot = lines.locate(finding) if lines else None
        at = (spot.path, spot.start_line) if spot else ()
        thing = (finding.package, finding.installed, finding.path) if finding.package else (finding.id, finding.path)
        key = (level, at, finding.kind, *thing)
        if key not in notes:
            notes[key] = _Note(level, image, spot, judged, formatting.title(judged, verdict))
        notes[key].findings.append(judged)
    yield from notes.values()


def _level(judged: Judged) -> str:
    if judged.decision is Decision.REFUSES:
        return "error"
    return "warning" if judged.severity.reaches(Severity.HIGH) else "notice"


def _command(note: _Note) -> str:
    first, finding = note.first, note.first.finding
    ids = formatting.listed((judged.finding.id for judged in note.findings), _IDS)
    package = " ".join(part for part in (one_line(finding.package, 160), one_line(finding.installed, 60)) if part)
    kinds = finding.kind.plural if len(note.findings) > 1 else finding.kind.value
    title = f"{first.severity}: {len(note.findings)} {kinds}" if len(note.findings) > 1 else f"{first.severity}: {ids}"
    versions = dict.fromkeys(judged.finding.fixed for judged in note.findings if judged.finding.fixed)
    alarm = next((formatting.exploited(judged) for judged in note.findings if judged.known_exploited), "")
    lines = (
        f"{ids} in {package}" if package else ids,
        note.title if len(note.findings) == 1 else "",
        alarm,
        _fix(finding, list(versions)),
        f"{note.image}: {formatting.outcome(first)}",
        formatting.where(finding),
    )
    text = "\n".join(line for line in lines if line)
    return command(note.level, text, title=f"{title} in {package}" if package else title, spot=note.spot)


def _fix(finding: Finding, versions: Sequence[str]) -> str:
    if finding.kind is not Kind.VULNERABILITY:
        return ""
    return f"fixed in {formatting.listed(versions, 4)}" if versions else formatting.fixed(finding)


def command(level: str, text: str, *, title: str, spot: SourceLocation | None = None) -> str:
    """Return a workflow command with its line break; its texts are escaped."""
    properties = {"title": one_line(title, 200)}
    if spot is not None:
        lines = {"line": str(spot.start_line), "endLine": str(max(spot.end_line, spot.start_line))}
        properties = {"file": spot.path, **lines, **properties}
    parameters = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level} {parameters}::{_data(inert(text)[:_LONGEST])}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text.replace("##[", "# [")).replace(":", "%3A").replace(",", "%2C")
