"""Run other programs with timeouts and limits; the only module that imports `sh`.

A child gets only the environment and folder that it is given, and a process group of its own, so that a deadline or
Ctrl-C ends it with everything it started.
"""

import os
import re
import shutil
import signal
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gate.errors import ToolFailedError, ToolMissingError
from gate.io import verbose
from gate.io.bounded_output import KEPT, BoundedOutput
from gate.io.deadline import Deadline
from gate.io.disk_growth import DiskGrowth
from gate.io.held_signals import held_signals
from gate.io.parent_death import ends_with_parent
from gate.text import one_line

_POLL = 0.01  # seconds at most between two looks at what runs
_QUICK = 0.001  # seconds at least
_ERRNO = re.compile(r"\[Errno [0-9]+\] ([^:\n]+)")
_GRACE = 3.0  # seconds between the polite signal and the last one


@dataclass(frozen=True)
class Command:
    """A program and all that it will see; `timeout` in seconds; an exit code outside `ok` is a failure."""

    program: str
    args: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path
    timeout: float
    stdin: str = ""
    ok: Collection[int] = (0,)
    workdir: Path | None = None
    disk_limit: int = 0
    """Bytes that `workdir` may grow by while it runs, if that is bounded; a program over it is stopped."""
    deadline: Deadline = field(default_factory=Deadline)
    """Of the whole run: it is stopped then, also when its own time is not over."""
    hint: str = "give it more time with --timeout"
    """What helps when `timeout` was too short."""


@dataclass(frozen=True)
class Finished:
    """How it ended: exit code, and at most 1 MiB of each stream, bytes that are no UTF-8 replaced."""

    code: int
    stdout: str
    stderr: str


@dataclass
class _Running:
    command: Command
    child: Any
    out: BoundedOutput = field(default_factory=BoundedOutput)
    err: BoundedOutput = field(default_factory=BoundedOutput)
    deadline: float = 0.0
    growth: DiskGrowth | None = None
    started: float = field(default_factory=time.monotonic)


def find(program: str, env: Mapping[str, str]) -> str:
    """The path of `program` on the search path in `env`. Raises `ToolMissingError`."""
    found = shutil.which(program, path=env.get("PATH", os.defpath))
    if found is None and os.sep in program:
        raise ToolMissingError(
            f"{one_line(program, 200)} is not there, or is no program that can be run", hint="check the path"
        )
    if found is None:
        raise ToolMissingError(f"{program} is not installed", hint=f"install {program}, or put it on PATH")
    return found


def run(command: Command) -> Finished:
    """Run one program to its end. Raises `ToolMissingError`, `ToolFailedError`."""
    return run_all([command], jobs=1)[0]


def run_all(commands: Sequence[Command], *, jobs: int) -> list[Finished]:
    """Run commands in parallel, at most `jobs` at a time; results in the order of `commands`.

    The first that fails ends the others. Raises `ToolMissingError`, `ToolFailedError`; whatever is raised, no
    child is left.
    """
    waiting = list(enumerate(commands))[::-1]
    running: dict[int, _Running] = {}
    done: dict[int, Finished] = {}
    quiet = time.monotonic()  # since then nothing ended
    with _ended(running):
        while waiting or running:
            while waiting and len(running) < jobs:
                place, command = waiting.pop()
                with held_signals():
                    running[place] = _start(command)
            for place in [place for place, child in running.items() if not _alive(child)]:
                done[place] = _finish(running.pop(place))
                quiet = time.monotonic()
            if running:
                # Looked at often when runs are short, and hardly when they are long.
                time.sleep(min(max((time.monotonic() - quiet) / 20, _QUICK), _POLL))
    return [done[place] for place in range(len(commands))]


