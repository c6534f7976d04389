"""Options and commands of Trivy, Grype and cosign that gate does not have, and ours instead.

They are listed in `unsupported_options.json`.
"""

from pathlib import Path
from typing import Any

from gate.errors import UsageError
from gate.io import files, strict_json

_FILE = Path(__file__).with_name("unsupported_options.json")
_LARGEST = 1 << 16


def foreign_option(name: str) -> UsageError | None:
    """Return the error that names what gate has instead of an option; None for an option that is not in the table."""
    row = _row("option", name)
    return UsageError(f"{name} is an option of {row['tool']}, not of gate", hint=row["instead"]) if row else None


def foreign_command(name: str) -> UsageError | None:
    """Return the error that names what gate has instead of a command; None for a command that is not in the table."""
    row = _row("command", name)
    return UsageError(f"{name} is a command of {row['tool']}, not of gate", hint=row["instead"]) if row else None


def _row(kind: str, name: str) -> Any:
    rows = strict_json.loads(files.read(_FILE, limit=_LARGEST, what="the table of options"), _FILE.name)
    return next((row for row in rows if row.get(kind) == name), None)
