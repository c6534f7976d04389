"""What goes wrong: in an answer over HTTP, in a program that is started, and in the system under the run."""

import os
import resource
from pathlib import Path

HTTP = {
    "refused": {},
    "reset": {"reset": True},
    "hanging": {"hang": True},
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
PROGRAM = {
    "killed": "kill -9 $$",
    "hanging": "sleep 300.25 & sleep 300.25",
    "garbage": "cat > /dev/null < /dev/null; printf '\\000\\377}{'",
    "silent failure": "exit 1",
    "silent success": "exit 0",
}
SYSTEM = ("disk full", "read-only folder", "no handles")
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


def without_privilege() -> list[str]:
    """What makes a folder read-only for the superuser too: a prefix of the command."""
    drop = "-dac_override,-dac_read_search"
    return ["setpriv", f"--bounding-set={drop}", f"--inh-caps={drop}"] if os.geteuid() == 0 else []
