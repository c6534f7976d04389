"""Find a program: named by a variable, installed from the lock and checked, on PATH, or next to this Python."""

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from gate.errors import InputError, ToolFailedError
from gate.io import files
from gate.io.run_context import RunContext
from gate.text import one_line
from gate.toolchain.deny import refuse, version_of
from gate.toolchain.lock import File, Name, here, read_lock


@dataclass(frozen=True)
class FoundProgram:
    """A program, and what led to it: `GATE_TRIVY`, `lock`, `PATH` or `beside this Python`."""

    path: Path
    origin: str


def found(context: RunContext, tool: Name) -> FoundProgram | None:
    """Find the program to use, if there is one.

    Raises `ToolMissingError` when that is one of the deny list, `ToolFailedError` when the installed one was changed,
    `InputError` when the lock cannot be read. A file that does not tell its version passes here.
    """
    first = next(listed(context, tool), None)
    if first:
        refuse(tool, version_of(first.path, tool), str(first.path))
    return first


def listed(context: RunContext, tool: Name) -> Iterator[FoundProgram]:
    """Every place where the program is, the one that is used first; raises like `found`, but refuses nothing."""
    variable = f"GATE_{tool.upper()}"
    if chosen := context.env.get(variable):
        yield FoundProgram((context.cwd / chosen).absolute(), variable)
    if not context.path_tools and (kept := installed(context, tool)):
        yield FoundProgram(kept, "lock")
    for origin, path in (
        ("PATH", context.env.get("PATH", "")),
        ("beside this Python", str(Path(sys.executable).parent)),
    ):
        if there := shutil.which(tool, path=path):
            yield FoundProgram(Path(there).absolute(), origin)


def place(context: RunContext, tool: Name, file: File) -> Path:
    """Where the program of a file of the lock is kept."""
    return context.cache / "tools" / file.binary / tool


def installed(context: RunContext, tool: Name) -> Path | None:
    """The program of the lock, when it is in the cache.

    Raises `ToolFailedError` when what is there is not it: it is checked each time, for a cache comes and goes through
    other hands.
    """
    release = read_lock(context).tools.get(tool)
    if release is None or (file := release.files.get(here())) is None:
        return None
    path = place(context, tool, file)
    if not path.is_file():
        return None
    if sha256(path) != file.binary:
        raise ToolFailedError(
            f"{one_line(str(path), 200)} is not {tool} {release.version} any more: its SHA-256 differs from the lock",
            hint="somebody changed it, or the disk did: delete it, and run `gate tools install` again",
        )
    return path if os.access(path, os.X_OK) else None


def sha256(path: Path) -> str:
    """The SHA-256 of a file, taken once as long as the file stays as it is. Raises `InputError`."""
    try:
        stat = path.stat()
        return _sha256(path, (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns))
    except OSError as exc:
        raise InputError(f"{one_line(str(path), 200)} cannot be read: {exc.strerror}") from exc


@lru_cache(maxsize=64)
def _sha256(path: Path, _state: tuple[int, ...]) -> str:
    return files.sha256(path)
