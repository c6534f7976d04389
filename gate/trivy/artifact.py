"""Pull Trivy's databases from registries: OCI artifacts with one compressed tar, kept by digest and unpacked here.

Every byte is checked against the digest that the registry names in this run. The archive is kept under that digest, so
that it need not be pulled again, and is checked again whenever it is unpacked.
"""

import hashlib
import tempfile
from collections.abc import Iterable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gate.errors import InputError, RegistryError
from gate.io import files
from gate.io.locks import held
from gate.io.progress import Progress, Silent
from gate.io.run_context import RunContext
from gate.model.image import ImageRef, Layer, is_digest
from gate.registry.documents import validated
from gate.registry.errors import AlteredError
from gate.registry.manifests import Descriptor, Manifest
from gate.text import one_line
from gate.trivy.database_archive import DatabaseKind, unpack

if TYPE_CHECKING:
    from gate.registry.client import Repository

_KEPT = 2  # another run may still be unpacking the one before
_IDLE = 60.0  # seconds
_PAUSE = 0.2  # seconds before the first retry: there are other repositories to ask
_SUFFIX = ".tar.gz"
_PLACES = 3  # registries that a run tries by default


@dataclass(frozen=True)
class Archives:
    """The folder in which archives are kept, each named by its kind and the digest of its content.

    `timeout` bounds what is fetched from one registry, in seconds. `progress` reports waiting for another run.
    """

    folder: Path
    context: RunContext
    timeout: float
    progress: Progress = field(default_factory=Silent)

    def path(self, kind: DatabaseKind, digest: str) -> Path:
        """Where the archive with that digest is, or would be."""
        return self.folder / f"{kind.name}-{digest.removeprefix('sha256:')}{_SUFFIX}"

    def kept(self, kind: DatabaseKind) -> list[tuple[str, Path]]:
        """Digest and place of every archive of this kind, the newest first; its content is not checked yet."""
        archives = []
        with suppress(OSError):
            for path in self.folder.glob(f"{kind.name}-*{_SUFFIX}"):
                digest = f"sha256:{path.name.removeprefix(f'{kind.name}-').removesuffix(_SUFFIX)}"
                if is_digest(digest) and path.is_file() and not path.is_symlink():
                    archives.append((path.stat().st_mtime, digest, path))
        return [(digest, path) for _, digest, path in sorted(archives, reverse=True)]

    def tidy(self, kind: DatabaseKind) -> None:
        """Delete all but the newest archives of this kind."""
        for _, path in self.kept(kind)[_KEPT:]:
            path.unlink(missing_ok=True)


def fetch(kind: DatabaseKind, repository: str, archives: Archives, target: Path) -> str:
    """Unpack the database that `repository` names now into the new folder `target`; gives the archive's digest.

    A kept archive is taken when its content has that digest. Raises `UsageError`, `InputError`, `RegistryError`.
    """
    from gate.io.http_client import Http
    from gate.registry.client import Repository
    from gate.registry.session import Session

    run = archives.context.deadline
    with Http(archives.context.env, idle=_IDLE, deadline=archives.timeout, run=run, pause=_PAUSE) as http:
        ref = _reference(repository, kind)
        # Anonymously: a login of the person's has nothing to do with a public database.
        source = Repository(ref, Session(ref, http, None, plain_http=False))
        layer = _layer(source, kind)
        target.parent.mkdir(parents=True, exist_ok=True)
        mine, damaged = target.with_name(f"{target.name}{_SUFFIX}"), 0
        while not target.exists():
            file, is_new = _take(source, layer, kind, archives, mine, damaged)
            try:
                unpack(kind, mine, layer.digest, target)
            except InputError as exc:
                if is_new or damaged:
                    raise RegistryError(exc.problem, hint=exc.hint) from exc
                damaged = file
    mine.unlink()
    return layer.digest


def held_while_fetching(lock: Path, archives: Archives) -> AbstractContextManager[None]:
    """Hold a lock of the cache; says so when another run holds it. Raises `ToolFailedError`, `InputError`."""
    return held(
        lock,
        timeout=archives.context.deadline.left(_PLACES * archives.timeout),
        waiting=lambda: archives.progress.note("waiting for another run that fetches a database of Trivy's"),
    )


def _take(  # noqa: PLR0913, PLR0917 what is taken, from where, and where to
    source: "Repository", layer: Layer, kind: DatabaseKind, archives: Archives, mine: Path, damaged: int
) -> tuple[int, bool]:
    """Link the archive to `mine`, so that it stays there when another run deletes or replaces it.

    It is pulled when it is not kept, or when the kept one is the file with the number `damaged`. Gives the number of
    the file, and whether it was pulled. Raises `RegistryError`, `InputError`.
    """
    path = archives.path(kind, layer.digest)
    with held_while_fetching(archives.folder / ".lock", archives):
        if path.is_file() and path.stat().st_ino == damaged:
            path.unlink()
        is_new = not path.is_file()
        if is_new:
            _pull(source, layer, path)
            archives.tidy(kind)
        files.link(path, mine)
        return path.stat().st_ino, is_new


def _reference(repository: str, kind: DatabaseKind) -> ImageRef:
    """The reference; without a tag it is the version that Trivy reads, as for Trivy itself."""
    ref = ImageRef.parse(repository)
    is_tagged = ref.digest or repository.endswith(f":{ref.tag}")
    return ref if is_tagged else ref.model_copy(update={"tag": str(kind.version)})


def _layer(source: "Repository", kind: DatabaseKind) -> Layer:
    """The one layer of the artifact. Raises `RegistryError` when it is no database."""
    document = source.top()
    manifest = validated(Manifest, document.doc, document.what) if "layers" in document.doc else None
    layers: tuple[Descriptor, ...] = manifest.layers if manifest else ()
    if len(layers) != 1 or layers[0].media_type != kind.media_type:
        raise RegistryError(
            f"{source.name} holds no database of Trivy's: it is no artifact of one layer of {kind.media_type}"
        )
    digest = layers[0].digest
    return Layer(digest=digest, size=layers[0].size, diff_id=digest)  # the digest of its unpacked tar is not known


def _pull(source: "Repository", layer: Layer, path: Path) -> None:
    """Download the archive to `path`, complete and checked. Raises `RegistryError`, `InputError`."""
    shown = one_line(str(path.parent), 200)
    with files.input_errors(f"{shown} cannot be written", "name another folder in GATE_CACHE_DIR"):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".part-", dir=path.parent) as name:
            part = Path(name) / "part"
            source.layer(layer, partial(_write_checked, part, layer, source.name))
            part.replace(path)


def _write_checked(part: Path, layer: Layer, repository: str, chunks: Iterable[bytes]) -> None:
    digest, size = hashlib.sha256(), 0
    with part.open("wb") as out:
        for chunk in chunks:
            digest.update(chunk)
            size += out.write(chunk)
            if size > layer.size:
                break
    if size != layer.size or f"sha256:{digest.hexdigest()}" != layer.digest:
        raise AlteredError(
            f"{repository} sent something else than the archive {layer.digest}",
            hint="it was altered or damaged in its store or on its way",
        )
