"""The vulnerability database: where it comes from, how much of that is proven, and how old it is.

Nothing from a cache counts in CI unless its bytes were checked in this run: other jobs, also those of strangers' pull
requests, can write to the caches of a job. Outside of CI a folder counts that only this user can write to.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from gate.errors import InputError, RegistryError
from gate.io import files, strict_json
from gate.io.progress import Progress
from gate.io.run_context import World
from gate.model.findings import Database, DatabaseOrigin
from gate.text import one_line
from gate.trivy import artifact
from gate.trivy.artifact import Archives, held_while_fetching
from gate.trivy.database_archive import JAVA, VULNERABILITIES, Kind, unpack
from gate.trivy.db_buckets import buckets
from gate.trivy.db_metadata import stamp

# In the order in which they are asked; Trivy's own two, and the third place that its project publishes to.
REPOSITORIES = (
    "mirror.gcr.io/aquasec/trivy-db:2",
    "ghcr.io/aquasecurity/trivy-db:2",
    "public.ecr.aws/aquasecurity/trivy-db:2",
)
JAVA_REPOSITORIES = (
    "mirror.gcr.io/aquasec/trivy-java-db:1",
    "ghcr.io/aquasecurity/trivy-java-db:1",
    "public.ecr.aws/aquasecurity/trivy-java-db:1",
)
AHEAD = timedelta(hours=1)
"""How far a database's time may lie in the future: clocks differ."""
_KEPT = 2  # another run may still be reading the one before
_UNSIGNED = "nothing is signed under it"

T = TypeVar("T")


@dataclass(frozen=True)
class Source:
    """Where the database comes from: `folder` is a cache of Trivy's to take as it is; times in seconds."""

    offline: bool = False
    folder: Path | None = None
    repositories: tuple[str, ...] = REPOSITORIES
    java_repositories: tuple[str, ...] = JAVA_REPOSITORIES
    timeout: float = 300.0


@dataclass(frozen=True)
class Store:
    """A database ready to be read: `folder` holds `db/`; `unproven` says why nothing is signed under it, if so."""

    folder: Path
    database: Database
    buckets: frozenset[str]
    unproven: str = ""
    kept: Path | None = None
    """The folder of the cache whose files are linked in `folder`, if it is one."""


def ready(world: World, source: Source, workdir: Path, progress: Progress) -> Store:
    """The best database that can be had. Raises `UsageError`, `InputError`, `RegistryError`.

    `workdir` is a folder of this run alone. When no repository answers, a kept database is taken; its age decides (the
    policy's `max_database_age`), and nothing is signed under it.
    """
    if source.folder:
        return _open(source.folder, DatabaseOrigin.NAMED)
    cache = _Cache(world, workdir, source.timeout, progress)
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
    if found and not _is_due(found, world):
        return found
    progress.step("fetching the vulnerability database")
    try:
        return cache.fetched(source, found)
    except RegistryError as exc:
        if found := found or cache.archived():
            return _unproven(found, f"the database could not be renewed ({exc.problem}): {_UNSIGNED}")
        raise


def kept(world: World) -> Store | None:
    """The newest database that an earlier run left in gate's own folder, however old it is."""
    stores = []
    for folder in _folders(world.cache / "trivy"):
        with suppress(InputError):
            stores.append(_current(_open(folder, DatabaseOrigin.PRIVATE), world))
    return max(stores, key=lambda store: store.database.updated_at, default=None)


def java(world: World, store: Store, source: Source, progress: Progress) -> None:
    """Put the index of Java archives beside the database. Raises `UsageError`, `InputError`, `RegistryError`."""
    if source.offline or source.folder:
        raise InputError(
            "the image holds Java archives, and there is no index of them on this machine",
            hint="run once without --offline, or put Trivy's java-db folder beside its db folder",
        )
    progress.step("fetching the index of Java archives")
    home = world.cache / "trivy"
    archives = Archives(home / "artifacts", world, source.timeout, progress)

    def fetch(repository: str) -> str:
        return artifact.fetch(JAVA, repository, archives, store.folder / "java-db")

    if store.kept is None:
        _first(JAVA, source.java_repositories, fetch)
        return
    with held_while_fetching(home / ".lock", archives):
        _link(JAVA, store.kept, store.folder)
        if not (store.folder / "java-db").exists():  # no other run was first
            _first(JAVA, source.java_repositories, fetch)
            with suppress(OSError), tempfile.TemporaryDirectory(prefix=".java-", dir=store.kept) as name:
                _link(JAVA, store.folder, Path(name))
                (Path(name) / "java-db").rename(store.kept / "java-db")


