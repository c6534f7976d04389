"""The SARIF run of an image: scanner, image, policy, rules, results, and what GitHub's limits cut."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sarif_om import Invocation, Notification, ToolComponent, VersionControlDetails
from sarif_om import Run as SarifRun

from gate import __version__
from gate.model.location import SourceLocator
from gate.model.platforms import Manifests, labelled_gaps
from gate.model.verdict import NoticeKind, Verdict
from gate.output.sarif import limits
from gate.output.sarif.locations import Locator
from gate.output.sarif.results import Results, in_order
from gate.output.sarif.rules import Rules
from gate.output.sarif.serialize import sarif
from gate.output.sarif.texts import message
from gate.text import plural

_HOME = "https://docs.github.com/code-security/code-scanning"
_DESCRIPTION = 2_000


@dataclass(frozen=True)
class Source:
    """The source that the image was built from; fields are empty when unknown. `repository` is an https URL."""

    repository: str = ""
    revision: str = ""
    branch: str = ""


@dataclass(frozen=True)
class Budget:
    """Limits of a run: how many results, and how many characters of each description in the help."""

    results: int = limits.RESULTS
    description: int = _DESCRIPTION


def run(verdict: Verdict, category: str, budget: Budget, places: SourceLocator | None, source: Source) -> "Run":
    """Render one verdict."""
    shown = in_order(verdict.findings)[: budget.results]
    rules = Rules(verdict.findings, verdict.advisories, budget.description)
    ruled = [(entry, rules.of(entry.judged)) for entry in shown]
    results = Results(
        _image_name(verdict),
        verdict.advisories,
        Locator(verdict, places),
        Manifests(verdict.platforms),
    )
    cut = _cuts(verdict, len(ruled), budget)
    document = sarif(
        SarifRun,
        tool={"driver": _driver(rules.plain())},
        automation_details={"id": category},
        column_kind="unicodeCodePoints",
        invocations=[_invocation(verdict, cut)],
        properties=_properties(verdict, cut),
        results=[results.plain(entry, rule) for entry, rule in ruled],
        version_control_provenance=[_provenance(source)] if source.repository else None,
    )
    return Run(document, cut, len(ruled))


def _driver(rules: list[dict[str, Any]]) -> dict[str, Any]:
    return sarif(
        ToolComponent,
        name="gate",
        full_name=f"gate {__version__}",
        information_uri=_HOME,
        rules=rules,
        semantic_version=__version__,
        version=__version__,
    )


def _provenance(source: Source) -> dict[str, Any]:
    return sarif(
        VersionControlDetails,
        repository_uri=source.repository,
        revision_id=source.revision or None,
        branch=source.branch or None,
    )


@dataclass(frozen=True)
class Run:
    """A rendered run."""

    document: dict[str, Any]
    cut: tuple[str, ...]
    """Messages on what is not in it, or not shown by GitHub."""
    results: int
    """The number of results in it."""


def _image_name(verdict: Verdict) -> str:
    subject = verdict.subject
    return subject.name + (f":{subject.tag}" if subject.tag else "")


def _cuts(verdict: Verdict, written: int, budget: Budget) -> tuple[str, ...]:
    """Messages on the findings that GitHub will not show; empty when it shows all."""
    total = len(verdict.findings)
    image = message(_image_name(verdict), 300)
    messages = []
    if written < total:
        messages.append(
            f"{image}: the worst {written:,} of {plural(total, 'finding')} are in the SARIF file; {total - written:,} "
            f"are left out, because GitHub refuses a file with more than {limits.RESULTS:,} results in a run or of "
            f"more than {limits.PACKED // 1_000_000} MB packed. The verdict holds them all."
        )
    if written > limits.SHOWN:
        messages.append(
            f"{image}: GitHub shows the worst {limits.SHOWN:,} of the {written:,} results. The verdict holds them all."
        )
    if budget.description < _DESCRIPTION and written:
        messages.append(f"{image}: long descriptions are cut, to keep the SARIF file within what GitHub takes.")
    return tuple(messages)


def _invocation(verdict: Verdict, cut: tuple[str, ...]) -> dict[str, Any]:
    gaps = (f"{label}: {gap.message}" for label, gap in labelled_gaps(verdict.platforms))
    names = (notice.message for notice in verdict.notices if notice.kind is NoticeKind.NAME)
    notifications = [
        *(_notification(text, "note") for text in cut),
        *(_notification(message(text, 1000) or "?", "warning") for text in gaps),
        *(_notification(message(text, 1000) or "?", "note") for text in names),
    ]
    return sarif(Invocation, execution_successful=True, tool_execution_notifications=notifications or None)


def _notification(text: str, level: str) -> dict[str, Any]:
    return sarif(Notification, message={"text": text}, level=level)


def _properties(verdict: Verdict, cut: tuple[str, ...]) -> dict[str, Any]:
    """Image, scanner and policy. The only time is that of the database: the same scan gives the same bytes."""
    scanner, subject = verdict.scanner, verdict.subject
    properties: dict[str, Any] = {
        "passed": verdict.passed,
        "image": message(str(subject), 700) or "?",
        "scanner": {"name": message(scanner.name, 100) or "?", "version": message(scanner.version, 100) or "?"},
        "policy": {"name": message(verdict.policy.name, 300) or "?", "sha256": verdict.policy.sha256},
        "platforms": [_platform(image.platform, image.digest) for image in verdict.platforms],
        "counts": {severity.value: count for severity, count in verdict.counts.items()},
        "findings": len(verdict.findings),
    }
    if subject.digest:
        properties["digest"] = subject.digest
    if scanner.database:
        properties["scanner"]["database"] = {
            "version": scanner.database.version,
            "updatedAt": _time(scanner.database.updated_at),
        }
    if verdict.reasons:
        properties["reasons"] = [message(reason.message, 500) or reason.rule for reason in verdict.reasons]
    if cut:
        properties["cut"] = list(cut)
    return properties


def _platform(name: str, digest: str | None) -> dict[str, str]:
    shown = {"platform": message(name, 100) or "?"}
    return shown | ({"digest": digest} if digest else {})


def _time(moment: datetime) -> str:
    utc = moment if moment.tzinfo is None else moment.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%SZ")
