"""Results of `gate doctor`. Every text is safe to show."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from gate.errors import ExitCode
from gate.model.image import Frozen


class CheckState(StrEnum):
    """Result of a check."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class DiagnosisRow:
    """One check of `gate doctor`."""

    check: str
    """What was checked, such as `tools` or `token`."""
    state: CheckState
    message: str
    """The result in words."""
    fix: str = ""
    """What to do about it; empty when nothing is needed."""


@dataclass(frozen=True)
class Cause:
    """A known error that was found in a log."""

    id: str
    line: int
    """Number of the first line of the log with this error, from 1."""
    lines: int
    """Number of lines with this error."""
    text: str
    """The message of the tool."""
    cause: str
    fix: str
    """What to do about it."""


class Diagnosis(Frozen):
    """The file of `gate doctor --json`: the checks, or with `--from-log` the known errors in the log."""

    schema_version: Literal[1] = 1
    rows: tuple[DiagnosisRow, ...] = ()
    causes: tuple[Cause, ...] = ()


def code(rows: Iterable[DiagnosisRow]) -> ExitCode:
    """Exit code: 3 when a check is broken, else 6 when one is unknown, else 0."""
    states = {row.state for row in rows}
    if CheckState.BROKEN in states:
        return ExitCode.INPUT
    return ExitCode.REGISTRY if CheckState.UNKNOWN in states else ExitCode.PASSED
