"""Choose the Trivy and cosign to use: of a variable, installed from the lock, on PATH, in Python's environment."""

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from gate.errors import ToolFailedError
from gate.io import files
from gate.io.run_context import RunContext
from gate.text import one_line
from gate.toolchain.deny import refuse, version_of
from gate.toolchain.lock import File, Name, here, read_lock


@dataclass(frozen=True)
class FoundProgram:
    """A program and where it was found: `GATE_TRIVY`, `lock`, `PATH` or `Python environment`."""

    path: Path
    origin: str


def find(context: RunContext, tool: Name) -> FoundProgram | None:
    """Find the program to use, if there is one.

    Raises `ToolMissingError` when its release is denied, `ToolFailedError` when the installed one was changed,
    `InputError` when the lock cannot be read. A program whose version cannot be read from its file is accepted.
    """
    first = next(candidates(context, tool), None)
    if first:
        refuse(tool, version_of(first.path, tool), str(first.path))
    return first


def candidates(context: RunContext, tool: Name) -> Iterator[FoundProgram]:
    """Yield every copy of the program, the one to use first. Raises as `find` does, but refuses no release."""
    variable = f"GATE_{tool.upper()}"
    if chosen := context.env.get(variable):
        yield FoundProgram((context.cwd / chosen).absolute(), variable)
    if not context.path_tools and (kept := installed(context, tool)):
        yield FoundProgram(kept, "lock")
    for origin, path in (
        ("PATH", context.env.get("PATH", "")),
        ("Python environment", str(Path(sys.executable).parent)),
    ):
        if program := shutil.which(tool, path=path):
            yield FoundProgram(Path(program).absolute(), origin)


def program_path(context: RunContext, tool: Name, file: File) -> Path:
    """Return the path in the cache at which the program of a file of the lock is installed."""
    return context.cache / "tools" / file.binary / tool


def installed(context: RunContext, tool: Name) -> Path | None:
    """Return the path of the program of the lock if it is in the cache.

    Raises `ToolFailedError` when the file has another SHA-256. It is checked each time, because other programs can
    write to the cache.
    """
    release = read_lock(context).tools.get(tool)
    if release is None or (file := release.files.get(here())) is None:
        return None
    path = program_path(context, tool, file)
    if not path.is_file():
        return None
    if sha256(path) != file.binary:
        raise ToolFailedError(
            f"{one_line(str(path), 200)} is not {tool} {release.version} any more: its SHA-256 differs from the lock",
            hint="it was changed or damaged: delete it, and run `gate tools install` again",
        )
    return path if os.access(path, os.X_OK) else None


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, computed once while the file does not change. Raises `InputError`."""
    with files.input_errors(f"{one_line(str(path), 200)} cannot be read"):
        return _sha256(path, files.state(path))


@lru_cache(maxsize=64)
def _sha256(path: Path, _state: tuple[int, ...]) -> str:
    return files.sha256(path)
