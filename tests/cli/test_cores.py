"""`gate judge` of a report so big that a second core helps: nobody can tell from what it writes."""

import os
import subprocess
import sys

import pytest

from tests.lab.tools import ROOT
from tests.trivy.reports import encoded, os_result, vulnerability

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2, reason="needs Linux and two cores"
)
COUNT = 2_600
# With so many cores, and files no larger than that; whether it had help is the last that it prints.
PROGRAM = """
import os, resource, sys
from datetime import UTC, datetime
from pathlib import Path
from gate.cli import run
from gate.world import World
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), -1))
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(sys.argv[1])])
code = run(sys.argv[3:], World(env={}, now=datetime(2026, 6, 1, 12, tzinfo=UTC), cwd=Path.cwd()))
print("helped" if resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss else "alone")
sys.exit(code)
"""


@pytest.fixture
def judge(tmp_path):
    def call(data, cores, *args, largest=-1):
        (tmp_path / "report.json").write_bytes(data)
        command = [sys.executable, "-c", PROGRAM, str(cores), str(largest), "judge", "report.json", "--quiet", *args]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=60)

    return call


@pytest.fixture(scope="module")
def big():
    some = (vulnerability(f"CVE-2024-{n:05}", f"package{n % 700}", Description=f"{n} " * 400) for n in range(COUNT))
    return encoded(os_result(*some))


def test_one_core_and_two_write_the_same(judge, big, tmp_path):
    written = {}
    for cores, helped in ((1, "alone"), (2, "helped")):
        done = judge(big, cores, "--sarif", "a.sarif", "--json", "a.json", "--markdown", "a.md")
        assert (done.returncode, done.stdout) == (10, f"{helped}\n")
        written[cores] = [(tmp_path / name).read_bytes() for name in ("a.sarif", "a.json", "a.md")]
    assert written[1] == written[2]
    assert written[1][1].count(b'"fingerprint"') == COUNT


@pytest.mark.parametrize("more", [(), ("--sarif", "a.sarif")], ids=["alone", "beside SARIF"])
def test_a_name_given_twice_deep_in_a_big_report_is_refused_and_nothing_is_written(judge, big, tmp_path, more):
    at = big.index(b'"Severity"', len(big) // 2)
    twice = big[:at] + b'"Severity": "LOW", ' + big[at:]
    done = judge(twice, 2, "--json", "a.json", *more)
    assert (done.returncode, done.stdout) == (3, "helped\n")
    assert "a member is named twice" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_sarif_is_the_same_when_the_verdict_goes_elsewhere(judge, big, tmp_path):
    written = {}
    for cores, more in ((1, ()), (2, ()), (2, ("--json", "-")), (2, ("--json", "/dev/null"))):
        done = judge(big, cores, "--sarif", "a.sarif", *more)
        assert done.returncode == 10
        assert done.stdout.count('"fingerprint"') == (COUNT if "-" in more else 0)
        written[(tmp_path / "a.sarif").read_bytes()] = more
        (tmp_path / "a.sarif").unlink()
    assert len(written) == 1


def test_two_documents_that_do_not_fit_on_the_disk_are_told_in_words_and_leave_nothing(judge, big, tmp_path):
    done = judge(big, 2, "--json", "a.json", "--sarif", "a.sarif", largest=1_000_000)
    assert (done.returncode, done.stdout) == (3, "helped\n")
    assert done.stderr.startswith("error: ")
    assert "a.sarif cannot be written" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_a_verdict_that_cannot_be_written_is_told_in_words_and_leaves_nothing(judge, big, tmp_path):
    done = judge(big, 2, "--json", "a.json", "--markdown", "a.md", largest=1_000_000)
    assert (done.returncode, done.stdout) == (3, "helped\n")
    assert done.stderr.startswith("error: ")
    assert "a.json cannot be written" in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"report.json", "a.md"}
