"""The folder in which one run works."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gate.errors import InputError
from gate.text import one_line
from gate.world import World

_OLDEST_ROOM = 24 * 3600  # seconds after which a folder left by a killed run is cleared away


@contextmanager
def room_of(world: World) -> Iterator[Path]:
    """A folder of this run alone, gone afterwards; in the cache, so that layers are linked and not copied."""
    home = world.cache / "runs"
    try:
        home.mkdir(parents=True, exist_ok=True)
        for old in home.iterdir():
            if world.now.timestamp() - old.stat().st_mtime > _OLDEST_ROOM:
                shutil.rmtree(old, ignore_errors=True)
        room = tempfile.TemporaryDirectory(prefix="run-", dir=home, ignore_cleanup_errors=True)
    except OSError as exc:
        raise InputError(
            f"the cache folder {one_line(str(world.cache), 200)} cannot be used: {exc.strerror}",
            hint="name another one in GATE_CACHE_DIR",
        ) from exc
    with room as name:
        yield Path(name)
