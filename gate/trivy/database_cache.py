"""Cache of vulnerability databases between runs: which of them may be used, and how a new one is added."""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from gate.errors import InputError, RegistryError
from gate.io import files, strict_json
from gate.io.progress import Progress
from gate.io.run_context import RunContext
from gate.model.findings import DatabaseOrigin
from gate.text import one_line
from gate.trivy import artifact
from gate.trivy.artifact import Archives, held_while_fetching
from gate.trivy.database_archive import JAVA, VULNERABILITIES, DatabaseKind, unpack
from gate.trivy.database_store import DatabaseStore, current, kept, kept_folders, open_store

_KEPT = 2  # another run may still be reading the one before

T = TypeVar("T")


class DatabaseCache:
    """The cache folder for databases.

    A run reads a database in `workdir`: files of a kept one are linked there, so that it stays when another run
    deletes the kept one.
    """

    def __init__(self, context: RunContext, workdir: Path, timeout: float, progress: Progress) -> None:
        """`timeout` bounds what is fetched from one registry, in seconds."""
        self._context = context
        self._home = context.cache / "trivy"
        self._workdir = workdir
        self._archives = Archives(self._home / "artifacts", context, timeout, progress)

    @property
    def _counts(self) -> bool:
        return not self._context.in_ci and files.is_private(self._home)

    def unpacked(self) -> DatabaseStore | None:
        """Return the newest database that an earlier run unpacked, where a cache may be used."""
        newest = kept(self._context) if self._counts else None
        return self._linked(newest) if newest else None

    def archived(self) -> DatabaseStore | None:
        """Unpack the newest archive that still has its digest; it is unknown whether a registry ever named it."""
        if not (self._counts or self._context.in_ci):
            return None
        for digest, path in self._archives.kept(VULNERABILITIES):
            with suppress(InputError):
                folder = self._new_folder()
                unpack(VULNERABILITIES, path, digest, folder / "db")
                return current(open_store(folder, DatabaseOrigin.UNCHECKED), self._context)
        return None

    def fetched(self, repositories: Sequence[str], before: DatabaseStore | None) -> DatabaseStore:
        """Fetch the current database of a repository, or return one that another run fetched since `before`.

        Raises `UsageError`, `InputError`, `RegistryError`, `ToolFailedError`.
        """
        self._prepare()
        if not self._counts:
            return first_of(VULNERABILITIES, repositories, self._fetched)
        with held_while_fetching(self._home / ".lock", self._archives):
            found = self.unpacked()
            if found and (before is None or found.kept != before.kept):  # another run was first
                return found
            return first_of(VULNERABILITIES, repositories, self._fetched)

    def _prepare(self) -> None:
        """Create the private cache folder; empty one that others could write to. Raises `InputError`."""
        shown = one_line(str(self._home), 200)
        with files.input_errors(f"{shown} cannot be used", "name another folder in GATE_CACHE_DIR"):
            self._home.mkdir(parents=True, mode=0o700, exist_ok=True)
            if not self._context.in_ci and files.is_own(self._home) and not files.is_private(self._home):
                for path in self._home.iterdir():
                    if path.is_dir() and not path.is_symlink():
                        shutil.rmtree(path)
                    else:
                        path.unlink()
                self._home.chmod(0o700)

    def _fetched(self, repository: str) -> DatabaseStore:
        folder = self._new_folder()
        digest = artifact.fetch(VULNERABILITIES, repository, self._archives, folder / "db")
        try:
            store = current(open_store(folder, DatabaseOrigin.CHECKED), self._context)
        except InputError as exc:
            raise RegistryError(exc.problem, hint=exc.hint) from exc
        stamped = store.database.model_copy(update={"downloaded_at": self._context.now})
        store = replace(store, database=stamped)
        return self._keep(store, repository, digest) if self._counts else store

    def _keep(self, store: DatabaseStore, repository: str, digest: str) -> DatabaseStore:
        """Cache a database for other runs, with a record of its source."""
        record = {
            "version": 1,
            "repository": repository,
            "archive": digest,
            "files": {name: f"sha256:{files.sha256(store.folder / 'db' / name)}" for name in VULNERABILITIES.files},
            "fetched_at": self._context.now.isoformat(),
        }
        files.write(store.folder / "record.json", strict_json.dumps(record))
        target = self._home / f"db-{store.database.updated_at:%Y%m%dT%H%M%S}-{store.folder.name[-8:]}"
        store.folder.rename(target)
        others = [folder for folder in kept_folders(self._home) if folder != target]
        for old in sorted(others, reverse=True)[_KEPT - 1 :]:
            shutil.rmtree(old, ignore_errors=True)
        return self._linked(replace(store, folder=target)) or store

    def _linked(self, store: DatabaseStore) -> DatabaseStore | None:
        """Link a cached database into a folder of this run; None when it was deleted meanwhile."""
        folder = self._new_folder()
        if not link_database(VULNERABILITIES, store.folder, folder):
            return None
        link_database(JAVA, store.folder, folder)
        return replace(store, folder=folder, kept=store.folder)

    def _new_folder(self) -> Path:
        self._workdir.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="database-", dir=self._workdir))


def first_of(kind: DatabaseKind, repositories: Sequence[str], attempt: Callable[[str], T]) -> T:
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


def link_database(kind: DatabaseKind, source: Path, target: Path) -> bool:
    """Link a database of one folder into another; false when it is not there (any more)."""
    folder = target / kind.name
    folder.mkdir(mode=0o700)
    try:
        for name in kind.files:
            files.link(source / kind.name / name, folder / name)
    except FileNotFoundError:
        shutil.rmtree(folder)
        return False
    return True
