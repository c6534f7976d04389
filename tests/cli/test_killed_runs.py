"""A run that is killed leaves no child, and what it left in the cache is deleted by the next."""

import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gate.io import workdirs
from tests.lab import database as lab_database
from tests.lab.oci import Layout
from tests.lab.referrers import MemoryRegistry

PATIENCE = 60
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")


@pytest.fixture
def start(context, layouts):
    def started(*options, env=None):
        return subprocess.Popen(
            [sys.executable, "-m", "gate", "scan", f"oci:{layouts.folder}:clean", *map(str, options)],
            cwd=context.cwd,
            env=context.env | {"PYTHONPATH": str(Path.cwd())} | (env or {}),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    return started


def kill(child):
    child.send_signal(signal.SIGKILL)
    child.communicate(timeout=PATIENCE)


def waited(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


def runs(number):
    """Whether that process runs; one that ended and was not waited for does not."""
    with suppress(OSError):
        return ") Z" not in Path(f"/proc/{number}/stat").read_text()
    return False


@ON_LINUX
def test_a_scanner_ends_with_a_killed_run_and_the_next_run_deletes_its_folder(context, start, database, trivy, gate):
    number = context.cwd / "number"
    hanging = context.cwd / "hanging"
    hanging.write_text(f"#!/bin/sh\necho $$ >{number}.part && mv {number}.part {number}\nexec sleep 3000\n")
    hanging.chmod(0o755)
    options = ("--offline", "--trivy-cache", database)
    killed, other = (start(*options, env={"GATE_TRIVY": str(hanging)}) for _ in range(2))
    homes = context.cache / "runs"
    waited(lambda: len(list(homes.glob("run-*/.lock"))) == 2)
    waited(number.exists)
    mine = set(homes.iterdir())
    kill(killed)
    assert gate("scan", *killed.args[4:5], *options).code == 0
    left = set(homes.iterdir())
    assert left < mine
    assert len(left) == 1  # the folder of the run that goes on
    kill(other)
    waited(lambda: not runs(int(number.read_text())))
    assert gate("scan", *killed.args[4:5], *options).code == 0
    assert not list(homes.iterdir())


@pytest.mark.parametrize("env", [{}, {"CI": "true"}], ids=["outside of CI", "in CI"])
def test_what_a_run_left_that_was_killed_while_it_fetched_is_deleted_by_the_next(
    context, start, database, tmp_path, trivy, gate, env
):
    folder = lab_database.build(tmp_path / "db", updated=datetime.now(UTC) - timedelta(hours=1))
    layout = Layout(tmp_path / "layout")
    lab_database.artifact(folder, layout)
    with MemoryRegistry() as served:
        served.push(layout, "2", "trivy/db:2")
        served.fault("GET", "/blobs/", hang=True)
        child = start("--db-repository", f"{served.host}/trivy/db:2", env=env)
        served.wait_for("GET", "/blobs/")
        kill(child)
    cache = context.cache
    assert list(cache.glob("trivy/artifacts/.part-*"))
    (cache / "trivy" / ".new-abc").mkdir()  # as earlier releases left it
    assert gate("scan", *child.args[4:5], "--offline", "--trivy-cache", database, env=env).code == 0
    left = {path.name for path in cache.rglob("*") if path.is_file()}
    assert left <= {".lock"}
    assert not list((cache / "trivy").glob(".new-*"))
    assert not list((cache / "trivy" / "artifacts").glob(".part-*"))
    assert not list((cache / "runs").iterdir())


def test_a_half_written_file_is_deleted_unless_it_is_being_written(tmp_path):
    from gate.io import files

    with files.replacing(tmp_path / "cosign.json"):
        dead = tmp_path / ".cosign.json.dead.part"
        dead.write_bytes(b"half")
        parts = set(tmp_path.iterdir())
        for part in parts:
            os.utime(part, (0, 0))
        workdirs.sweep(tmp_path)
        assert set(tmp_path.iterdir()) == parts - {dead}


def test_folders_that_are_links_or_in_use_stay(tmp_path):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / ".lock").touch()
    home = tmp_path / "runs"
    home.mkdir()
    (home / "run-link").symlink_to(precious)
    with workdirs.workdir(home, "run-") as first:
        with workdirs.workdir(home, "run-") as second:
            assert first.is_dir()
        assert not second.exists()
    assert not first.exists()
    assert precious.is_dir()


@pytest.fixture
def all_handles():
    """Opens files until there is no handle left; they are closed at the end."""
    held, limit = [], resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, limit[1]))

    def take(leave=0):
        with suppress(OSError):
            while True:
                held.append(os.open(os.devnull, os.O_RDONLY))
        for handle in held[:leave]:
            os.close(handle)
        del held[:leave]

    yield take
    for handle in held:
        os.close(handle)
    resource.setrlimit(resource.RLIMIT_NOFILE, limit)


def test_a_folder_is_deleted_when_no_handle_is_left(tmp_path, all_handles):
    with workdirs.workdir(tmp_path, "gate-cosign-") as folder:
        (folder / "a" / "b" / "c").mkdir(parents=True)
        (folder / "a" / "b" / "c" / "file").write_text("x")
        all_handles()
    assert not folder.exists()


@pytest.mark.parametrize("left", range(2, 12))
def test_with_few_handles_a_folder_is_made_and_deleted_or_not_made(tmp_path, all_handles, left):
    all_handles(left)
    with suppress(OSError), workdirs.workdir(tmp_path, "gate-cosign-") as folder:
        (folder / "a" / "b").mkdir(parents=True)
    all_handles()
    tmp_path.rmdir()  # it is empty
