"""A small process that runs what is measured: `python -m bench.spawner`, a command a line in, its cost a line out.

What a program's peak memory is said to be (`ru_maxrss`) is never less than that of the process that started it. So
this one reads nothing big, and is started before anybody does.
"""

import json
import os
import sys
import time


def run(args: list[str], env: dict[str, str]) -> dict[str, float]:
    """Run a command to its end, without a word; seconds, and MB."""
    started = time.perf_counter()
    quiet = os.open(os.devnull, os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, quiet, number) for number in range(3)]
    process = os.posix_spawnp(args[0], args, env, file_actions=actions)
    os.close(quiet)
    _, status, usage = os.wait4(process, 0)
    return {
        "wall": time.perf_counter() - started,
        "cpu": usage.ru_utime + usage.ru_stime,
        "memory": usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024 * 1024),
        "code": os.waitstatus_to_exitcode(status),
    }


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(run(**json.loads(line))), flush=True)
