"""The folder in which one run works."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from gate.errors import InputError
from gate.io import workdirs
from gate.io.run_context import World
from gate.text import one_line


@contextmanager
def room_of(world: World) -> Iterator[Path]:
    """A folder of this run alone, gone afterwards; in the cache, so that layers are linked and not copied.

    What killed runs left in the cache is deleted first. Raises `InputError`.
    """
    with ExitStack() as stack:
        try:
            workdirs.sweep(world.cache)
            room = stack.enter_context(workdirs.workdir(world.cache / "runs", "run-"))
        except OSError as exc:
            raise InputError(
                f"the cache folder {one_line(str(world.cache), 200)} cannot be used: {exc.strerror}",
                hint="name another one in GATE_CACHE_DIR",
            ) from exc
        yield room
