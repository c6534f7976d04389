"""Two commands in turn, A B A B …, each as a whole process: the ratio of what they take, pair by pair.

A ratio within one run stands on any machine; seconds alone stand on none.
"""

import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class Cost:
    """What one run took: wall-clock and processor seconds, and MB, if anybody looked."""

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
    memory: tuple[float, float]
    """MB at most, of a run of each."""
    limit: float | None
    memory_limit: float | None = None

    @property
    def ratio(self) -> float:
        return statistics.median(a.wall / b.wall for a, b in zip(self.ours, self.theirs, strict=True))

    @property
    def memory_ratio(self) -> float:
        ours, theirs = self.memory
        return ours / theirs

    @property
    def good(self) -> bool:
        timely = self.limit is None or self.ratio <= self.limit
        return timely and (self.memory_limit is None or self.memory_ratio <= self.memory_limit)


class Spawner:
    """Runs commands one after another, from a process so small that it adds nothing to the memory of what it runs."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.spawner"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def once(self, command: Command, *, watched: bool = False) -> Cost:
        """Run it to its end; its memory is looked at if it is `watched`."""
        for folder in command.fresh:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(
            json.dumps({"args": list(command.args), "env": dict(command.env), "watched": watched}) + "\n"
        )
        self._process.stdin.flush()
        told = json.loads(self._process.stdout.readline())
        if (code := told.pop("code")) not in command.codes:
            raise SystemExit(f"{' '.join(command.args)} ended with {code}")
        return Cost(**told)

    def compare(  # noqa: PLR0913 a comparison is two commands and what is expected of them
        self,
        name: str,
        ours: Command,
        theirs: Command,
        *,
        limit: float | None,
        memory_limit: float | None = None,
        runs: int = 5,
    ) -> Row:
        """Both in turn, after one run of each for its memory, whose time does not count (unless there is but one)."""
        watched = self.once(ours, watched=True), self.once(theirs, watched=True)
        pairs = [(self.once(ours), self.once(theirs)) for _ in range(runs)] if runs > 1 else [watched]
        memory = watched[0].memory, watched[1].memory
        return Row(name, [a for a, _ in pairs], [b for _, b in pairs], memory, limit, memory_limit)
