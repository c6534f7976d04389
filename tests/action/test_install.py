"""How the action installs its libraries: real pip, an index in a folder, and caches that other jobs can write to."""

import os
import subprocess
import sys
import zipfile
from hashlib import sha256

import pytest

from tests.lab.tools import ROOT

NAME = "tiny-1.0-py3-none-any.whl"
FILES = {
    "tiny.py": "ANSWER = 42\n",
    "tiny-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
    "tiny-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "tiny-1.0.dist-info/RECORD": "",
}


def wheel(folder, **changed):
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / NAME, "w") as archive:
        for name, text in (FILES | changed).items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return folder / NAME


@pytest.fixture
def install(tmp_path):
    """Run install.sh for one library, which an index in a folder has; returns the run."""
    index = tmp_path / "index" / "tiny"
    digest = sha256(wheel(index).read_bytes()).hexdigest()
    (index / "index.html").write_text(f'<a href="{NAME}">{NAME}</a>')
    checkout = tmp_path / "checkout"
    (checkout / "action").mkdir(parents=True)
    (checkout / "action" / "requirements.txt").write_text(f"tiny==1.0 --hash=sha256:{digest}\n")
    env = {
        "PATH": os.defpath, "HOME": str(tmp_path), "GATE_ACTION_PYTHON": sys.executable,
        "GATE_ACTION_ROOM": str(tmp_path / "room"), "GITHUB_ACTION_PATH": str(checkout),
        "PIP_INDEX_URL": index.parent.as_uri(), "PIP_CONFIG_FILE": os.devnull,
    }  # fmt: skip

    def call(**more):
        return subprocess.run(
            ["bash", str(ROOT / "action" / "install.sh")],
            env=env | more, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    call.room, call.index = tmp_path / "room", index
    return call


def answer(room):
    program = "import tiny; print(tiny.ANSWER)"
    done = subprocess.run([room / "venv/bin/python", "-I", "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_without_a_cache_the_libraries_are_downloaded_and_kept_as_wheels(install):
    done = install()
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (install.room / "wheels").iterdir()] == [NAME]
    assert answer(install.room) == "42"


def test_with_cached_wheels_no_index_is_asked(install):
    wheel(install.room / "wheels")
    done = install(PIP_INDEX_URL="file:///no/such/index")
    assert done.returncode == 0, done.stderr
    assert answer(install.room) == "42"


@pytest.mark.parametrize("cached", [{"tiny.py": "ANSWER = 'planted'\n"}, None], ids=["planted", "empty"])
def test_cached_wheels_with_other_hashes_are_downloaded_again(install, cached):
    if cached:
        wheel(install.room / "wheels", **cached)
    else:
        (install.room / "wheels").mkdir(parents=True)
    done = install()
    assert done.returncode == 0, done.stderr
    assert "::warning title=gate::the cached libraries are damaged" in done.stderr
    assert answer(install.room) == "42"


def test_an_index_with_other_content_ends_the_job(install):
    wheel(install.index, **{"tiny.py": "ANSWER = 'planted'\n"})
    done = install()
    assert done.returncode == 4
    assert "::error title=gate::the libraries of gate cannot be downloaded" in done.stderr
    assert not (install.room / "venv").exists()


def test_a_planted_environment_is_replaced(install):
    wheel(install.room / "wheels")
    planted = install.room / "venv" / "bin"
    planted.mkdir(parents=True)
    (planted / "python").write_text("#!/bin/sh\necho planted\n")
    (planted / "python").chmod(0o755)
    assert install().returncode == 0
    assert answer(install.room) == "42"
