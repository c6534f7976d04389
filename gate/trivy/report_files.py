"""Read existing report files (for `gate judge`): find the image of each, and the database it was made with."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from gate.errors import GateError, InputError
from gate.io import files, strict_json
from gate.model.findings import Database, DatabaseOrigin, Kind, Scan, Scanner, Subject
from gate.model.image import ImageRef, looks_like_path
from gate.text import one_line
from gate.trivy import report_schema
from gate.trivy.database_store import stamp
from gate.trivy.merge_platforms import merge_reports
from gate.trivy.not_a_report import SBOM_TYPES, explained, other_artifact
from gate.trivy.report import LARGEST, Report, parse_report

_HINT = "is it what `trivy image --format json` wrote, and whole?"
_DRIFT = timedelta(minutes=5)  # clocks differ
_PINNED = re.compile(r"(?P<name>.+)@(?P<digest>sha256:[0-9a-f]{64})")


@dataclass(frozen=True)
class Unusable:
    """A report that cannot be read, or the reports of an image that cannot be judged."""

    name: str
    subject: Subject
    error: GateError


def read_each(paths: Sequence[Path], database: Database | None, kinds: Iterable[Kind]) -> list[Scan | Unusable]:
    """A scan for each image that the reports are about; platforms of one image are folded.

    `database` is the one they were made with, where they do not name it; `kinds` were scanned for in addition to those
    that the reports show. Raises `InputError` for two reports of one platform.
    """
    images: list[tuple[Subject, list[Report]] | Unusable] = []
    reports_of: dict[tuple[str, str | None, str | None], list[Report]] = {}
    for path in paths:
        what = f"the report {one_line(str(path), 200)}"
        try:
            report = _parsed(path, what)
            subject = _subject(report, what)
        except InputError as exc:
            error = InputError(exc.problem, hint=exc.hint or _HINT)
            images.append(Unusable(str(path), Subject(name=one_line(str(path), 255), local=True), error))
            continue
        reports = reports_of.setdefault((subject.name, subject.tag, subject.digest), [])
        if not reports:
            images.append((subject, reports))
        if any(report.platform.platform == other.platform.platform for other in reports):
            raise InputError(
                f"{what} is the second one about {one_line(str(subject), 200)} on {report.platform.platform}",
                hint="give one report for each platform; scan manifests that share one by their own digests",
            )
        reports.append(report)
    return [image if isinstance(image, Unusable) else _scan(*image, database, kinds) for image in images]


def _parsed(path: Path, what: str) -> Report:
    data = files.read(path, limit=LARGEST, what="the report")
    try:
        return parse_report(data, what)
    except InputError as exc:
        raise explained(data, what) or exc from exc


def read_database(path: Path) -> Database:
    """A database's `metadata.json`, or what `trivy version --format json` says. Raises `InputError`."""
    what = f"the database's description {one_line(str(path), 200)}"
    document: Any = strict_json.loads(files.read(path, limit=1 << 20, what="the database's description"), what)
    if isinstance(document, dict) and "VulnerabilityDB" in document:
        document = document["VulnerabilityDB"]
    return stamp(document)


def _scan(subject: Subject, reports: list[Report], database: Database | None, kinds: Iterable[Kind]) -> Scan | Unusable:
    """Fold the reports of an image into one scan; `Unusable` when they cannot have been made with `database`."""
    versions = sorted({report.version for report in reports})
    databases = [report.database for report in reports if report.database]
    if len(databases) == len(reports):
        database = min(databases, key=lambda each: each.updated_at)  # the oldest decides
    elif database:
        try:
            _check_times(reports, database)
        except InputError as exc:
            return Unusable(str(subject), subject, exc)
    if database:
        database = database.model_copy(update={"origin": DatabaseOrigin.NAMED})
    scanner = Scanner(version=one_line(", ".join(versions), 80) or "unknown", database=database)
    return merge_reports(reports, subject, scanner, {kind for report in reports for kind in report.kinds}.union(kinds))


def _check_times(reports: Iterable[Report], database: Database) -> None:
    """Raise `InputError` for a report that cannot have been made with a database that is younger than itself."""
    for report in reports:
        shown = one_line(report.artifact, 200)
        if report.created is None:
            raise InputError(
                f"the report about {shown} does not say when it was made, so it is unknown which database it used",
                hint="scan again: a report of Trivy 0.50 or later says so",
            )
        if report.created < database.updated_at - _DRIFT:
            raise InputError(
                f"the report about {shown} is of {report.created:%Y-%m-%d %H:%M} UTC, before the database that "
                f"--database names was made ({database.updated_at:%Y-%m-%d %H:%M} UTC)",
                hint="name the database that the report was made with, or scan again",
            )


def _subject(report: Report, what: str) -> Subject:
    """Name the image. What `trivy sbom` read is named by the image that the SBOM names, or else by its file.

    Raises `InputError` when the report names nothing, or is about something else.
    """
    if problem := other_artifact(report.artifact_type, what):
        raise problem
    metadata = report.metadata
    size = metadata.Size
    is_file = report.artifact_type in SBOM_TYPES or looks_like_path(report.artifact)
    typed = "" if is_file else report.artifact
    for pinned in metadata.RepoDigests or ():
        if match := _PINNED.fullmatch(pinned):
            name = _name(match["name"], what)
            return Subject(name=name.name, tag=_tag(metadata, typed), digest=match["digest"], size=size)
    if not report.artifact.strip():
        raise InputError(f"{what} does not name what was scanned")
    try:
        ref = ImageRef.parse(typed or _repo_tag(metadata))
    except GateError:
        return Subject(name=one_line(report.artifact, 255), local=True, size=size)
    return Subject(name=ref.name, tag=ref.tag, digest=ref.digest, size=size)


def _repo_tag(metadata: report_schema.ImageMetadata) -> str:
    """The only name of the image in a file; empty when there is none, or several."""
    names = metadata.RepoTags or ()
    return names[0] if len(names) == 1 else ""


def _name(text: str, what: str) -> ImageRef:
    try:
        return ImageRef.parse(text)
    except GateError as exc:
        raise InputError(f"{what} names no image: {exc.problem}") from exc


def _tag(metadata: report_schema.ImageMetadata, artifact: str) -> str | None:
    """The tag that was asked for, when the report tells one that can be read."""
    for text in (artifact, metadata.Reference, *(metadata.RepoTags or ())):
        try:
            ref = ImageRef.parse(text)
        except GateError:
            continue
        if ref.tag and f":{ref.tag}" in text:
            return ref.tag
    return None
