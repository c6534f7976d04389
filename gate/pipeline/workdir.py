"""Make the working directory of one run."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from gate.errors import InputError
from gate.io import workdirs
from gate.io.run_context import World
from gate.text import one_line


@contextmanager
def run_workdir(world: World) -> Iterator[Path]:
    """Working directory of this run, deleted afterwards. In the cache, so that layers are linked, not copied.

    Directories that killed runs left in the cache are deleted first. Raises `InputError`.
    """
    with ExitStack() as stack:
        try:
            workdirs.sweep(world.cache)
            workdir = stack.enter_context(workdirs.workdir(world.cache / "runs", "run-"))
        except OSError as exc:
            raise InputError(
                f"the cache folder {one_line(str(world.cache), 200)} cannot be used: {exc.strerror}",
                hint="name another one in GATE_CACHE_DIR",
            ) from exc
        yield workdir
