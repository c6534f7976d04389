"""What is shown while work is long, on a terminal of a given width."""

import fcntl
import os
import re
import struct
import subprocess
import sys
import termios

import pytest

from gate.output.progress_bar import Lines
from gate.output.terminal_page import cells
from tests.lab.tools import ROOT

SCRIPT = """
from gate.output.progress_bar import show_progress
with show_progress(quiet=False, color=False, say=print) as live:
    live.step("resolving ghcr.io/acme/team/some-application")
    live.step("pulling ghcr.io/acme/team/some-application-with-a-long-name linux/arm64/v8")
    for _ in range(50):
        live.bytes(2_000_000, 100_000_000)
    live.step("pulling ghcr.io/日本語/日本語日本語日本語日本語日本語日本語日本語日本語 linux/arm64/v8")
    live.step("scanning 2 platforms")
    live.step("judging")
"""


def shown(width):
    """Every frame that was painted, as lines of text."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    env = {"PATH": os.environ["PATH"], "TERM": "xterm", "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", SCRIPT], stderr=theirs, stdin=theirs, env=env) as child:
        os.close(theirs)
        data = b""
        while True:
            try:
                piece = os.read(ours, 1 << 16)
            except OSError:  # the other side is closed
                break
            if not piece:
                break
            data += piece
    os.close(ours)
    assert child.returncode == 0, data
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "\n", data.decode())
    return [line.strip() for line in re.split(r"[\r\n]+", text) if line.strip()]


@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_step_is_one_line_that_never_wraps(width):
    frames = shown(width)
    assert max(map(cells, frames)) < width
    assert all(re.match(r"[⠀-⣿] ", line) for line in frames), "a line without a spinner is the rest of one that broke"


def test_bytes_are_told_of_the_download_alone():
    frames = shown(80)
    assert any(line.endswith("linux/arm64/v8  50 % of 100 MB") for line in frames)
    assert any(line.endswith("100 % of 100 MB") for line in frames)
    for line in frames:
        assert ("MB" in line) <= ("pulling" in line)
        assert "?" not in line
    assert any(line.endswith(" scanning 2 platforms") for line in frames)
    assert any(line.endswith(" judging") for line in frames)


class Log:
    """The lines of a log, on a clock of the test's own."""

    def __init__(self):
        self.lines, self.now = [], 100.0
        self.progress = Lines(self.lines.append, lambda: self.now)


def test_without_a_terminal_each_step_is_one_line():
    log = Log()
    for step in ("resolving a", "pulling a linux/amd64", "pulling a linux/arm64", "pulling a linux/amd64", "judging"):
        log.progress.step(step)
    assert log.lines == ["resolving a", "pulling a linux/amd64", "pulling a linux/arm64", "judging"]


def test_counted_steps_and_shares_of_a_download_are_seconds_apart():
    log = Log()
    for number in range(1, 101):
        log.progress.step(f"deleting {number:,} of 1,000")
        log.now += 0.125
    assert log.lines == ["deleting 1 of 1,000", "deleting 41 of 1,000", "deleting 81 of 1,000"]
    log = Log()
    log.progress.step("pulling a")
    for _ in range(100):
        log.now += 0.125
        log.progress.bytes(1_000_000, 100_000_000)
    assert log.lines == ["pulling a", "pulled 40 % of 100 MB", "pulled 80 % of 100 MB"]
