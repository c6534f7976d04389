"""Run a command with one fault in a process of its own, and look at what it did and what it left."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.faults.commands import COMMANDS
from tests.faults.faults import (
    FILLING,
    HTTP,
    INPUT,
    PROGRAM,
    SMALL_DISK,
    SYSTEM,
    damaged,
    limit,
    small_disk,
    without_privilege,
)
from tests.faults.stage import Lab, Stage, staged
from tests.lab.referrers import MemoryRegistry

BOUND = 60.0
"""Seconds within which every run has ended; the runs that have a deadline have one of 8 s."""
_PASSED, _BUG = 0, 1
_SIGNATURE = "https://sigstore.dev/cosign/sign/v1"


@dataclass(frozen=True)
class Case:
    """One row: a command, what it talks to, and what goes wrong there."""

    command: str
    counterpart: str
    fault: str

    def __str__(self) -> str:
        return f"{self.command} | {self.counterpart} | {self.fault}"


@dataclass(frozen=True)
class Result:
    """What came of it; everything is as it should be where all of the checks are true."""

    code: int
    passed: bool
    """Exit code 0."""
    signed: bool
    """The registry has more signatures than before."""
    partial: tuple[str, ...]
    """Files that are cut, and files that should be gone."""
    hint: bool
    traceback: bool
    children: tuple[str, ...]
    in_time: bool
    words: str


def cases() -> Iterator[Case]:
    """All rows, in the order of the page."""
    for name, command in COMMANDS.items():
        for counterpart in command.http:
            yield from (Case(name, counterpart, fault) for fault in HTTP)
        for program in command.programs:
            yield from (Case(name, program, fault) for fault in PROGRAM)
        for file in command.inputs:
            yield from (Case(name, file, fault) for fault in INPUT)
        yield from (Case(name, "system", fault) for fault in SYSTEM if command.files or fault == "no handles")


def run(lab: Lab, folder: Path, case: Case) -> Result:
    """Carry out one row in a folder of its own, which is new."""
    disks = [folder / part for part in ("out", "cache", "tmp")] if case.fault == SMALL_DISK else []
    with staged(lab, folder, case.command, case.counterpart, case.fault) as (stage, registry), small_disk(disks):
        before = _evidence(registry)
        code, words, in_time = _executed(stage, case)
        children = tuple(_left(folder))
        return Result(
            code=code,
            passed=code == _PASSED,
            signed=_evidence(registry) > before,
            partial=tuple(_partial(stage)),
            hint=any(mark in words for mark in ("hint:", "fix:")),
            traceback="Traceback" in words or "bug in gate" in words or code == _BUG,
            children=children,
            in_time=in_time,
            words=words,
        )


def _executed(stage: Stage, case: Case) -> tuple[int, str, bool]:
    prefix = []
    if case.fault == "read-only folder":
        prefix = without_privilege()
        for part in ("out", "home", "cache"):
            (stage.folder / part).chmod(0o555)
    args = [*prefix, sys.executable, "-m", "gate", *_arguments(stage, case)]
    process = subprocess.Popen(
        args,
        cwd=stage.out,
        env=stage.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=partial(limit, case.fault),  # noqa: PLW1509 limits are of the child alone
        start_new_session=True,
    )
    start = time.monotonic()
    try:
        out, _ = process.communicate(timeout=BOUND)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, _ = process.communicate()
        return -1, out.decode("utf-8", "replace"), False
    return process.returncode, out.decode("utf-8", "replace"), time.monotonic() - start < BOUND


def _arguments(stage: Stage, case: Case) -> list[str]:
    """The command line; a file that is to be damaged is replaced by a copy that is."""
    command = COMMANDS[case.command]
    args = command.args(stage)
    if case.counterpart not in command.inputs:
        return args
    original, copy = command.inputs[case.counterpart](stage), stage.folder / "damaged"
    if (content := damaged(original, case.fault)) is not None:
        copy.write_bytes(content)
    return [one.replace(str(original), str(copy)) for one in args]


def _evidence(registry: MemoryRegistry) -> int:
    """How many signatures there are beside the image; attestations that are there before them are no signature."""
    found = 0
    for blob in registry.repository("octo/app").blobs.values():
        with suppress(ValueError, KeyError, TypeError):
            payload = base64.b64decode(json.loads(blob)["dsseEnvelope"]["payload"])
            found += json.loads(payload)["predicateType"] == _SIGNATURE
    return found


def _partial(stage: Stage) -> Iterator[str]:
    """Documents that are not whole, and what was left in the folder for temporary files."""
    known = {"verdict.json", "results.json", "summary.md", "status.json", "record.json", "output"}
    known |= {"diagnosis.json", "secret.yaml", "gate-resume.json", FILLING}
    for file in sorted(stage.out.iterdir()):
        if file.name not in known:
            yield file.name
        elif file.suffix == ".json":
            try:
                json.loads(file.read_bytes())
            except ValueError:
                yield file.name
        elif (content := file.read_bytes()) and not content.endswith(b"\n"):
            yield file.name
    yield from (f"tmp/{one.name}" for one in (stage.folder / "tmp").iterdir() if one.name != FILLING)
    for root in ("tools", "trivy"):
        yield from (f"cache/{one.name}" for one in (stage.folder / "cache" / root).glob(".*new*"))


def _left(folder: Path) -> Iterator[str]:
    """Programs that still run there; what is about to end gets a moment."""
    end = time.monotonic() + 2
    while (found := list(_running(folder))) and time.monotonic() < end:
        time.sleep(0.05)
    yield from found
    for pid, _ in found and _running(folder, pids=True):
        with suppress(OSError):
            os.kill(int(pid), signal.SIGKILL)


def _running(folder: Path, *, pids: bool = False) -> Iterator:
    mark = str(folder).encode()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            line = (process / "cmdline").read_bytes()
            if line and (mark in line or mark in (process / "environ").read_bytes()):
                name = line.replace(b"\0", b" ").decode("utf-8", "replace").strip()[:80]
                yield (process.name, name) if pids else name
