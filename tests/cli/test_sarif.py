"""SARIF from the command line: where results point, and what `gate sarif` says of files."""

import json
import re

import pytest

from tests.lab.contents import Deb, debian, node_package
from tests.lab.oci import Layout

DOCKERFILE = """\
FROM debian:12 AS base
FROM base AS app
# the application
COPY web /app
"""
HISTORY = [{"created_by": "/bin/sh -c #(nop) ADD file:1 in / "}, {"created_by": "COPY web /app # buildkit"}]


@pytest.fixture
def built(tmp_path):
    """A layout `app`, as a build of DOCKERFILE makes it: Debian below, a Node package copied on top."""
    layout = Layout(tmp_path / "built")
    files = [debian("12.4", [Deb("curl", "7.88.1-10")]), node_package("lodash", "4.17.11")]
    layout.tag(layout.image(files, history=HISTORY), "app")
    return f"oci:{layout.folder}:app"


def places(said):
    """Where results point, by rule: path and first line."""
    found = {}
    for result in said.json("a.sarif")["runs"][0]["results"]:
        where = result["locations"][0]["physicalLocation"]
        found[result["ruleId"]] = where["artifactLocation"]["uri"], where["region"]["startLine"]
    return found


def test_without_a_checkout_results_point_below_the_image(scan, built):
    found = places(scan(built, "--sarif", "a.sarif"))
    assert all("Dockerfile" not in path for path, _ in found.values())


def test_in_a_checkout_results_point_at_the_instruction_that_brought_the_layer(scan, built):
    (scan.folder / ".git").mkdir()
    (scan.folder / "Dockerfile").write_text(DOCKERFILE)
    found = places(scan(built, "--sarif", "a.sarif"))
    assert found["CVE-2019-10744-lodash"] == ("Dockerfile", 4)
    assert found["CVE-2023-38545-curl"][0] == "Dockerfile"
    assert found["CVE-2023-38545-curl"][1] in {1, 2}


def test_a_lock_file_wins_for_its_own_packages(scan, built):
    lock = {
        "lockfileVersion": 3,
        "packages": {"": {"name": "app"}, "node_modules/lodash": {"version": "4.17.11"}},
    }
    folder = scan.folder / "checkout"
    (folder / "web").mkdir(parents=True)
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "web" / "package-lock.json").write_text(json.dumps(lock, indent=1))
    found = places(scan(built, "--sarif", "a.sarif", "--source", "checkout"))
    assert found["CVE-2019-10744-lodash"][0] == "web/package-lock.json"
    assert found["CVE-2023-38545-curl"][0] == "Dockerfile"


def test_a_dockerfile_and_its_stage_can_be_named(scan, built):
    (scan.folder / "app.Dockerfile").write_text(DOCKERFILE + "FROM scratch AS other\n")
    found = places(scan(built, "--sarif", "a.sarif", "--dockerfile", "app.Dockerfile", "--target", "app"))
    assert found["CVE-2019-10744-lodash"] == ("app.Dockerfile", 4)


@pytest.mark.parametrize("options", [["--dockerfile", "app.Dockerfile"], ["--source", "."]])
def test_a_stage_that_is_not_there_is_exit_3_and_names_those_that_are(scan, built, options):
    (scan.folder / "app.Dockerfile").write_text(DOCKERFILE)
    said = scan(built, "--sarif", "a.sarif", *options, "--target", "ap")
    assert said.code == 3
    assert "no Dockerfile has the stage 'ap'" in said.err
    assert "hint: there are base, app" in said.err


def test_a_dockerfile_that_is_not_there_is_exit_3(scan, built):
    assert scan(built, "--sarif", "a.sarif", "--dockerfile", "no-such-file").code == 3


def test_in_actions_the_commit_is_told(scan, built):
    env = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "acme/app",
        "GITHUB_SHA": "0123456789abcdef0123456789abcdef01234567",
        "GITHUB_REF_TYPE": "branch",
        "GITHUB_REF_NAME": "main",
    }
    run = scan(built, "--sarif", "a.sarif", env=env).json("a.sarif")["runs"][0]
    assert run["versionControlProvenance"] == [
        {"repositoryUri": "https://github.com/acme/app", "revisionId": env["GITHUB_SHA"], "branch": "main"}
    ]


def test_the_category_can_be_chosen_and_platforms_asked_for_have_their_own(scan, built):
    def category(*options):
        return scan(built, "--sarif", "a.sarif", *options).json("a.sarif")["runs"][0]["automationDetails"]["id"]

    assert category("--category", "nightly") == "nightly/"
    assert category("--platform", "linux/amd64") != category()
    assert category().endswith("/")


def test_check_takes_our_own_file(scan, gate, built):
    scan(built, "--sarif", "a.sarif")
    said = gate("sarif", "check", "a.sarif")
    assert said.code == 0, said.out
    assert "GitHub will accept this file" in said.out


