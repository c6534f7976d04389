"""Read version and age of a vulnerability database from its `metadata.json`."""

from datetime import UTC, datetime, timedelta
from typing import Any

from gate.errors import InputError
from gate.model.findings import Database

SCHEMA = 2
_LASTS = timedelta(days=1)
"""After this a database is due for renewal, whatever it says itself; a new one is published several times a day."""


def stamp(document: Any) -> Database:
    """Read `metadata.json`. Raises `InputError` for another version or an unknown age."""
    if document is None:
        raise InputError(
            "Trivy has no vulnerability database there", hint="fetch one first: trivy image --download-db-only"
        )
    if not isinstance(document, dict) or document.get("Version") != SCHEMA:
        raise InputError(
            "the vulnerability database is of another version than Trivy reads",
            hint=f"fetch it again; today's is version {SCHEMA}",
        )
    updated = _time(document.get("UpdatedAt"))
    if updated is None:
        raise InputError("the vulnerability database does not say how old it is", hint="fetch it again")
    due = _time(document.get("NextUpdate"))
    return Database(
        version=SCHEMA,
        updated_at=updated,
        next_update=min(due, updated + _LASTS) if due else None,
        downloaded_at=_time(document.get("DownloadedAt")),
    )


def _time(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year > 1 else None  # Go's zero time
