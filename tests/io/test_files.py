"""Files read within a bound and without waiting, written whole or not at all."""

import os
import socket
import subprocess
import sys

import pytest

from gate.errors import InputError
from gate.io import files
from tests.lab.tools import ROOT


def refused(path, limit=10):
    with pytest.raises(InputError) as caught:
        files.read(path, limit=limit, what="the report")
    assert caught.value.problem.startswith("the report ")
    return f"{caught.value.problem} | {caught.value.hint}"


def test_a_pipe_that_nobody_writes_to_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "pipe is not a file | name a file" in refused(tmp_path / "pipe")


def test_what_is_no_file_is_told_as_what_it_is(tmp_path):
    assert "is a folder | name a file in it" in refused(tmp_path)
    assert "is not a file" in refused(tmp_path.joinpath("/dev/zero"))
    assert "is not there | check the path" in refused(tmp_path / "gone")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        assert "cannot be read" in refused(tmp_path / "s")


def test_no_more_than_the_bound_is_read(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 10)
    assert files.read(tmp_path / "a", limit=10, what="the report") == b"x" * 10
    assert "larger than 9 bytes" in refused(tmp_path / "a", limit=9)


def test_standard_input_is_read_within_the_same_bound():
    script = (
        "from gate.io import files\nfrom gate.errors import InputError\n"
        "try: print(files.read(files.STDIN, limit=10, what='the report'))\n"
        "except InputError as exc: print(exc.problem)"
    )

    def said(data):
        done = subprocess.run([sys.executable, "-c", script], input=data, capture_output=True, check=True, cwd=ROOT)
        return done.stdout.decode().strip()

    assert said(b"abc") == "b'abc'"
    assert said(b"x" * 1_000_000) == "the report on standard input is larger than 10 bytes"


def test_a_place_that_can_be_written_to_is_left_as_it_was(tmp_path):
    (tmp_path / "old").write_text("old")
    (tmp_path / "link").symlink_to("old")
    for name in ("new", "old", "link"):
        files.check_writable(tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "old"]
    assert (tmp_path / "old").read_text() == "old"
    files.check_writable(tmp_path.joinpath("/dev/null"))


@pytest.mark.parametrize("path", ["/proc/x.json", "/sys/x.json", "/no-such-folder/x.json", "/"])
def test_a_place_that_cannot_be_written_to_is_told_before_the_work(tmp_path, path):
    with pytest.raises(InputError) as caught:
        files.check_writable(tmp_path / path)
    assert caught.value.hint


def test_what_cannot_even_be_begun_is_told_in_words_and_leaves_nothing(tmp_path):
    program = """
import resource
from pathlib import Path
from gate.io import files
from gate.errors import InputError
resource.setrlimit(resource.RLIMIT_FSIZE, (0, -1))
try:
    with files.replacing(Path("document")) as file:
        file.write(b"so far")
except InputError as exc:
    print(exc.problem)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (done.stdout, done.stderr) == ("document cannot be written: File too large\n", "")
    assert not [*tmp_path.iterdir()]