def test_check_says_what_github_will_refuse(gate):
    (gate.folder / "bad.sarif").write_text(json.dumps({"version": "2.1.0", "runs": [{}] * 21}))
    said = gate("sarif", "check", "bad.sarif")
    assert said.code == 10
    assert "21 runs" in said.out
    document = json.loads(gate("sarif", "check", "bad.sarif", "--json").out)
    assert document["refused"] is True
    assert {problem["kind"] for problem in document["problems"]} >= {"refused"}


def test_check_holds_a_file_against_the_schema(gate):
    run = {"tool": {"driver": {"name": "x", "rules": []}}, "results": [], "columnKind": "furlongs"}
    document = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    (gate.folder / "odd.sarif").write_text(json.dumps(document))
    said = gate("sarif", "check", "odd.sarif")
    assert "/runs/0/columnKind" in said.out


@pytest.mark.parametrize("data", ["", "[]", "nul", '{"runs": 1, "runs": 2}'])
def test_check_refuses_what_is_no_sarif(gate, data):
    (gate.folder / "bad.sarif").write_text(data)
    said = gate("sarif", "check", "bad.sarif")
    assert said.code == 3
    assert "bad.sarif" in said.err
    assert "hint:" in said.err


def test_check_of_several_files_names_each_and_one_that_github_refuses_is_enough(gate):
    (gate.folder / "good.sarif").write_text('{"version": "2.1.0", "runs": []}')
    (gate.folder / "bad.sarif").write_text('{"version": "2.1.0", "runs": [{}]}')
    for files in (["good.sarif", "bad.sarif"], ["bad.sarif", "good.sarif"]):
        said = gate("sarif", "check", *files)
        assert said.code == 10
        assert all(line.startswith(("good.sarif: ", "bad.sarif: ")) for line in said.out.splitlines())
        assert "bad.sarif: GitHub will refuse this file" in said.out
    assert gate("sarif", "check", "good.sarif", "good.sarif").code == 0
    assert gate("sarif", "check", "good.sarif", "bad.sarif", "--json").code == 2
    assert gate("sarif", "check", "good.sarif", "gone.sarif").code == 3


def test_check_names_no_place_where_there_is_none(gate):
    results = [{"message": {"text": f"{n}"}, "ruleId": "x"} for n in range(15)]
    run = {"tool": {"driver": {"name": "x", "rules": [{"id": "x"}]}}, "results": results}
    (gate.folder / "many.sarif").write_text(json.dumps({"version": "2.1.0", "runs": [run]}))
    rows = [line for line in gate("sarif", "check", "many.sarif").out.splitlines() if "more like this" in line]
    assert rows
    assert not any(re.match(r"\w+ +: ", row) for row in rows)


def test_explain_names_a_file_that_is_no_verdict_and_shows_no_word_of_the_library(gate):
    for text in ("nul", "{}", '{"schema_version": 7}', "[]"):
        (gate.folder / "other.json").write_text(text)
        said = gate("explain", "CVE-1", "--verdict", "other.json")
        assert said.code == 3
        assert "other.json" in said.err
        assert "hint: make one with `gate scan --json=FILE`" in said.err
        assert "Input should" not in said.err


def test_diff_says_which_alerts_open_and_close(scan, gate, layouts):
    for name in ("single", "clean"):
        scan(f"oci:{layouts.folder}:{name}", "--category", "app", "--sarif", f"{name}.sarif")
    said = gate("sarif", "diff", "single.sarif", "clean.sarif")
    assert said.code == 0
    assert "closes" in said.out
    same = json.loads(gate("sarif", "diff", "single.sarif", "single.sarif", "--json").out)
    assert same["opened"] == same["closed"] == []
    assert same["kept"]
    assert same["orphaned"] == []


def test_diff_tells_of_alerts_that_nobody_will_close(scan, gate, layouts):
    for name in ("old", "new"):
        scan(f"oci:{layouts.folder}:single", "--category", name, "--sarif", f"{name}.sarif")
    said = gate("sarif", "diff", "old.sarif", "new.sarif")
    assert said.code == 0
    rows = [line for line in said.out.splitlines() if line.startswith("stays open ")]
    document = json.loads(gate("sarif", "diff", "old.sarif", "new.sarif", "--json").out)
    assert len(rows) == len(document["orphaned"]) > 0
    assert all(row.endswith("(its category is not uploaded any more: old)") for row in rows)
    assert f"{len(rows)} stay open for ever" in said.out
    assert {one["category"] for one in document["orphaned"]} == {"old"}


@pytest.mark.parametrize(
    "broken", ['{"runs": [5]}', "{}", '{"runs": {}}', '{"runs": [{}]}', '{"runs": [{"results": [[]]}]}']
)
@pytest.mark.parametrize("place", [0, 1])
def test_diff_refuses_a_broken_file_instead_of_passing_over_a_part(gate, broken, place):
    (gate.folder / "good.sarif").write_text('{"runs": [{"results": []}]}')
    (gate.folder / "bad.sarif").write_text(broken)
    names = ["good.sarif", "good.sarif"]
    names[place] = "bad.sarif"
    said = gate("sarif", "diff", *names)
    assert said.code == 3
    assert "bad.sarif" in said.err
    assert "hint:" in said.err
