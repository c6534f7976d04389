"""The documents that other readers expect, and the job summary, from the command line."""

import csv
import json
from xml.etree import ElementTree as ET

import pytest

from gate.output.markdown import LIMIT
from tests.trivy.reports import encoded, os_result, vulnerability

ACTIONS = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": ""}


@pytest.fixture
def judge(gate):
    """Judge a report with one critical vulnerability."""
    (gate.folder / "report.json").write_bytes(encoded(os_result(vulnerability())))

    def call(*args, **more):
        return gate("judge", "report.json", "--scanners", "secret", *args, **more)

    call.folder = gate.folder
    return call


@pytest.fixture
def step(judge):
    """The summary of a step, and the environment that names it."""
    path = judge.folder / "summary.md"
    return path, ACTIONS | {"GITHUB_STEP_SUMMARY": str(path)}


def test_one_run_writes_every_document_of_one_verdict(judge):
    said = judge("--junit", "a.xml", "--gitlab", "gl.json", "--csv", "a.csv", "--annotations", "a.txt", "--json=v.json")
    assert said.code == 10
    verdict = said.json("v.json")["verdicts"][0]
    refusing = verdict["decisions"]["refuses"]
    assert refusing == 1
    assert len(list(ET.parse(said.folder / "a.xml").iter("failure"))) >= refusing
    assert len(said.json("gl.json")["vulnerabilities"]) == len(verdict["findings"])
    with (said.folder / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["decision"] for row in csv.DictReader(file)] == ["refuses"]
    assert "CVE-2024-0001" in (said.folder / "a.txt").read_text()


@pytest.mark.parametrize("name", ["junit", "gitlab", "csv", "annotations"])
def test_a_dash_prints_a_document_alone_and_the_table_beside_it(judge, name):
    said = judge(f"--{name}", "-")
    assert said.code == 10
    assert "CVE-2024-0001" in said.out
    assert "REFUSED" not in said.out
    assert "REFUSED" in said.err
    assert judge(f"--{name}", "-", "--sarif", "-").code == 2


def test_annotations_stand_on_the_line_of_the_lock_file(judge):
    (judge.folder / ".git").mkdir()
    npm = vulnerability(PkgName="lodash", InstalledVersion="4.17.11", VulnerabilityID="CVE-2019-10744")
    result = {"Target": "Node.js", "Class": "lang-pkgs", "Type": "npm", "Packages": [], "Vulnerabilities": [npm]}
    (judge.folder / "report.json").write_bytes(encoded(os_result(), result))
    lock = {"lockfileVersion": 3, "packages": {"": {"name": "app"}, "node_modules/lodash": {"version": "4.17.11"}}}
    (judge.folder / "package-lock.json").write_text(json.dumps(lock, indent=1))
    said = judge("--annotations", "-", "-q")
    (line,) = [line for line in said.out.splitlines() if "lodash" in line]
    assert line.startswith("::error file=package-lock.json,line=")


def test_a_document_that_cannot_be_written_is_refused_before_the_work(judge):
    assert judge("--junit", "no/such/folder.xml").code == 3
    assert judge("--junit", "a.xml", "--csv", "a.xml").code == 2


def test_the_summary_is_added_to_what_the_step_has_written(judge, step):
    path, env = step
    path.write_text("# before\n")
    assert judge("--summary", env=env).code == 10
    text = path.read_text()
    assert text.startswith("# before\n\n## ❌ Refused")
    judge("--summary", env=env)
    assert path.read_text().count("## ❌ Refused") == 2


def test_without_being_asked_nothing_is_added(judge, step):
    path, env = step
    judge(env=env)
    assert not path.exists()


def test_the_summary_of_a_step_never_grows_beyond_what_github_takes(judge, step):
    path, env = step
    path.write_text("x" * (LIMIT - 700))
    judge("--summary", env=env)
    assert LIMIT - 700 < path.stat().st_size <= LIMIT
    assert "**Cut here:**" in path.read_text()
    size = path.stat().st_size
    path.write_text("x" * LIMIT)
    said = judge("--summary", env=env)
    assert path.stat().st_size == LIMIT >= size
    assert "full already" in said.err
    assert said.code == 10


def test_a_summary_where_there_is_none_is_a_usage_error(judge):
    said = judge("--summary")
    assert said.code == 2
    assert "GITHUB_STEP_SUMMARY" in said.err


def test_a_summary_that_cannot_be_written_is_exit_3(judge):
    said = judge("--summary", env=ACTIONS | {"GITHUB_STEP_SUMMARY": str(judge.folder)})
    assert said.code == 3
