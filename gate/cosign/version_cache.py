"""What a cosign said of itself, kept for as long as its file is the same: asking takes half the time of a proof.

Nothing is trusted because of it: a cosign that is told to do what it cannot proves nothing.
"""

from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from gate.errors import InputError
from gate.io import files, strict_json
from gate.io.run_context import World
from gate.model.image import Frozen

_MOST = 1 << 16
_PROGRAM = 1 << 20
"""Bytes; what is smaller is a script that may start another cosign tomorrow, as may a program of another name."""


class Said(Frozen):
    """What it said, and the file that said so."""

    file: tuple[str, int, int, int, int]
    """Path, inode, bytes, and when it was written and last changed, in nanoseconds."""
    major: int
    by_digest: bool
    version: str


def mark(path: str) -> tuple[str, int, int, int, int]:
    """What makes a file be the same. Raises `OSError`."""
    found = Path(path).resolve().stat()
    return path, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def recall(path: str, world: World) -> Said | None:
    """What this very file said before; None when it has to be asked."""
    with suppress(InputError, ValidationError, OSError):
        raw = files.read(_place(world), limit=_MOST, what="what cosign said")
        said = Said.model_validate(strict_json.loads(raw, "what cosign said"))
        return said if said.file == mark(path) else None
    return None


def keep(said: Said, world: World) -> None:
    """Keep it for the next run, if that is possible."""
    if said.file[2] < _PROGRAM or not Path(said.file[0]).resolve().name.startswith("cosign"):
        return
    with suppress(InputError, OSError):
        world.cache.mkdir(parents=True, exist_ok=True)
        files.write(_place(world), said.model_dump_json().encode())


def _place(world: World) -> Path:
    return world.cache / "cosign.json"
