"""Make the working directory of one run."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from gate.errors import InputError
from gate.io import workdirs
from gate.io.run_context import RunContext
from gate.text import one_line


@contextmanager
def run_workdir(context: RunContext) -> Iterator[Path]:
    """Working directory of this run, deleted afterwards. In the cache, so that layers are linked, not copied.

    Directories that killed runs left in the cache are deleted first. Raises `InputError`.
    """
    with ExitStack() as stack:
        try:
            workdirs.sweep(context.cache)
            workdir = stack.enter_context(workdirs.workdir(context.cache / "runs", "run-"))
        except OSError as exc:
            raise InputError(
                f"the cache folder {one_line(str(context.cache), 200)} cannot be used: {exc.strerror}",
                hint="name another one in GATE_CACHE_DIR",
            ) from exc
        yield workdir
