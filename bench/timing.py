"""Two commands in turn, A B A B …, each as a whole process: the ratio of what they take, pair by pair.

A ratio within one run stands on any machine; seconds alone stand on none.
"""

import os
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """What one run took: wall-clock and processor seconds, peak memory of its largest process in MB."""

    wall: float
    cpu: float
    memory: float


@dataclass(frozen=True)
class Command:
    """A command, with the exit codes that are expected of it; `fresh` folders are emptied before each run."""

    args: Sequence[str]
    env: Mapping[str, str]
    codes: tuple[int, ...] = (0,)
    fresh: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Row:
    """One comparison; `limit` is what the ratio of wall-clock time must stay within, `memory_limit` that of memory."""

    name: str
    ours: list[Cost]
    theirs: list[Cost]
    limit: float
    memory_limit: float | None = None

    @property
    def ratio(self) -> float:
        return statistics.median(a.wall / b.wall for a, b in zip(self.ours, self.theirs, strict=True))

    @property
    def memory_ratio(self) -> float:
        return statistics.median(a.memory / b.memory for a, b in zip(self.ours, self.theirs, strict=True))

    @property
    def good(self) -> bool:
        return self.ratio <= self.limit and (self.memory_limit is None or self.memory_ratio <= self.memory_limit)


def once(command: Command) -> Cost:
    """Run it to its end."""
    for folder in command.fresh:
        _empty(folder)
    started = time.perf_counter()
    quiet = os.open(os.devnull, os.O_RDWR)
    try:
        actions = [(os.POSIX_SPAWN_DUP2, quiet, number) for number in range(3)]
        process = os.posix_spawnp(command.args[0], list(command.args), dict(command.env), file_actions=actions)
        _, status, usage = os.wait4(process, 0)
    finally:
        os.close(quiet)
    wall = time.perf_counter() - started
    code = os.waitstatus_to_exitcode(status)
    if code not in command.codes:
        raise SystemExit(f"{' '.join(command.args)} ended with {code}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def compare(  # noqa: PLR0913 a comparison is two commands and what is expected of them
    name: str, ours: Command, theirs: Command, *, limit: float, memory_limit: float | None = None, runs: int = 5
) -> Row:
    """Both in turn, after one run of each that does not count (unless there is but one run)."""
    if runs > 1:
        once(ours)
        once(theirs)
    pairs = [(once(ours), once(theirs)) for _ in range(runs)]
    return Row(name, [a for a, _ in pairs], [b for _, b in pairs], limit, memory_limit)


def _empty(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
