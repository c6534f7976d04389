"""Temporary folders that a lock marks as in use, and the deletion of what killed runs left.

The system frees a lock when its process ends, however it ends. So what can be locked is in use by no run.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gate.io.files import is_own
from gate.io.locks import held_if_free, hold_new

_LOCK = ".lock"
"""The lock of a folder, in it."""
# A lock, and what is made only by a process that holds it; relative to the cache.
_UNDER_LOCK = {
    "trivy/.lock": ("trivy/.*-*", "trivy/db-*/.*-*"),
    "trivy/artifacts/.lock": ("trivy/artifacts/.part-*",),
}
_PARTS = (".*.part", "feeds/.*.part")
"""Half-written files in the cache; each is its own lock."""
_YOUNG = 60.0  # seconds at most between the making of such a file and its lock
_SPARE = 6
"""Handles: one for each folder in another, and two."""
_DAY = 86_400.0  # seconds; a folder without a lock is of an earlier release, which may still be running


@contextmanager
def workdir(home: Path, prefix: str) -> Iterator[Path]:
    """Make a folder in `home` that is deleted afterwards, and delete those of killed runs first. Raises `OSError`."""
    home.mkdir(parents=True, exist_ok=True)
    _sweep_folders(home, prefix)
    spare = _spare_handles()
    with tempfile.TemporaryDirectory(prefix=prefix, dir=home, ignore_cleanup_errors=True) as name:
        try:
            os.close(spare.pop())
            lock = hold_new(Path(name) / _LOCK)
            try:
                yield Path(name)
            finally:
                _close(spare)
                with suppress(OSError):  # while the lock is held: no other run deletes it at the same time
                    shutil.rmtree(name)
                os.close(lock)
        finally:
            _close(spare)


def _spare_handles() -> list[int]:
    """Open what the deletion of a folder needs, so that it succeeds when nothing else is left. Raises `OSError`."""
    spare: list[int] = []
    try:
        while len(spare) < _SPARE:
            spare.append(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        _close(spare)
        raise
    return spare


def _close(handles: list[int]) -> None:
    while handles:
        os.close(handles.pop())


def sweep(cache: Path) -> None:
    """Delete what killed runs left in the cache outside of their folders; what cannot be deleted stays."""
    for lock, patterns in _UNDER_LOCK.items():
        with held_if_free(cache / lock, make=True) as is_held:
            for path in (path for pattern in patterns if is_held for path in cache.glob(pattern)):
                delete(path)
    for path in (path for pattern in _PARTS for path in cache.glob(pattern)):
        with held_if_free(path) as is_held:
            if is_held and _age(path) > _YOUNG:
                delete(path)


def delete(path: Path) -> None:
    """Delete a file, or a folder and what is in it, as far as that is possible; no link is followed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _sweep_folders(home: Path, prefix: str) -> None:
    for folder in home.glob(f"{prefix}*"):
        lock = folder / _LOCK
        if folder.is_symlink() or not is_own(folder):
            continue
        with held_if_free(lock) as is_held:
            if is_held or (not lock.is_symlink() and not lock.exists() and _age(folder) > _DAY):
                delete(folder)


def _age(path: Path) -> float:
    with suppress(OSError):
        return time.time() - path.lstat().st_mtime
    return 0.0
