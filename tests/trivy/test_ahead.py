"""A report that is read ahead, or not: in a program of its own, as pytest has threads."""

import os
import subprocess
import sys

import pytest

from tests.lab.tools import ROOT

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2, reason="needs Linux and two cores"
)
# With so many handles left; how many bytes came.
PROGRAM = """
import os, resource, sys
from pathlib import Path
from gate.trivy.ahead import ahead
lowest = os.dup(0)
os.close(lowest)
resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + int(sys.argv[1]), 4096))
with ahead(Path("report.json")) as coming:
    begun = coming()
    print(begun and len(begun.data))
"""


@pytest.mark.parametrize(("handles", "said"), [*((few, "None") for few in range(4)), (16, str(5 << 20))])
def test_where_it_cannot_be_read_ahead_it_is_left_to_others(tmp_path, handles, said):
    (tmp_path / "report.json").write_bytes(b" " * (5 << 20))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(handles)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (done.stdout.strip(), done.stderr) == (said, "")
