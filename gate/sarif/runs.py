"""One run for each image: what looked, at what, under which policy, and what of it is in the file."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

from gate import __version__
from gate.cores import beside
from gate.platforms import Manifests, labelled_gaps
from gate.sarif import limits
from gate.sarif.om import plain
from gate.sarif.places import Locator, Places
from gate.sarif.results import Results, in_order, numbers
from gate.sarif.rules import Rule, Rules
from gate.sarif.texts import message
from gate.strictjson import Piece, Written, elements, pieces
from gate.text import plural
from gate.verdict import Judged, NoticeKind, Verdict

_HOME = "https://docs.github.com/code-security/code-scanning"
_DESCRIPTION = 2_000
_MANY = 2_000
"""Results whose rules are worth a second core."""


@dataclass(frozen=True)
class Source:
    """What the image was built from, as far as it is known; `repository` is an https URL."""

    repository: str = ""
    revision: str = ""
    branch: str = ""


@dataclass(frozen=True)
class Budget:
    """How much a run may hold: `results` of them, and `words` characters of each description in the help."""

    results: int = limits.RESULTS
    words: int = _DESCRIPTION


Ready = Callable[[], list[Piece] | None]
"""Waits for the first rules that another process has made; None when it did not."""


def first_rules(verdict: Verdict) -> tuple[list[Piece], object]:
    """What `run` begins the rules with, if all goes well, for a process that makes them beside it; and what to keep."""
    rules, ruled = _ruled(verdict, Budget())
    return [*elements(rules.plain(_first(rules)))], (rules, ruled)


def _first(rules: Rules) -> slice:
    """Those that are made on another core: so many that neither waits long for the other."""
    return slice(0, len(rules) * 4 // 5)


def _ruled(verdict: Verdict, budget: Budget) -> tuple[Rules, list[tuple[Judged, Rule]]]:
    """The findings that are shown, each with its rule."""
    rules = Rules(verdict.findings, verdict.advisories, budget.words)
    return rules, [(one, rules.of(one)) for one in in_order(verdict.findings)[: budget.results]]


def run(  # noqa: PLR0913, PLR0917 what is told, and how much of it
    verdict: Verdict, category: str, budget: Budget, places: Places | None, source: Source, ready: Ready | None = None
) -> "Run":
    """Render one verdict. `ready` is of use only with the budget that there is at first."""
    from sarif_om._run import Run as SarifRun
    from sarif_om._run_automation_details import RunAutomationDetails
    from sarif_om._version_control_details import VersionControlDetails

    rules, ruled = _ruled(verdict, budget)
    results = Results(
        _called(verdict),
        verdict.advisories,
        Locator(verdict, places),
        numbers(verdict.findings),
        Manifests(verdict.platforms),
    )
    first = _first(rules)
    made: AbstractContextManager[Ready]
    made = nullcontext(ready) if ready else beside(lambda: elements(rules.plain(first)), worth=len(ruled) > _MANY)
    with made as described:
        written = Written([*elements(results.plain(one, rule) for one, rule in ruled)])
        rest = Written([*elements(rules.plain(slice(first.stop, None)))])
        begun = described()
    told = rest.after([*elements(rules.plain(first))] if begun is None else begun)
    cut = _cuts(verdict, len(ruled), budget)
    document: dict[str, Any] = plain(
        SarifRun(
            tool=_tool(told),
            automation_details=RunAutomationDetails(id=category),
            invocations=[_invocation(verdict, cut)],
            version_control_provenance=[
                VersionControlDetails(
                    repository_uri=source.repository,
                    revision_id=source.revision or None,
                    branch=source.branch or None,
                )
            ]
            if source.repository
            else None,
            column_kind="unicodeCodePoints",
            results=written,
            properties=_properties(verdict, cut),
        )
    )
    return Run(document, cut, len(ruled), (*written.pieces, *told.pieces), (results, rules, ruled))


def beginning() -> tuple[bytes, ...]:
    """What every run begins with, up to its first rule, in pieces."""
    from sarif_om._run import Run as SarifRun

    mark = memoryview(b"")
    made = pieces(plain(SarifRun(tool=_tool(Written([mark])), results=None)))
    return tuple(bytes(one) for one in takewhile(lambda piece: piece is not mark, made))


def _tool(rules: Written) -> Any:
    from sarif_om._tool import Tool
    from sarif_om._tool_component import ToolComponent

    version = __version__
    return Tool(
        driver=ToolComponent(
            name="gate",
            full_name=f"gate {version}",
            version=version,
            semantic_version=version,
            information_uri=_HOME,
            rules=rules,
        )
    )


@dataclass(frozen=True)
class Run:
    """A run as SARIF has it."""

    document: dict[str, Any]
    """Its results and rules are `Written`."""
    cut: tuple[str, ...]
    """What is not in it, in words."""
    results: int
    """How many."""
    pieces: tuple[Piece, ...]
    """The results and the rules."""
    kept: object
    """What it was made of: to take that apart, object by object, takes longer than to write the file."""


def _called(verdict: Verdict) -> str:
    subject = verdict.subject
    return subject.name + (f":{subject.tag}" if subject.tag else "")


def _cuts(verdict: Verdict, written: int, budget: Budget) -> tuple[str, ...]:
    """What of the findings GitHub will not show, in words; empty when it shows them all."""
    total = len(verdict.findings)
    image = message(_called(verdict), 300)
    told = []
    if written < total:
        told.append(
            f"{image}: the worst {written:,} of {plural(total, 'finding')} are in the SARIF file; {total - written:,} "
            f"are left out, because GitHub refuses a file with more than {limits.RESULTS:,} results in a run or of "
            f"more than {limits.PACKED // 1_000_000} MB packed. The verdict holds them all."
        )
    if written > limits.SHOWN:
        told.append(
            f"{image}: GitHub shows the worst {limits.SHOWN:,} of the {written:,} results. The verdict holds them all."
        )
    if budget.words < _DESCRIPTION and written:
        told.append(f"{image}: long descriptions are cut, to keep the SARIF file within what GitHub takes.")
    return tuple(told)


def _invocation(verdict: Verdict, cut: tuple[str, ...]) -> Any:
    from sarif_om._invocation import Invocation
    from sarif_om._message import Message
    from sarif_om._notification import Notification

    gaps = (f"{label}: {gap.message}" for label, gap in labelled_gaps(verdict.platforms))
    names = (notice.message for notice in verdict.notices if notice.kind is NoticeKind.NAME)
    told = [
        *(Notification(message=Message(text=words), level="note") for words in cut),
        *(Notification(message=Message(text=message(words, 1000) or "?"), level="warning") for words in gaps),
        *(Notification(message=Message(text=message(words, 1000) or "?"), level="note") for words in names),
    ]
    return Invocation(execution_successful=True, tool_execution_notifications=told or None)


def _properties(verdict: Verdict, cut: tuple[str, ...]) -> dict[str, Any]:
    """Which image was judged, by what. No time but the database's: the same scan gives the same bytes."""
    scanner, subject = verdict.scanner, verdict.subject
    found: dict[str, Any] = {
        "passed": verdict.passed,
        "image": message(str(subject), 700) or "?",
        "scanner": {"name": message(scanner.name, 100) or "?", "version": message(scanner.version, 100) or "?"},
        "policy": {"name": message(verdict.policy.name, 300) or "?", "sha256": verdict.policy.sha256},
        "platforms": [_platform(one.platform, one.digest) for one in verdict.platforms],
        "counts": {severity.value: count for severity, count in verdict.counts.items()},
        "findings": len(verdict.findings),
    }
    if subject.digest:
        found["digest"] = subject.digest
    if scanner.database:
        found["scanner"]["database"] = {
            "version": scanner.database.version,
            "updatedAt": _time(scanner.database.updated_at),
        }
    if verdict.reasons:
        found["reasons"] = [message(reason.message, 500) or reason.rule for reason in verdict.reasons]
    if cut:
        found["cut"] = list(cut)
    return found


def _platform(name: str, digest: str | None) -> dict[str, str]:
    shown = {"platform": message(name, 100) or "?"}
    return shown | ({"digest": digest} if digest else {})


def _time(moment: datetime) -> str:
    utc = moment if moment.tzinfo is None else moment.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%SZ")
