"""Layers on disk: checked as they come, kept by digest, checked again when taken out.

The cache is `blobs/sha256/<hex>`. A layer is linked into the run's own folder first and checked there, so that neither
a process beside us that evicts nor one that replaces can change what was checked. It has to be unpacked for that, and
what comes out is kept for the run: the scanner reads just what was checked, and need not unpack it once more.
"""

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from gate.errors import InputError, RegistryError
from gate.model.image import Layer
from gate.registry.budget import Budget, OverBudgetError, Share
from gate.registry.manifests import altered, missized
from gate.registry.unpack import UnpackError, Unpacking
from gate.registry.unpacked_layer import Plain
from gate.text import one_line

_PIECE = 1 << 18
_STALE = 86_400.0
"""Seconds after which a half-written file of a dead process is swept away."""

Fetch = Callable[[Callable[[Iterable[bytes]], None]], None]
"""Opens a layer and hands its bytes to what it is given; on a broken connection it may do so again."""


class Told(Protocol):
    """Hears of each piece."""

    def __call__(self, count: int) -> None:
        """`count` bytes came."""
        ...


@dataclass(frozen=True)
class Blobs:
    """The cache at `cache`, and the folder `room` of this run on whose files nobody else works."""

    cache: Path
    room: Path
    budget: Budget

    def hold(self, layer: Layer, fetch: Fetch, *, cached: bool, told: Told) -> Path:
        """The checked content of `layer` in `room`: out of the cache, or fetched and (if `cached`) put there.

        A file that ends in `.tar` is unpacked; one too large for that is as it came. Raises `RegistryError` when what
        comes is not the layer, `InputError` when there is no place to write.
        """
        mine = self.room / _hex(layer.digest)
        plain = Plain(mine.with_suffix(".tar"), self.budget.keep)
        with writing(self.cache if cached else self.room):
            if cached and self._taken(layer, mine, plain):
                told(layer.size)
                return plain.kept() or mine
            with _temporary(self.room) as (file, name):

                def receive(pieces: Iterable[bytes]) -> None:
                    if file.tell():  # a file that was cut to nothing is written out to the disk when it is closed
                        file.seek(0)
                        file.truncate()
                    with plain, self.budget.share() as share:
                        check(pieces, layer, share, write=file.write, told=told, plain=plain.write)

                fetch(receive)
                file.close()
                name.chmod(0o444)
                name.replace(mine)
                if cached:
                    folder = self._folder()
                    with _temporary(folder) as (_, part):  # seen by other runs when it is whole
                        link(mine, part)
                        part.replace(folder / mine.name)
        return plain.kept() or mine

    def evict(self, limit: int, *, used: Iterable[str]) -> None:
        """Delete what was not used for longest until `limit` bytes are left, never a digest of `used`."""
        keep = {_hex(digest) for digest in used}
        files = []
        for path in self.cache.glob("sha256/*"):
            with contextlib.suppress(OSError):  # a process beside us was quicker
                status = path.stat()
                if path.name.startswith(".") and time.time() - status.st_mtime > _STALE:
                    path.unlink()
                files.append((status.st_mtime, status.st_size, path))
        total = sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if total <= limit:
                break
            if path.name not in keep and not path.name.startswith("."):
                with contextlib.suppress(OSError):
                    path.unlink()
                total -= size

    def _taken(self, layer: Layer, mine: Path, plain: Plain) -> bool:
        """Whether a sound copy could be taken from the cache; an unsound one is thrown out."""
        kept = self.cache / "sha256" / _hex(layer.digest)
        try:
            link(kept, mine)
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


def check(  # noqa: PLR0913 what comes, what it should be, and how far to go
    pieces: Iterable[bytes],
    layer: Layer,
    share: Share,
    *,
    write: Callable[[bytes], Any] = len,
    told: Told | None = None,
    plain: Callable[[bytes], Any] = len,
) -> None:
    """Raise `RegistryError` unless size, digest and diff_id of `pieces` are those of `layer`.

    They are passed on to `write` as they come, and to `plain` unpacked; both are counted by `share`.
    """
    digest = hashlib.sha256()
    size = 0
    with _counted(layer), Unpacking(share.unpacked, plain) as unpacking:
        for piece in pieces:
            size += len(piece)
            if size > layer.size:
                raise missized(layer, f"more than {layer.size:,}")
            share.downloaded(len(piece))
            unpacking.feed(piece)
            digest.update(piece)
            write(piece)
            if told:
                told(len(piece))
        if size != layer.size:
            raise missized(layer, f"{size:,}")
        if (actual := f"sha256:{digest.hexdigest()}") != layer.digest:
            raise altered("layer", layer.digest, actual)
        unpacking.finish()
        _check_unpacked(unpacking, layer)


class NoSpaceError(RegistryError):
    """The layers of a run need more room than there is."""


@contextlib.contextmanager
def _counted(layer: Layer) -> Iterator[None]:
    """Say in our words that the budget of the run is used up."""
    try:
        yield
    except OverBudgetError as exc:
        raise NoSpaceError(
            f"the layer {layer.digest} is too much: {exc}, which is what the disk has room for",
            hint="make room on the disk, or name another folder in GATE_CACHE_DIR; is the image what it should be?",
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
            f"the layer {layer.digest} unpacks to {actual}, and the configuration promises {layer.diff_id}",
            hint="configuration and layers are not of one image: build and push it again, and ask who made this one",
        )


def link(source: Path, target: Path) -> None:
    """Make `target` the same file, or a copy where links cannot be (another disk, a file system without them)."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)


def _hex(digest: str) -> str:
    return digest.removeprefix("sha256:")


@contextlib.contextmanager
def _temporary(folder: Path) -> Iterator[tuple[Any, Path]]:
    """A new file in `folder` that is deleted unless it was renamed."""
    handle, text = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)
    name = Path(text)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file, name
    finally:
        name.unlink(missing_ok=True)


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Say in our words why nothing can be written to `folder`."""
    try:
        yield
    except OSError as exc:
        raise InputError(
            f"an image cannot be kept in {one_line(str(folder), 200)}: {exc.strerror}",
            hint="make room there, or name another folder in GATE_CACHE_DIR",
        ) from exc
