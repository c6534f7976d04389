"""Scans side by side on one cache: the database is fetched once, and every scan ends well."""

import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.lab import database as lab_database
from tests.lab.contents import Deb, debian, jar
from tests.lab.oci import Layout
from tests.lab.referrers import MemoryRegistry

MANY = 20
PATIENCE = 300  # seconds; they share the cores with other tests
BLOB = "/v2/trivy/{}/blobs/"


@pytest.fixture
def served():
    with MemoryRegistry() as registry:
        yield registry


@pytest.fixture
def publish(served, tmp_path):
    """Publish a database, or an index of Java archives, made `age` ago."""

    def published(age, kind="db"):
        folder = tmp_path / f"{kind}-{age.total_seconds():.0f}"
        build = lab_database.build if kind == "db" else lab_database.build_java
        build(folder, updated=datetime.now(UTC) - age)
        layout, tag = Layout(folder / "layout"), "2" if kind == "db" else "1"
        lab_database.artifact(folder, layout, tag, kind=kind)
        served.push(layout, tag, f"trivy/{kind}:{tag}")

    return published


@pytest.fixture
def start(context, served, tmp_path, trivy):
    """Start a scan of a tiny image, as a process of its own."""
    layout = Layout(tmp_path / "image")
    layout.tag(layout.image([debian("12.4", [Deb("bash", "5.2.15-2+b3")])]), "plain")
    layout.tag(layout.image([debian("12.4", [Deb("bash", "5.2.15-2+b3")]), {"app/unnamed.jar": jar()}]), "jar")
    options = ("--db-repository", f"{served.host}/trivy/db:2", "--java-db-repository", f"{served.host}/trivy/java-db:1")

    def started(name="plain", env=None, *more):
        return subprocess.Popen(
            [sys.executable, "-m", "gate", "scan", f"oci:{layout.folder}:{name}", *options, *more],
            cwd=context.cwd,
            env=context.env | {"PYTHONPATH": str(Path.cwd())} | (env or {}),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    return started


def ended(children):
    said = [child.communicate(timeout=PATIENCE)[1] for child in children]
    return [child.returncode for child in children], said


@pytest.mark.parametrize(("many", "env"), [(MANY, {}), (6, {"CI": "true"})], ids=["twenty outside of CI", "six in CI"])
def test_scans_on_an_empty_cache_and_on_one_that_is_due_fetch_once(context, served, publish, start, many, env):
    publish(timedelta(days=2))
    codes, said = ended([start(env=env) for _ in range(many)])
    assert codes == [0] * many, said
    assert served.count("GET", BLOB.format("db")) == 1
    publish(timedelta(hours=1))  # the one in the cache has been due for a day
    codes, said = ended([start(env=env) for _ in range(many)])
    assert codes == [0] * many, said
    assert served.count("GET", BLOB.format("db")) == 2
    assert not list((context.cache / "runs").iterdir())


@pytest.mark.parametrize("env", [{}, {"CI": "true"}], ids=["outside of CI", "in CI"])
def test_the_index_of_java_archives_is_fetched_once(served, publish, start, env):
    publish(timedelta(hours=1))
    publish(timedelta(hours=1), "java-db")
    codes, said = ended([start("jar", env) for _ in range(6)])
    assert codes == [0] * 6, said
    assert served.count("GET", BLOB.format("java-db")) == 1


@pytest.mark.parametrize("env", [{}, {"CI": "true"}], ids=["outside of CI", "in CI"])
def test_a_scan_says_that_it_waits_for_the_fetch_of_another(served, publish, start, env):
    publish(timedelta(hours=1))
    second = []

    def join():
        second.append(start(env=env))
        assert any("waiting for another run" in line for line in second[0].stderr)

    served.meanwhile("GET", BLOB.format("db"), join)
    codes, said = ended([start(env=env)])
    assert codes == [0], said
    assert ended(second)[0] == [0]
    assert served.count("GET", BLOB.format("db")) == 1


def test_a_database_that_is_deleted_during_a_scan_stays_for_the_scan(context, publish, start, trivy):
    publish(timedelta(hours=1))
    deleting = context.cwd / "trivy"
    kept = context.cache / "trivy"
    deleting.write_text(f'#!/bin/sh\nrm -rf {kept}/db-*\nexec "{trivy}" "$@"\n')
    deleting.chmod(0o755)
    for _ in range(2):  # fetched by itself, and kept by an earlier run
        codes, said = ended([start(env={"GATE_TRIVY": str(deleting)})])
        assert codes == [0], said
        assert ended([start()])[0] == [0]


def test_a_named_database_that_is_deleted_during_a_scan_is_named_as_the_cause(context, start, database, trivy):
    folder = shutil.copytree(database, context.cwd / "named")
    deleting = context.cwd / "trivy"
    deleting.write_text(f'#!/bin/sh\nrm -rf {folder}/db\nexec "{trivy}" "$@"\n')
    deleting.chmod(0o755)
    codes, said = ended([start("plain", {"GATE_TRIVY": str(deleting)}, "--offline", "--trivy-cache", str(folder))])
    assert codes == [5]
    assert "the vulnerability database was deleted while it was being used" in said[0]


def test_a_trivy_that_fails_without_a_word_is_no_riddle(context, start, database):
    silent = context.cwd / "trivy"
    silent.write_text("#!/bin/sh\nexit 3\n")
    silent.chmod(0o755)
    codes, said = ended([start("plain", {"GATE_TRIVY": str(silent)}, "--offline", "--trivy-cache", str(database))])
    assert codes == [5]
    assert "Trivy exited with 3 and wrote no error message" in said[0]
    assert "above" not in said[0]
