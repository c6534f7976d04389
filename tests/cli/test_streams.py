"""Streams that are closed, full or abandoned: an answer that nobody could read is no pass."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.trivy.reports import encoded, os_result, vulnerability

ROOT = str(Path(__file__).parents[2])


def shell(context, line, **env):
    """Run `gate` as a shell does with its redirections."""
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {sys.executable} -m gate {line}"],
        cwd=context.cwd,
        env={**context.env, "PYTHONPATH": ROOT, **env},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("policy check >&-", 3),
        ("policy check >/dev/full", 3),
        ("policy show >&- 2>&-", 3),
        ("policy show <&- >&- 2>&-", 3),
        ("policy check 2>&-", 0),
        ("policy check <&-", 0),
        ("policy check no-such-file 2>&-", 3),
        ("policy check no-such-file 2>/dev/full", 3),
        ("scan --no-such-option 2>&-", 2),
        ("scan app@sha256:x >&- 2>&-", 2),
    ],
)
@pytest.mark.parametrize("env", [{}, {"PYTHONUNBUFFERED": "1"}], ids=["buffered", "unbuffered"])
def test_closed_and_full_streams_end_with_words_and_the_right_code(context, line, code, env):
    done = shell(context, line, **env)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "bug" not in done.stderr
    if "2>" not in line and code:
        assert "the output could not be printed: " in done.stderr
        assert "hint:" in done.stderr


def test_whoever_stops_reading_gets_no_pass_and_no_complaint(context):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "gate", "policy", "show"],
        cwd=context.cwd,
        env={**context.env, "PYTHONPATH": ROOT},
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (3, b"")


def test_a_closed_stream_is_no_place_for_documents(context):
    """The next file that is opened would take the place of a closed one, and words would get into it."""
    (context.cwd / "report.json").write_bytes(encoded(os_result(vulnerability())))
    done = shell(context, "judge report.json --json=out.json >&-")
    assert done.returncode == 3, done.stderr
    assert json.loads((context.cwd / "out.json").read_bytes())["passed"] is False
    assert shell(context, "judge report.json -q --json=out.json >&-").returncode == 10


def test_another_refusal_of_the_system_is_told_as_what_it_is(gate, layouts, tmp_path):
    (tmp_path / "trivy").write_text("in the way of a folder")
    said = gate("scan", f"oci:{layouts.folder}:clean", env={"GATE_CACHE_DIR": str(tmp_path)})
    assert said.code == 3
    assert f"error: {tmp_path}/trivy cannot be used: File exists" in said.err
    assert "printed" not in said.err


@pytest.mark.parametrize(
    ("line", "text", "code"),
    [
        ("judge -", encoded(os_result(vulnerability())).decode(), 10),
        ("judge -", "{}", 3),
        ("judge - -", encoded(os_result(vulnerability())).decode(), 2),
        ("policy check -", "fail_on: {severity: low}", 0),
        ("policy check -", "fail_on: {severity: lowest}", 3),
        ("explain CVE-1 --verdict -", "{}", 3),
        ("sarif check -", "[]", 3),
        ("judge -", "", 3),
    ],
)
def test_a_dash_is_standard_input(context, line, text, code):
    (context.cwd / "given").write_text(text)
    done = shell(context, f"{line} <given")
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("line", ["judge pipe", "policy check pipe", "explain X --verdict pipe", "sarif check pipe"])
def test_a_pipe_that_nobody_writes_to_is_refused_at_once(context, line):
    os.mkfifo(context.cwd / "pipe")
    done = shell(context, line)
    assert done.returncode == 3
    assert "is not a file" in done.stderr
    assert "hint: name a file, or - for standard input" in done.stderr


def test_a_document_that_cannot_be_written_is_told_before_the_image_is_looked_for(gate):
    said = gate("scan", "127.0.0.1:1/no/such:image", "--json=/proc/x.json")
    assert said.code == 3
    assert "/proc/x.json cannot be written" in said.err