class _Cache:
    """The folder of gate's own in which databases are kept.

    A run reads a database in `workdir`: files of a kept one are linked there, so that it stays when another run
    deletes the kept one.
    """

    def __init__(self, world: World, workdir: Path, timeout: float, progress: Progress) -> None:
        self._world = world
        self._home = world.cache / "trivy"
        self._workdir = workdir
        self._archives = Archives(self._home / "artifacts", world, timeout, progress)

    @property
    def _counts(self) -> bool:
        return not self._world.in_ci and files.is_private(self._home)

    def unpacked(self) -> Store | None:
        """The newest one that an earlier run unpacked, where that counts."""
        newest = kept(self._world) if self._counts else None
        return self._linked(newest) if newest else None

    def archived(self) -> Store | None:
        """The newest archive that still has its digest, unpacked: whether a registry ever named it is not known."""
        if not (self._counts or self._world.in_ci):
            return None
        for digest, path in self._archives.kept(VULNERABILITIES):
            with suppress(InputError):
                folder = self._new_folder()
                unpack(VULNERABILITIES, path, digest, folder / "db")
                return _current(_open(folder, DatabaseOrigin.UNCHECKED), self._world)
        return None

    def fetched(self, source: Source, before: Store | None) -> Store:
        """The one that a repository names now, or that another run fetched since `before` was found.

        Raises `UsageError`, `InputError`, `RegistryError`, `ToolFailedError`.
        """
        self._prepare()
        if not self._counts:
            return _first(VULNERABILITIES, source.repositories, self._fetched)
        with held_while_fetching(self._home / ".lock", self._archives):
            found = self.unpacked()
            if found and (before is None or found.kept != before.kept):  # another run was first
                return found
            return _first(VULNERABILITIES, source.repositories, self._fetched)

    def _prepare(self) -> None:
        """Make the folder, private; what is in one that others could write to is deleted. Raises `InputError`."""
        try:
            self._home.mkdir(parents=True, mode=0o700, exist_ok=True)
            if not self._world.in_ci and files.is_own(self._home) and not files.is_private(self._home):
                for path in self._home.iterdir():
                    if path.is_dir() and not path.is_symlink():
                        shutil.rmtree(path)
                    else:
                        path.unlink()
                self._home.chmod(0o700)
        except OSError as exc:
            raise InputError(
                f"{one_line(str(self._home), 200)} cannot be used: {exc.strerror}",
                hint="name another folder in GATE_CACHE_DIR",
            ) from exc

    def _fetched(self, repository: str) -> Store:
        folder = self._new_folder()
        digest = artifact.fetch(VULNERABILITIES, repository, self._archives, folder / "db")
        try:
            store = _current(_open(folder, DatabaseOrigin.CHECKED), self._world)
        except InputError as exc:
            raise RegistryError(exc.problem, hint=exc.hint) from exc
        stamped = store.database.model_copy(update={"downloaded_at": self._world.now})
        store = replace(store, database=stamped)
        return self._keep(store, repository, digest) if self._counts else store

    def _keep(self, store: Store, repository: str, digest: str) -> Store:
        """Keep it for other runs, with a record of where it is from."""
        record = {
            "version": 1,
            "repository": repository,
            "archive": digest,
            "files": {name: _digest(store.folder / "db" / name) for name in VULNERABILITIES.files},
            "fetched_at": self._world.now.isoformat(),
        }
        files.write(store.folder / "record.json", strict_json.dumps(record))
        target = self._home / f"db-{store.database.updated_at:%Y%m%dT%H%M%S}-{store.folder.name[-8:]}"
        store.folder.rename(target)
        others = [folder for folder in _folders(self._home) if folder != target]
        for old in sorted(others, reverse=True)[_KEPT - 1 :]:
            shutil.rmtree(old, ignore_errors=True)
        return self._linked(replace(store, folder=target)) or store

    def _linked(self, store: Store) -> Store | None:
        """The kept database, linked into a folder of this run; None when it was deleted meanwhile."""
        folder = self._new_folder()
        if not _link(VULNERABILITIES, store.folder, folder):
            return None
        _link(JAVA, store.folder, folder)
        return replace(store, folder=folder, kept=store.folder)

    def _new_folder(self) -> Path:
        self._workdir.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="database-", dir=self._workdir))


def _first(kind: Kind, repositories: Sequence[str], attempt: Callable[[str], T]) -> T:
    """Ask one repository after the other. Raises `UsageError`, `InputError`, and `RegistryError` when none has it."""
    problems = []
    for repository in repositories:
        try:
            return attempt(repository)
        except RegistryError as exc:
            problems.append(f"{one_line(repository, 200)}: {exc.problem}")
    what = "index of Java archives" if kind is JAVA else "vulnerability database"
    option = f"--{kind.name}-repository"
    raise RegistryError(
        f"the {what} cannot be fetched: " + "; ".join(problems),
        hint=f"try again later, name a mirror with {option}, or bring a folder with --offline --trivy-cache",
    )


def _link(kind: Kind, source: Path, target: Path) -> bool:
    """Link a database of one folder into another; false when it is not there (any more)."""
    from gate.registry.blobs import link

    folder = target / kind.name
    folder.mkdir(mode=0o700)
    try:
        for name in kind.files:
            link(source / kind.name / name, folder / name)
    except FileNotFoundError:
        shutil.rmtree(folder)
        return False
    return True


def _is_due(store: Store, world: World) -> bool:
    due = store.database.next_update
    return due is None or world.now >= due


def _unproven(store: Store, why: str) -> Store:
    unchecked = store.database.model_copy(update={"origin": DatabaseOrigin.UNCHECKED})
    return replace(store, database=unchecked, unproven=one_line(why, 600))


def _folders(home: Path) -> list[Path]:
    return [folder for folder in home.glob("db-*") if folder.is_dir() and files.is_private(folder)]


def _current(store: Store, world: World) -> Store:
    """The store, unless its date is yet to come. Raises `InputError`."""
    if store.database.updated_at > world.now + AHEAD:
        raise InputError(
            f"the vulnerability database is of {store.database.updated_at:%Y-%m-%d %H:%M} UTC, which is yet to come",
            hint="check the clock of this machine, and where the database is from",
        )
    return store


def _open(folder: Path, origin: DatabaseOrigin) -> Store:
    where = folder / "db"
    raw = files.read(where / "metadata.json", limit=1 << 16, what="the database's")
    metadata = strict_json.loads(raw, "the database's metadata.json")
    database = stamp(metadata).model_copy(update={"origin": origin})
    return Store(folder.absolute(), database, buckets(where / "trivy.db"))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
