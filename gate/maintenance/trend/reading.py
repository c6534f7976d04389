"""Read verdicts from files and folders, only the parts that a trend needs, within limits."""

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from gate.errors import InputError
from gate.io import files, strict_json
from gate.io.validation import describe
from gate.maintenance.trend import Change, Point, TrendFinding, TrendVerdict
from gate.model.findings import Kind, PlatformScan, Severity, Subject
from gate.model.verdict import Decision
from gate.text import one_line

_LARGEST = 1 << 28
_DEEPEST, _MOST_FOLDERS = 4, 2_000
_MOST_FILES, _MOST_VERDICTS, _MOST_FINDINGS = 5_000, 2_000, 2_000_000
_FEWER = "name fewer verdicts, or one image's only"


class _Part(BaseModel):
    """A part of a verdict file; other fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _Occurrence(_Part):
    platform: str


class _Finding(_Part):
    fingerprint: str
    id: str
    package: str
    kind: Kind
    occurrences: tuple[_Occurrence, ...]


class _JudgedFinding(_Part):
    finding: _Finding
    severity: Severity


class _Verdict(_Part):
    subject: Subject
    passed: bool
    judged_at: datetime
    database_age: float | None = None
    kinds: tuple[Kind, ...]
    platforms: tuple[PlatformScan, ...]
    counts: dict[Severity, int]
    decisions: dict[Decision, int]
    findings: Annotated[
        tuple[_JudgedFinding, ...], BeforeValidator(lambda findings: () if findings is None else findings)
    ] = ()


class Reader:
    """Reads verdicts one after the other; equal findings of different verdicts share one object."""

    def __init__(self) -> None:
        """Start without verdicts."""
        self.passed_over: list[Path] = []
        """JSON files of a folder that are not verdicts."""
        self._known: dict[TrendFinding, TrendFinding] = {}
        self._verdicts = 0
        self._findings = 0

    def read(self, paths: Sequence[Path]) -> Iterator[TrendVerdict]:
        """Read every verdict in the files, and in the JSON files of the folders. Raises `InputError`."""
        for path in paths:
            if path.is_dir():
                for file in _json_files(path):
                    yield from self._file(file, file.relative_to(path).as_posix(), named=False)
            else:
                yield from self._file(path, path.name, named=True)

    def _file(self, path: Path, name: str, *, named: bool) -> Iterator[TrendVerdict]:
        shown = one_line(name, 200)
        data = files.read(path, limit=_LARGEST, what="the verdict")
        document = strict_json.load_object(data, f"the verdict {shown}")
        if "verdicts" not in document:
            if named:
                raise _not_a_verdict(shown, "it contains no verdicts")
            self.passed_over.append(path)
            return
        if document.get("version") != 1:
            raise _not_a_verdict(shown, "this gate does not know its version")
        if not isinstance(document["verdicts"], list | None):
            raise _not_a_verdict(shown, "`verdicts` is not a list")
        for verdict in document["verdicts"] or ():
            self._verdicts += 1
            if self._verdicts > _MOST_VERDICTS:
                raise InputError(f"there are more than {_MOST_VERDICTS:,} verdicts", hint=_FEWER)
            try:
                yield self._verdict(_Verdict.model_validate(verdict), name)
            except ValidationError as exc:
                raise _not_a_verdict(shown, describe(exc)) from exc

    def _verdict(self, verdict: _Verdict, source: str) -> TrendVerdict:
        judged_at = verdict.judged_at if verdict.judged_at.tzinfo else verdict.judged_at.replace(tzinfo=UTC)
        platforms = verdict.platforms
        return TrendVerdict(
            image=verdict.subject.name,
            point=Point(
                judged_at=judged_at.astimezone(UTC),
                source=source,
                tag=verdict.subject.tag,
                digest=verdict.subject.digest,
                passed=verdict.passed,
                counts=verdict.counts,
                refusing=verdict.decisions.get(Decision.REFUSES, 0),
                database_age=verdict.database_age,
            ),
            kinds=frozenset(verdict.kinds),
            platforms=tuple(sorted(scan.platform for scan in platforms)),
            complete_platforms=frozenset(scan.platform for scan in platforms)
            - {scan.platform for scan in platforms if scan.gaps},
            findings=self._by_fingerprint(verdict.findings),
        )

    def _by_fingerprint(self, findings: Sequence[_JudgedFinding]) -> dict[str, TrendFinding]:
        """Of several findings with the same fingerprint the first, which is the most severe."""
        self._findings += len(findings)
        if self._findings > _MOST_FINDINGS:
            raise InputError(f"there are more than {_MOST_FINDINGS:,} findings", hint=_FEWER)
        by_fingerprint: dict[str, TrendFinding] = {}
        for judged in findings:
            finding = judged.finding
            change = Change(severity=judged.severity, **finding.model_dump(exclude={"occurrences"}))
            seen = TrendFinding(change, frozenset(place.platform for place in finding.occurrences))
            by_fingerprint.setdefault(finding.fingerprint, self._known.setdefault(seen, seen))
        return by_fingerprint


def _json_files(folder: Path) -> list[Path]:
    """The JSON files below a folder, sorted; symbolic links are not followed. Raises `InputError`."""
    json_files: list[Path] = []
    for visited, (place, folders, names) in enumerate(os.walk(folder, onerror=_unreadable)):
        deep = len(Path(place).relative_to(folder).parts) >= _DEEPEST
        folders[:] = [] if deep else sorted(one for one in folders if not one.startswith("."))
        paths = (Path(place, name) for name in sorted(names) if name.lower().endswith(".json"))
        json_files += [path for path in paths if path.is_file() and not path.is_symlink()]
        if len(json_files) > _MOST_FILES or visited >= _MOST_FOLDERS:
            raise InputError(f"{one_line(str(folder), 200)} has too many files and folders", hint=_FEWER)
    return sorted(json_files)


def _unreadable(exc: OSError) -> None:
    raise InputError(f"the folder {one_line(str(exc.filename), 200)} cannot be read: {exc.strerror}") from exc


def _not_a_verdict(name: str, why: str) -> InputError:
    return InputError(f"{name} is not a verdict: {one_line(why, 300)}", hint="make one with `gate scan --json=FILE`")
