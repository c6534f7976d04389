"""Hold a SARIF file against the schema of OASIS, as upload-sarif does before it sends a file."""

from typing import Any

from gate.sarif.problems import Problem
from gate.sarif.reading import at, objects
from gate.schema import violations

WHOLE = 10_000_000
"""Bytes of JSON up to which every element is validated; of a larger file one of each shape."""
MANY = 1_000
"""Rules, or artifacts, of a run up to which each is compared with every other: the schema wants them to differ."""
_UPLOAD = "https://github.com/github/codeql-action/blob/main/src/upload-lib.ts"


def schema_problems(log: dict[str, Any], size: int) -> list[Problem]:
    """Find where a file of `size` bytes breaks the schema. Formats are left out, of which upload-sarif only warns."""
    found = violations(log, "sarif-2.1.0.json", whole=size <= WHOLE and not _has_many(log))
    do = "upload-sarif refuses a file that breaks the schema of SARIF 2.1.0."
    return [Problem("refused", one.where, f"{one.message}. {do}", _UPLOAD) for one in found]


def _has_many(log: dict[str, Any]) -> bool:
    """Whether a run has a list so long that to compare its elements takes minutes."""
    lists = [
        part
        for run in objects(log, "runs")
        for part in (at(run, "tool", "driver", "rules"), run.get("artifacts"))
        if isinstance(part, list)
    ]
    return any(len(part) > MANY for part in lists)
