"""Layer cache: layers are checked when they are downloaded and again when they are taken from the cache.

The cache is `blobs/sha256/<hex>`. A layer is linked into the run's working directory first and checked there, so that
another process that evicts or replaces the cached file cannot change what was checked. The check has to unpack the
layer; the unpacked file is kept for the run, so the scanner reads exactly what was checked and need not unpack again.
"""

import contextlib
import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gate.errors import RegistryError
from gate.io import files
from gate.model.image import Layer
from gate.registry.budget import Budget, OverBudgetError, Share
from gate.registry.manifests import altered, missized
from gate.registry.unpack import UnpackError, Unpacking
from gate.registry.unpacked_copy import UnpackedLayer
from gate.text import one_line

_PIECE = 1 << 18
_STALE = 86_400.0
"""Seconds after which a partial file of a dead process is deleted."""

Fetch = Callable[[Callable[[Iterable[bytes]], None]], None]
"""Downloads a layer and passes its bytes to the given function; again from the start after a broken connection."""


@dataclass(frozen=True)
class LayerCache:
    """The layer cache `cache`, shared with other runs, and `workdir`, which belongs to this run alone."""

    cache: Path
    workdir: Path
    budget: Budget

    def hold(self, layer: Layer, fetch: Fetch, *, cached: bool, on_progress: Callable[[int], None]) -> Path:
        """Return the file with the checked content of `layer`: from the cache, or fetched and (with `cached`) cached.

        A file that ends in `.tar` is unpacked; a layer too large for that is as it was downloaded. Raises
        `RegistryError` for content that is not the layer, `InputError` when it cannot be written.
        """
        mine = self.workdir / _hex(layer.digest)
        plain = UnpackedLayer(mine.with_suffix(".tar"), self.budget.keep)
        with writing(self.cache if cached else self.workdir):
            if cached and self._taken(layer, mine, plain):
                on_progress(layer.size)
                return plain.kept() or mine
            with _temporary(self.workdir) as (file, name):

                def receive(pieces: Iterable[bytes]) -> None:
                    if file.tell():  # truncating an empty file would force a sync to disk on close
                        file.seek(0)
                        file.truncate()
                    with plain, self.budget.share() as share:
                        check(pieces, layer, share, write=file.write, on_progress=on_progress, plain=plain.write)

                fetch(receive)
                file.close()
                name.chmod(0o444)
                name.replace(mine)
                if cached:
                    folder = self._folder()
                    with _temporary(folder) as (_, part):  # other runs see it when it is complete
                        files.link(mine, part)
                        part.replace(folder / mine.name)
        return plain.kept() or mine

    def evict(self, limit: int, *, used: Iterable[str]) -> None:
        """Delete the least recently used layers until `limit` bytes are left, never a digest of `used`."""
        keep = {_hex(digest) for digest in used}
        cached = []
        for path in self.cache.glob("sha256/*"):
            with contextlib.suppress(OSError):  # another process deleted it first
                status = path.stat()
                if path.name.startswith(".") and time.time() - status.st_mtime > _STALE:
                    path.unlink()
                cached.append((status.st_mtime, status.st_size, path))
        total = sum(size for _, size, _ in cached)
        for _, size, path in sorted(cached):
            if total <= limit:
                break
            if path.name not in keep and not path.name.startswith("."):
                with contextlib.suppress(OSError):
                    path.unlink()
                total -= size

    def _taken(self, layer: Layer, mine: Path, plain: UnpackedLayer) -> bool:
        """Take an intact copy from the cache; return False when there is none. A damaged one is deleted."""
        kept = self.cache / "sha256" / _hex(layer.digest)
        try:
            files.link(kept, mine)
        except FileNotFoundError:
            return False
        try:
            with mine.open("rb") as file, plain, self.budget.share() as share:
                pieces = iter(lambda: file.read(_PIECE), b"")
                check(pieces, layer, share, plain=plain.write)
        except NoSpaceError:
            raise
        except RegistryError:
            mine.unlink()
            kept.unlink(missing_ok=True)
            return False
        with contextlib.suppress(OSError):
            os.utime(kept)  # the time of last use
        return True

    def _folder(self) -> Path:
        folder = self.cache / "sha256"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder


def check(  # noqa: PLR0913 the content, the expected layer, the limits and where to write
    pieces: Iterable[bytes],
    layer: Layer,
    share: Share,
    *,
    write: Callable[[bytes], Any] = len,
    on_progress: Callable[[int], None] | None = None,
    plain: Callable[[bytes], Any] = len,
) -> None:
    """Raise `RegistryError` unless size, digest and diff_id of `pieces` are those of `layer`.

    The pieces are passed to `write`, and unpacked to `plain`; both are counted by `share`.
    """
    digest = hashlib.sha256()
    size = 0
    with _counted(layer), Unpacking(share.add, plain) as unpacking:
        for piece in pieces:
            size += len(piece)
            if size > layer.size:
                raise missized(layer, f"more than {layer.size:,}")
            share.add(len(piece), len(piece))
            unpacking.feed(piece)
            digest.update(piece)
            write(piece)
            if on_progress:
                on_progress(len(piece))
        if size != layer.size:
            raise missized(layer, f"{size:,}")
        if (actual := f"sha256:{digest.hexdigest()}") != layer.digest:
            raise altered("layer", layer.digest, actual)
        unpacking.finish()
        _check_unpacked(unpacking, layer)


class NoSpaceError(RegistryError):
    """The layers of a run need more disk space than there is."""


@contextlib.contextmanager
def _counted(layer: Layer) -> Iterator[None]:
    """Translate `OverBudgetError` into an error with a hint."""
    try:
        yield
    except OverBudgetError as exc:
        raise NoSpaceError(
            f"the layer {layer.digest} is too large: {exc}, which is the free space of the disk",
            hint="free disk space, or set GATE_CACHE_DIR to another folder; is the image what it should be?",
        ) from exc


def _check_unpacked(unpacking: Unpacking, layer: Layer) -> None:
    try:
        actual = unpacking.diff_id()
    except OverBudgetError:
        raise
    except (UnpackError, RegistryError) as exc:
        raise RegistryError(
            f"the layer {layer.digest} cannot be unpacked: {one_line(str(exc), 200)}",
            hint="no runtime could use it either: build and push the image again",
        ) from exc
    if actual != layer.diff_id:
        raise RegistryError(
            f"the layer {layer.digest} unpacks to {actual}, but the configuration names {layer.diff_id}",
            hint="configuration and layers are of different images: build and push it again, and ask who made this one",
        )


def _hex(digest: str) -> str:
    return digest.removeprefix("sha256:")


@contextlib.contextmanager
def _temporary(folder: Path) -> Iterator[tuple[Any, Path]]:
    """Create a new file in `folder` that is deleted unless it was renamed."""
    handle, text = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)
    name = Path(text)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file, name
    finally:
        name.unlink(missing_ok=True)


def writing(folder: Path) -> contextlib.AbstractContextManager[None]:
    """Turn an `OSError` while writing to `folder` into an `InputError`."""
    return files.input_errors(
        f"an image cannot be kept in {one_line(str(folder), 200)}",
        "free disk space, or set GATE_CACHE_DIR to another folder",
    )
