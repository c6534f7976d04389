"""Cache of the detected cosign version, valid while the program file is unchanged.

Detecting takes half the time of a verification. A wrong entry is safe: cosign fails when it gets unknown options.
"""

from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from gate.errors import InputError
from gate.io import files, strict_json
from gate.io.run_context import RunContext
from gate.model.image import Frozen

_MOST = 1 << 16
_PROGRAM = 1 << 20
"""Bytes. A smaller file is a wrapper script, which may start another cosign tomorrow; it is not cached."""


class CosignVersion(Frozen):
    """The detected version of a program file."""

    file: tuple[str, int, int, int, int]
    """Path, inode, size in bytes, mtime and ctime in nanoseconds."""
    major: int
    by_digest: bool
    version: str


def identify_file(path: str) -> tuple[str, int, int, int, int]:
    """Return what identifies an unchanged file. Raises `OSError`."""
    stat = Path(path).resolve().stat()
    return path, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def recall(path: str, context: RunContext) -> CosignVersion | None:
    """Return the cached version of this file; None when it has to be detected."""
    with suppress(InputError, ValidationError, OSError):
        raw = files.read(_path(context), limit=_MOST, what="the cached version of cosign")
        version = CosignVersion.model_validate(strict_json.loads(raw, "the cached version of cosign"))
        return version if version.file == identify_file(path) else None
    return None


def keep(version: CosignVersion, context: RunContext) -> None:
    """Cache the version for the next run; a cache that cannot be written is ignored."""
    if version.file[2] < _PROGRAM or not Path(version.file[0]).resolve().name.startswith("cosign"):
        return
    with suppress(InputError, OSError):
        context.cache.mkdir(parents=True, exist_ok=True)
        files.write(_path(context), version.model_dump_json().encode())


def _path(context: RunContext) -> Path:
    return context.cache / "cosign.json"
