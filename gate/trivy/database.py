"""Provide the vulnerability database: from the cache or a registry, with its origin and age.

In CI a cached database is used only when its bytes were checked in this run: other jobs, also those of pull requests
from forks, can write to the caches of a job. Outside of CI a folder is used that only this user can write to.
"""

import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from gate.errors import InputError, RegistryError
from gate.io import verbose
from gate.io.progress import Progress
from gate.io.run_context import RunContext
from gate.model.findings import DatabaseOrigin
from gate.text import one_line
from gate.trivy import artifact
from gate.trivy.artifact import Archives, held_while_fetching
from gate.trivy.database_archive import JAVA
from gate.trivy.database_cache import DatabaseCache, first_of, link_database
from gate.trivy.database_store import DatabaseStore, open_store

# In the order in which they are tried: Trivy's own two, and the third place that its project publishes to.
_REGISTRIES = ("mirror.gcr.io/aquasec", "ghcr.io/aquasecurity", "public.ecr.aws/aquasecurity")
REPOSITORIES = tuple(f"{registry}/trivy-db:2" for registry in _REGISTRIES)
JAVA_REPOSITORIES = tuple(f"{registry}/trivy-java-db:1" for registry in _REGISTRIES)
_UNSIGNED = "nothing is signed under it"


@dataclass(frozen=True)
class DatabaseSource:
    """Where the database comes from: `folder` is a Trivy cache directory that is not updated; times in seconds."""

    offline: bool = False
    folder: Path | None = None
    repositories: tuple[str, ...] = REPOSITORIES
    java_repositories: tuple[str, ...] = JAVA_REPOSITORIES
    timeout: float = 300.0


def ready(context: RunContext, source: DatabaseSource, workdir: Path, progress: Progress) -> DatabaseStore:
    """Return the best available database. Raises `UsageError`, `InputError`, `RegistryError`.

    `workdir` is a folder of this run alone. When no repository answers, a cached database is used; the policy's
    `max_database_age` limits its age, and nothing is signed with it.
    """
    if source.folder:
        return open_store(source.folder, DatabaseOrigin.NAMED)
    cache = DatabaseCache(context, workdir, source.timeout, progress)
    found = cache.unpacked()
    if source.offline:
        if found := found or cache.archived():
            return _unproven(
                found, f"the database was not checked, because nothing is fetched (--offline): {_UNSIGNED}"
            )
        raise InputError(
            "there is no vulnerability database on this machine",
            hint="run once without --offline, or name a folder with --trivy-cache",
        )
    if found and not _is_due(found, context):
        verbose.from_cache("vulnerability database", found.kept or found.folder)
        return found
    progress.step("fetching the vulnerability database")
    try:
        return cache.fetched(source.repositories, found)
    except RegistryError as exc:
        if found := found or cache.archived():
            return _unproven(found, f"the database could not be renewed ({exc.problem}): {_UNSIGNED}")
        raise


def java(context: RunContext, store: DatabaseStore, source: DatabaseSource, progress: Progress) -> None:
    """Add Trivy's Java index to the folder of the database. Raises `UsageError`, `InputError`, `RegistryError`."""
    if source.offline or source.folder:
        raise InputError(
            "the image holds Java archives, and there is no index of them on this machine",
            hint="run once without --offline, or put Trivy's java-db folder next to its db folder",
        )
    progress.step("fetching the index of Java archives")
    home = context.cache / "trivy"
    archives = Archives(home / "artifacts", context, source.timeout, progress)

    def fetch(repository: str) -> str:
        return artifact.fetch(JAVA, repository, archives, store.folder / "java-db")

    if store.kept is None:
        first_of(JAVA, source.java_repositories, fetch)
        return
    with held_while_fetching(home / ".lock", archives):
        link_database(JAVA, store.kept, store.folder)
        if not (store.folder / "java-db").exists():  # no other run was first
            first_of(JAVA, source.java_repositories, fetch)
            with suppress(OSError), tempfile.TemporaryDirectory(prefix=".java-", dir=store.kept) as name:
                link_database(JAVA, store.folder, Path(name))
                (Path(name) / "java-db").rename(store.kept / "java-db")


def _is_due(store: DatabaseStore, context: RunContext) -> bool:
    due = store.database.next_update
    return due is None or context.now >= due


def _unproven(store: DatabaseStore, why: str) -> DatabaseStore:
    unchecked = store.database.model_copy(update={"origin": DatabaseOrigin.UNCHECKED})
    return replace(store, database=unchecked, unproven=one_line(why, 600))
