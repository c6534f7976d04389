"""Where cosign comes from: later releases of the system that the machine has, by its own sources."""

import re
import shutil
import subprocess

import pytest

from tests.lab import tools

SCRIPT = tools.ROOT / "requirements" / "tools.sh"
LINES = """\
# deb http://a.example/debian bookworm main
deb [signed-by=/k.gpg] http://a.example/debian bookworm main contrib
deb-src http://a.example/debian bookworm main
deb http://a.example/debian bookworm-updates main
deb http://b.example/security bookworm-security main
deb http://c.example/tools stable main
"""
STANZAS = """\
# written by the installer
Types: deb deb-src
URIs: http://a.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /k.gpg

Types: deb
URIs: http://b.example/security
Suites: bookworm-security
Components: main
"""


@pytest.fixture
def of_release(tmp_path):
    """What the script makes of a file of sources."""
    found = re.search(r"(?ms)^of_release\(\) \{.*?^\}", SCRIPT.read_text())

    def of_release(name, text):
        (tmp_path / name).write_text(text)
        script = f"{found[0]}\nof_release trixie {tmp_path / name} bookworm"
        return subprocess.run(["sh", "-euc", script], capture_output=True, text=True, check=True).stdout

    tools.need(tools.find("awk"), "awk")
    return of_release


def test_a_line_of_the_machines_release_is_taken_for_another(of_release):
    assert of_release("a.list", LINES) == "deb [signed-by=/k.gpg] http://a.example/debian trixie main contrib\n"


def test_a_stanza_of_the_machines_release_is_taken_for_another(of_release):
    lines = of_release("a.sources", STANZAS).strip().splitlines()
    assert lines[1:] == [
        "Types: deb",
        "URIs: http://a.example/debian",
        "Suites: trixie",
        "Components: main",
        "Signed-By: /k.gpg",
    ]


def test_without_apt_it_is_told_what_is_missing(tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "requirements").mkdir()
    shutil.copy(SCRIPT, tmp_path / "requirements")
    for program in ("sh", "dirname"):
        (tmp_path / "bin" / program).symlink_to(shutil.which(program))
    command = ["sh", str(tmp_path / "requirements" / "tools.sh"), "cosign"]
    done = subprocess.run(command, env={"PATH": str(tmp_path / "bin")}, capture_output=True, text=True, check=True)
    assert [line[:21] for line in done.stderr.splitlines()] == ["tools: no cosign 3: i", "tools: no cosign 2: i"]


def test_the_two_are_told_apart_by_what_they_can_do(cosign, cosign2):
    assert (tools.cosign_major(cosign), tools.cosign_major(cosign2)) == (3, 2)


def test_another_program_is_neither(tmp_path):
    other = tmp_path / "cosign"
    other.write_text("#!/bin/sh\necho --key\n")
    other.chmod(0o755)
    assert tools.cosign_major(other) == 0
