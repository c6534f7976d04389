"""Settings of another tool in the terms of gate.yaml."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

SEVERITIES = ("critical", "high", "medium", "low", "unknown")
"""From the worst."""


@dataclass(frozen=True)
class ImportedException:
    """An ignored finding; owner and perhaps reason have to be filled in."""

    id: str
    package: str = ""
    path: str = ""
    reason: str = ""
    expires: date | None = None
    """The last day; None when the file gives no end."""


@dataclass
class ImportedSettings:
    """What a file means."""

    fail_on: dict[str, object] = field(default_factory=dict)
    """Keys of `fail_on`."""
    platforms: list[str] = field(default_factory=list)
    vex: list[str] = field(default_factory=list)
    exceptions: list[ImportedException] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    """What is not carried over, with the reason."""


def threshold(names: Sequence[str]) -> str | None:
    """The severity from which all worse ones are listed; None when the list does not run down from critical."""
    listed = {name.strip().lower() for name in names}
    count = len(listed)
    return SEVERITIES[count - 1] if listed and listed == set(SEVERITIES[:count]) else None


def words(value: object) -> list[str]:
    """The words of a list, or of a text with commas."""
    if isinstance(value, str):
        return [word.strip() for word in value.split(",") if word.strip()]
    return [str(word) for word in value] if isinstance(value, list) else []


def leaves(value: object, path: str = "") -> dict[str, object]:
    """The values of nested mappings by dotted key."""
    if not isinstance(value, Mapping):
        return {path: value}
    return {
        key: inner for name, part in value.items() for key, inner in leaves(part, f"{path}.{name}".strip(".")).items()
    }
