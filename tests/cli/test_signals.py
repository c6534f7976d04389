"""What is left of a run that is told to stop: nothing."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

SLOW = "#!/bin/sh\nsleep {time} &\nsleep {time}\n"
PATIENCE = 20


def time_of(number):
    """Seconds that nobody else on this machine sleeps for."""
    return f"304.{os.getpid()}{number}5"


def sleeping(number):
    """Whether the slow program's children run."""
    wanted = b"\0".join([b"sleep", time_of(number).encode(), b""])
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if process.read_bytes() == wanted:
                return True
    return False


def waited(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


def started(context, database, layouts, number, *before):
    slow = context.cwd / "slow-trivy"
    slow.write_text(SLOW.format(time=time_of(number)))
    slow.chmod(0o755)
    env = {**context.env, "GATE_TRIVY": str(slow), "GATE_CACHE_DIR": str(context.cwd / "cache")}
    args = ["scan", f"oci:{layouts.folder}:clean", "--offline", "--trivy-cache", str(database)]
    child = subprocess.Popen(
        [*before, sys.executable, "-m", "gate", *args],
        cwd=context.cwd,
        env=env | {"PYTHONPATH": str(Path.cwd())},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    waited(lambda: sleeping(number) or child.poll() is not None)
    return child


@pytest.mark.parametrize(("sign", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_a_run_that_is_told_to_stop_leaves_no_child_and_no_folder(context, database, layouts, sign, code):
    child = started(context, database, layouts, sign.value)
    child.send_signal(sign)
    out, err = child.communicate(timeout=PATIENCE)
    assert child.returncode == code, err
    assert "interrupted: nothing was decided" in err
    assert "Traceback" not in err
    assert out == ""
    waited(lambda: not sleeping(sign.value))  # the last of them is killed, and goes when the system gets to it
    assert not list((context.cwd / "cache" / "runs").iterdir())


def test_one_that_is_to_outlive_its_terminal_does(context, database, layouts):
    child = started(context, database, layouts, 99, "nohup")
    child.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.5)
    child.terminate()
    child.communicate(timeout=PATIENCE)
    assert child.returncode == 143