def _start(command: Command) -> _Running:
    import sh

    program: Any = sh.Command(find(command.program, command.env))
    one = _Running(command, None, deadline=min(time.monotonic() + command.timeout, command.deadline.ends))
    if command.workdir and command.disk_limit:
        one.growth = DiskGrowth(command.workdir, command.disk_limit)
    try:
        one.child = program(
            *command.args,
            _env=dict(command.env),  # instead of ours, not on top of it
            _cwd=str(command.cwd),
            _in=command.stdin or None,
            _out=one.out,
            _err=one.err,
            _out_bufsize=65536,
            _err_bufsize=65536,
            _tty_out=False,  # by default sh gives a child a terminal
            _bg=True,
            _bg_exc=False,
            _new_session=True,
            _preexec_fn=ends_with_parent(signal.SIGKILL),
            _ok_code=list(range(-255, 256)),  # judged below, where the words are
            _return_cmd=True,
        )
    except (sh.ForkException, OSError) as exc:
        raise ToolFailedError(
            f"{command.program} cannot be started: {_refusal(exc)}",
            hint="is it a program for this machine, and is its folder readable?",
        ) from exc
    return one


def _refusal(exc: Exception) -> str:
    """The system's own words: what `sh` raises holds the child's traceback as text."""
    if isinstance(exc, OSError) and exc.strerror:
        return one_line(exc.strerror, 200)
    said = _ERRNO.findall(str(exc))
    return one_line(said[-1], 200) if said else "the system refused"


def _alive(running: _Running) -> bool:
    command = running.command
    alive, _ = running.child.process.is_alive()
    if alive and time.monotonic() > running.deadline:
        whole = command.deadline
        if whole.passed:
            over = f"the {whole.seconds:g} s of the whole run ({whole.option}) are over"
            raise ToolFailedError(
                f"{command.program} was stopped: {over}", hint=f"give the run more time with {whole.option}"
            )
        raise ToolFailedError(
            f"{command.program} took longer than {command.timeout:g} s and was stopped", hint=command.hint
        )
    if alive and running.growth and running.growth.is_over():
        raise ToolFailedError(
            f"{command.program} wrote more than {command.disk_limit:,} bytes of its own and was stopped",
            hint="what it read holds archives that unpack to far more than they are: a bomb? nothing was decided",
        )
    return bool(alive)


def _finish(running: _Running) -> Finished:
    import sh

    command = running.command
    try:
        running.child.wait()
    except sh.ErrorReturnCode as exc:
        code = exc.exit_code
    else:
        code = running.child.exit_code
    verbose.ran(command.program, command.args, code, time.monotonic() - running.started)
    if running.out.cut:
        raise ToolFailedError(f"{command.program} said more than {KEPT:,} bytes where a short answer was due")
    finished = Finished(code, running.out.text(), running.err.text())
    if code in command.ok:
        return finished
    how = f"was killed by signal {-code}" if code < 0 else f"exited with {code}"
    raise ExitError(f"{command.program} {how}: {_last_words(finished)}", finished)


class ExitError(ToolFailedError):
    """A program ended with an exit code outside `ok`; adapters translate `finished` into a better message."""

    def __init__(self, problem: str, finished: Finished) -> None:
        """Keep the result of the program with the message."""
        super().__init__(problem)
        self.finished = finished


def _last_words(finished: Finished) -> str:
    words = [line for line in (finished.stderr or finished.stdout).splitlines() if line.strip()]
    return one_line(words[-1], 400) if words else "it said nothing"


@contextmanager
def _ended(running: dict[int, _Running]) -> Iterator[None]:
    """Whatever happens, Ctrl-C included, end every child's whole group before leaving."""
    try:
        yield
    finally:
        for sign, grace in ((signal.SIGTERM, _GRACE), (signal.SIGKILL, _GRACE)):
            left = [one for one in running.values() if one.child.process.is_alive()[0]]
            for one in left:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(one.child.process.pid, sign)
            end = time.monotonic() + grace
            while left and time.monotonic() < end:
                time.sleep(_POLL)
                left = [one for one in left if one.child.process.is_alive()[0]]
        for one in running.values():
            with suppress(ProcessLookupError, PermissionError):  # what it started may outlive it
                os.killpg(one.child.process.pid, signal.SIGKILL)
            with suppress(Exception):  # ended by force: how it exited says nothing more
                one.child.wait()
