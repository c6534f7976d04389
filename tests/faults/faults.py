"""What goes wrong: in an answer over HTTP, in a program that is started, and in the system under the run."""

import os
import resource
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

HTTP = {
    "refused": {},
    "reset": {"reset": True},
    "hanging": {"hang": True},
    "slow": {"slow": True},
    "cut short": {"cut": 5},
    "401": {"status": 401},
    "403": {"status": 403},
    "404": {"status": 404},
    "429": {"status": 429},
    "500": {"status": 500},
    "503": {"status": 503},
    "wrong content": {"body": b'{"schemaVersion": 2, "other": true}'},
    "garbage": {"status": 200, "body": b"<html>\x00\xff", "headers": {"Content-Type": "text/html"}},
}
SMALL_DISK = "1 MB disk"
"""A file system of that size, which gets full while the command runs; only the superuser can make one."""
PROGRAM = {
    "killed": "kill -9 $$",
    "hanging": "sleep 300.25 & sleep 300.25",
    "garbage": "cat > /dev/null < /dev/null; printf '\\000\\377}{'",
    "silent failure": "exit 1",
    "silent success": "exit 0",
}
SYSTEM = ("disk full", SMALL_DISK, "read-only folder", "no handles")
INPUT = {"missing": None, "empty": b"", "garbage": b"\x00\xff}{", "cut short": 40}
"""What a file that is read has in place of its content; a number: only so many bytes of it."""
FILLING = ".filling"
"""The file that takes the room on a small disk."""
_BYTES, _HANDLES = 16, 8


def script(real: Path | None, fault: str) -> str:
    """A program that fails like that, but for what it says of itself."""
    says = f'exec {real} "$@"' if real else "exit 0"
    return f'#!/bin/sh\ncase " $* " in *" --help "*|" version "*|*" --version "*) {says} ;; esac\n{PROGRAM[fault]}\n'


def limit(fault: str) -> None:
    """Put this process, before it becomes `gate`, under the limit that the fault is."""
    if fault == "disk full":
        resource.setrlimit(resource.RLIMIT_FSIZE, (_BYTES, _BYTES))
    elif fault == "no handles":
        resource.setrlimit(resource.RLIMIT_NOFILE, (_HANDLES, _HANDLES))


@contextmanager
def small_disk(folders: Sequence[Path]) -> Iterator[None]:
    """Put a file system of 1 MB, in which a page of 4 KB is left, over each of the empty folders."""
    with ExitStack() as stack:
        for folder in folders:
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "gate-faults", folder], check=True)
            stack.callback(subprocess.run, ["umount", "--lazy", folder], check=True)
            (folder / FILLING).write_bytes(b"\n" * ((1 << 20) - 4096))
        yield


def can_mount() -> bool:
    """Whether this process may make a file system."""
    if os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as name:
        done = subprocess.run(["mount", "-t", "tmpfs", "gate-faults", name], check=False, capture_output=True)
        if done.returncode == 0:
            subprocess.run(["umount", name], check=True)
    return done.returncode == 0


def damaged(path: Path, fault: str) -> bytes | None:
    """What a file has in place of the content of `path`; None when it is not there."""
    content = INPUT[fault]
    return path.read_bytes()[:content] if isinstance(content, int) else content


def without_privilege() -> list[str]:
    """What makes a folder read-only for the superuser too: a prefix of the command."""
    drop = "-dac_override,-dac_read_search"
    return ["setpriv", f"--bounding-set={drop}", f"--inh-caps={drop}"] if os.geteuid() == 0 else []
