"""Validate a SARIF file by the schema of OASIS, as upload-sarif does before it sends a file."""

from typing import Any

from gate.io.schema import violations
from gate.output.sarif.problems import Problem

WHOLE = 10_000_000
"""Bytes of JSON up to which every element is validated; of a larger file one of each shape."""
_UPLOAD = "https://github.com/github/codeql-action/blob/main/src/upload-lib.ts"


def schema_problems(log: dict[str, Any], size: int) -> list[Problem]:
    """Find where a file of `size` bytes breaks the schema. Formats are left out, of which upload-sarif only warns."""
    found = violations(log, "sarif-2.1.0.json", whole=size <= WHOLE)
    do = "upload-sarif refuses a file that breaks the schema of SARIF 2.1.0."
    return [Problem("refused", violation.where, f"{violation.message}. {do}", _UPLOAD) for violation in found]
