"""What `gate doctor` says: a row for each question, its answer, and what mends it. Every text is safe to show."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from gate.errors import ExitCode
from gate.model.image import Frozen


class CheckState(StrEnum):
    """What is known; `UNKNOWN` is never `OK`."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"
    UNKNOWN = "could not tell"


@dataclass(frozen=True)
class DiagnosisRow:
    """One question."""

    check: str
    """What was looked at: `tools`, `token`."""
    state: CheckState
    said: str
    mend: str = ""


@dataclass(frozen=True)
class Cause:
    """An error that is known, as it was met in a log."""

    id: str
    line: int
    """Of the log, from 1: the first that has it."""
    lines: int
    """How many have it."""
    text: str
    """In the words of the tool."""
    cause: str
    mend: str


class Diagnosis(Frozen):
    """What `gate doctor --json` writes: answers, or causes when it was given a log."""

    schema_version: Literal[1] = 1
    rows: tuple[DiagnosisRow, ...] = ()
    troubles: tuple[Cause, ...] = ()


def code(rows: Iterable[DiagnosisRow]) -> ExitCode:
    """3 when anything is broken, else 6 when anything is unknown, else 0."""
    states = {row.state for row in rows}
    if CheckState.BROKEN in states:
        return ExitCode.INPUT
    return ExitCode.REGISTRY if CheckState.UNKNOWN in states else ExitCode.PASSED
