"""Open a vulnerability database on disk, read its version and age, and find those that earlier runs left."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gate.errors import InputError
from gate.io import files, strict_json
from gate.io.run_context import RunContext
from gate.model.findings import Database, DatabaseOrigin
from gate.trivy.db_buckets import buckets

SCHEMA = 2
_LASTS = timedelta(days=1)
"""After this a database is due for renewal, whatever it says itself; a new one is published several times a day."""
AHEAD = timedelta(hours=1)
"""How far a database's time may lie in the future: clocks differ."""


@dataclass(frozen=True)
class DatabaseStore:
    """A database ready for use: `folder` holds `db/`; `unproven` says why nothing is signed with it, if so."""

    folder: Path
    database: Database
    buckets: frozenset[str]
    unproven: str = ""
    kept: Path | None = None
    """The folder of the cache whose files are linked in `folder`, if it is one."""


def kept(context: RunContext) -> DatabaseStore | None:
    """Return the newest database that an earlier run left in gate's cache, however old it is."""
    stores = []
    for folder in kept_folders(context.cache / "trivy"):
        with suppress(InputError):
            stores.append(current(open_store(folder, DatabaseOrigin.PRIVATE), context))
    return max(stores, key=lambda store: store.database.updated_at, default=None)


def kept_folders(home: Path) -> list[Path]:
    """List the cached databases that only this user can write to."""
    return [folder for folder in home.glob("db-*") if folder.is_dir() and files.is_private(folder)]


def current(store: DatabaseStore, context: RunContext) -> DatabaseStore:
    """Return the store. Raises `InputError` when its date is in the future."""
    if store.database.updated_at > context.now + AHEAD:
        raise InputError(
            f"the vulnerability database is of {store.database.updated_at:%Y-%m-%d %H:%M} UTC, which is yet to come",
            hint="check the clock of this machine, and where the database is from",
        )
    return store


def open_store(folder: Path, origin: DatabaseOrigin) -> DatabaseStore:
    """Open the database in `folder`. Raises `InputError`."""
    where = folder / "db"
    raw = files.read(where / "metadata.json", limit=1 << 16, what="the database's")
    metadata = strict_json.loads(raw, "the database's metadata.json")
    database = stamp(metadata).model_copy(update={"origin": origin})
    return DatabaseStore(folder.absolute(), database, buckets(where / "trivy.db"))


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
