"""The vulnerability database: found, renewed through Trivy, and its age known before anything is believed."""

import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gate import files, strictjson
from gate.errors import GateError, InputError, RegistryError, ToolFailedError
from gate.findings import Database
from gate.progress import Progress
from gate.trivy import program
from gate.trivy.buckets import buckets
from gate.trivy.stamp import stamp
from gate.world import World

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
_LARGEST = 8 << 30
"""Bytes that a fetch may write: the database and the index of Java archives unpack to one or two GiB each."""
_KEPT = 2  # another run may still be reading the one before


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
    """A database ready to be read: `folder` holds `db/`; `stale` says why it could not be renewed, if so."""

    folder: Path
    database: Database
    buckets: frozenset[str]
    stale: str = ""


def ready(world: World, source: Source, progress: Progress) -> Store:
    """The best database that can be had. Raises `InputError`, `RegistryError`, `ToolFailedError`.

    One that is due for renewal is renewed; when no repository answers, the last good one is taken and its age
    decides (the policy's `max_database_age`).
    """
    if source.folder:
        return _open(source.folder)
    home = world.cache / "trivy"
    best = _best([*_kept(home), _users_own(world)])
    due = best is None or best.database.next_update is None or world.now >= best.database.next_update
    if not due and best:
        return best
    if source.offline:
        if best:
            return best
        raise InputError(
            "there is no vulnerability database on this machine",
            hint="run once without --offline, or name a folder with --trivy-cache",
        )
    progress.step("fetching the vulnerability database")
    try:
        return _fetch(world, home, source)
    except GateError as exc:
        if best is None:
            raise
        return Store(best.folder, best.database, best.buckets, stale=exc.problem)


def java(world: World, store: Store, source: Source, progress: Progress) -> None:
    """Put the index of Java archives beside the database. Raises `InputError`, `RegistryError`, `ToolFailedError`."""
    if source.offline or source.folder:
        raise InputError(
            "the image holds Java archives, and there is no index of them on this machine",
            hint="run once without --offline, or put Trivy's java-db folder beside its db folder",
        )
    progress.step("fetching the index of Java archives")
    with tempfile.TemporaryDirectory(prefix=".java-", dir=store.folder) as name:
        new = Path(name)
        _download(world, new, source, java=True)
        with suppress(FileExistsError, OSError):  # another run was first: its index is as good
            (new / "cache" / "java-db").rename(store.folder / "java-db")


def _fetch(world: World, home: Path, source: Source) -> Store:
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=home) as name:
        new = Path(name)
        _download(world, new, source)
        fresh = _open(new / "cache")
        target = home / f"db-{fresh.database.updated_at:%Y%m%dT%H%M%S}-{new.name[-6:]}"
        (new / "cache").rename(target)
    for old in sorted(_folders(home), reverse=True)[_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
    return Store(target, fresh.database, fresh.buckets)


def _download(world: World, room: Path, source: Source, *, java: bool = False) -> None:
    """Ask one repository after the other: Trivy itself goes on to the next only after some errors."""
    kind = "java-db" if java else "db"
    said = []
    for repository in source.java_repositories if java else source.repositories:
        args = ["image", f"--download-{kind}-only", f"--{kind}-repository", repository]
        args += ["--cache-dir", str(room / "cache"), "--quiet", "--disable-telemetry", "--skip-version-check"]
        try:
            program.run(
                [program.command(world, room, args, timeout=source.timeout, network=True, disk_limit=_LARGEST)], jobs=1
            )
        except ToolFailedError as exc:
            said.append(f"{repository}: {exc.problem}")
        else:
            return
    what = "index of Java archives" if java else "vulnerability database"
    raise RegistryError(
        f"the {what} cannot be fetched: " + "; ".join(said),
        hint=f"try again later, name a mirror with --{kind}-repository, or bring a folder with --offline --trivy-cache",
    )


def _best(stores: Iterable[Store | None]) -> Store | None:
    return max((store for store in stores if store), key=lambda store: store.database.updated_at, default=None)


def _kept(home: Path) -> list[Store | None]:
    return [_try(folder) for folder in _folders(home)]


def _folders(home: Path) -> list[Path]:
    return [folder for folder in home.glob("db-*") if folder.is_dir()]


def _users_own(world: World) -> Store | None:
    """The cache of the Trivy that the user runs by hand."""
    home = Path(world.env.get("HOME", "/nonexistent"))
    base = world.env.get("XDG_CACHE_HOME", "")
    return _try((Path(base) if base.startswith("/") else home / ".cache") / "trivy")


def _try(folder: Path) -> Store | None:
    """A database that cannot be read is none: a better one is looked for."""
    try:
        return _open(folder)
    except InputError:
        return None


def _open(folder: Path) -> Store:
    where = folder / "db"
    raw = files.read(where / "metadata.json", limit=1 << 16, what="the database's")
    metadata = strictjson.loads(raw, "the database's metadata.json")
    return Store(folder.absolute(), stamp(metadata), buckets(where / "trivy.db"))
