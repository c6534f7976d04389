"""A small process that runs what is measured: `python -m bench.spawner`, a command a line in, its cost a line out.

Memory is what a command and all its children hold at a time, what they share counted once (PSS of Linux). To look at it
takes time from them, so it is done in runs whose time does not count, or seldom.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_EVERY = 0.005  # seconds, and later on
_SHARE = 0.02  # of the time that it has run so far: the one run of a long command is timed too


def run(args: list[str], env: dict[str, str], *, watched: bool) -> dict[str, float]:
    """Run a command to its end, without a word; seconds, and MB at most (0 unless it is `watched`)."""
    started = time.perf_counter()
    quiet = os.open(os.devnull, os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, quiet, number) for number in range(3)]
    process = os.posix_spawnp(args[0], args, env, file_actions=actions)
    os.close(quiet)
    memory = _peak(process) if watched else 0.0
    _, status, usage = os.wait4(process, 0)
    return {
        "wall": time.perf_counter() - started,
        "cpu": usage.ru_utime + usage.ru_stime,
        # Between two looks there may have been more: at least what the largest process had.
        "memory": max(memory, usage.ru_maxrss / 1024) if watched else 0.0,
        "code": os.waitstatus_to_exitcode(status),
    }


def _peak(process: int) -> float:
    """The most that was held until it ended."""
    most, started = 0.0, time.monotonic()
    while os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        most = max(most, sum(map(_held, _family(process))))
        time.sleep(max(_EVERY, _SHARE * (time.monotonic() - started)))
    return most


def _family(process: int) -> Iterator[int]:
    yield process
    try:
        children = [file.read_text() for file in Path(f"/proc/{process}/task").glob("*/children")]
    except OSError:  # it has just ended
        return
    for child in " ".join(children).split():
        yield from _family(int(child))


def _held(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:  # as above
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(run(**json.loads(line))), flush=True)
