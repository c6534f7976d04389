"""Memory, threads or file handles that run out are reported as that: exit code 5, and no bug of ours."""

import errno
import json
import os
import subprocess
import sys

import pytest

from gate.cli.exhaustion import exhausted
from gate.errors import InputError, RegistryError
from tests.lab.tools import ROOT

LIMITED = """
import resource, sys
resource.setrlimit(getattr(resource, sys.argv[1]), (int(sys.argv[2]),) * 2)
sys.argv = ["gate", *sys.argv[3:]]
from gate.__main__ import main
main()
"""


def limited(limit, value, *args, cwd):
    """Run the real command in a process of its own under that limit."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    command = [sys.executable, "-c", LIMITED, limit, str(value), *args]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=env, check=False, timeout=120)


@pytest.fixture
def report(tmp_path):
    """A report that needs far more memory than the limits of these tests leave."""
    finding = {"VulnerabilityID": "CVE-2024-1", "PkgName": "a", "InstalledVersion": "1", "Severity": "LOW"}
    rows = [{**finding, "PkgName": f"package-{number}", "Description": "x" * 2000} for number in range(20_000)]
    document = {"SchemaVersion": 2, "ArtifactName": "app:1", "ArtifactType": "container_image"}
    (tmp_path / "report.json").write_text(
        json.dumps(
            {**document, "Results": [{"Target": "a", "Class": "os-pkgs", "Type": "debian", "Vulnerabilities": rows}]}
        )
    )
    return "report.json"


@pytest.mark.parametrize("handles", range(4, 9))
def test_handles_that_run_out_are_called_handles(tmp_path, report, handles):
    said = limited("RLIMIT_NOFILE", handles, "judge", report, "--offline", cwd=tmp_path)
    assert "Traceback" not in said.stderr
    assert "bug in gate" not in said.stderr
    assert said.returncode != 1, said.stderr
    if said.returncode == 5:
        assert "handles" in said.stderr


@pytest.mark.parametrize("megabytes", [60, 160, 200])
def test_memory_that_runs_out_is_called_memory(tmp_path, report, megabytes):
    said = limited("RLIMIT_AS", megabytes << 20, "judge", report, "--offline", cwd=tmp_path)
    assert "bug in gate" not in said.stderr
    assert said.returncode != 1, said.stderr
    if said.returncode == 5:
        assert "memory" in said.stderr


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (MemoryError(), "memory"),
        (OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)), "memory"),
        (ImportError("x.so: failed to map segment from shared object"), "memory"),
        (OSError(errno.EMFILE, os.strerror(errno.EMFILE), "a.json"), "handles"),
        (OSError(errno.ENFILE, os.strerror(errno.ENFILE)), "handles"),
        (RuntimeError("can't start new thread"), "thread"),
        (BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN)), "thread"),
    ],
)
@pytest.mark.parametrize("wrapped", [None, InputError("a.json cannot be read"), RegistryError("not reached")])
def test_what_ran_out_is_found_below_what_it_made_fail(cause, words, wrapped):
    found = cause
    if wrapped:
        wrapped.__cause__ = cause
        found = wrapped
    told = exhausted(found)
    assert told.code == 5
    assert words in told.problem
    assert words in told.hint or "ulimit" in told.hint


@pytest.mark.parametrize(
    "other",
    [ValueError("x"), OSError(errno.ENOENT, "not there"), InputError("x"), RuntimeError("Too few"), KeyError("x")],
)
def test_other_errors_stay_what_they_are(other):
    assert exhausted(other) is None
