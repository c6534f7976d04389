"""Several images in one call, one of them missing or broken: the others are judged, and nothing is signed."""

import json

import pytest
from jsonschema import Draft202012Validator

from tests.builders import NOW
from tests.lab import database as lab_database
from tests.lab.tools import ROOT
from tests.trivy.reports import encoded, os_result, vulnerability

DOCUMENTS = {
    name: f"out.{name}" for name in ("sarif", "markdown", "html", "junit", "gitlab", "csv", "annotations")
}  # fmt: skip
EVERY = [text for name, file in DOCUMENTS.items() for text in (f"--{name}", file)]


@pytest.fixture
def pushed(registry, layouts):
    """References of two good images and one that is not there."""
    for name in ("clean", "single"):
        registry.push(layouts, name, f"rescan/{name}:1")
    return {name: f"{registry.host}/rescan/{name}:1" for name in ("clean", "single", "missing")}


def test_the_others_have_every_document_and_the_failed_one_is_a_row_with_its_cause(scan, pushed):
    said = scan(pushed["clean"], pushed["missing"], pushed["single"], *EVERY)
    assert said.code == 6
    document = said.json("verdict.json")
    Draft202012Validator(json.loads((ROOT / "schemas/verdict.schema.json").read_bytes())).validate(document)
    assert document["passed"] is False
    assert [one["passed"] for one in document["verdicts"]] == [True, False]
    [failure] = document["failures"]
    assert (failure["image"], failure["place"], failure["code"]) == (pushed["missing"], 1, 6)
    assert failure["problem"]
    assert [word for word in ("PASSED", "FAILED", "REFUSED") if word in said.out] == ["PASSED", "FAILED", "REFUSED"]
    assert said.out.index("PASSED") < said.out.index("FAILED ") < said.out.index("REFUSED")
    assert "1 of 3 images refused, 1 failed" in said.out
    assert f"error: {pushed['missing']}: " in said.err
    for name, file in DOCUMENTS.items():
        text = (said.folder / file).read_text()
        assert "rescan/single" in text or name == "gitlab", name
        assert ("rescan/missing" in text) == (name != "sarif"), name
    assert '<error type="exit code 6"' in (said.folder / "out.junit").read_text()
    assert json.loads((said.folder / "out.gitlab").read_text())["scan"]["status"] == "failure"
    assert "unknown,failed," in (said.folder / "out.csv").read_text()
    assert "::error title=gate%3A an image could not be judged" in (said.folder / "out.annotations").read_text()


@pytest.mark.parametrize("category", [(), ("--category", "nightly")])
def test_the_categories_of_the_others_are_those_of_a_run_without_failure(scan, registry, layouts, category):
    for tag in ("1", "2"):
        registry.push(layouts, "clean", f"rescan/tags:{tag}")

    def categories(*tags):
        said = scan(*(f"{registry.host}/rescan/tags:{tag}" for tag in tags), "--sarif", "out.sarif", *category)
        return [one["automationDetails"]["id"] for one in said.json("out.sarif")["runs"]]

    assert categories("gone", "2") == categories("1", "2")[1:]
    assert categories("1", "gone") == categories("1", "2")[:1]


def test_a_failure_precedes_a_refusal_and_the_lowest_code_of_failures_counts(scan, pushed, layouts, tmp_path):
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "oci-layout").write_text("{}")
    (broken / "index.json").write_text("no JSON")
    said = scan(pushed["missing"], pushed["single"], f"oci:{broken}")
    assert said.code == 3
    assert [one["code"] for one in said.json("verdict.json")["failures"]] == [6, 3]
    assert len(said.verdicts) == 1


def test_when_every_image_fails_nothing_is_written(scan, pushed):
    said = scan(pushed["missing"], pushed["missing"].replace(":1", ":2"), *EVERY)
    assert said.code == 6
    assert "1 more image failed" in said.err
    assert not said.verdicts
    assert not list(said.folder.glob("out.*"))


def test_a_missing_baseline_is_a_failure_of_the_call(scan, pushed):
    said = scan(pushed["clean"], pushed["single"], "--baseline", pushed["missing"])
    assert said.code == 6
    assert not said.verdicts


def test_an_image_that_trivy_cannot_scan_does_not_stop_the_other_verdicts(gate, layouts, edges, tmp_path):
    lab_database.build(tmp_path / "db", updated=NOW)  # without the index of Java archives
    jar, clean = f"oci:{edges.folder}:jar", f"oci:{layouts.folder}:clean"
    said = gate("scan", jar, clean, "--offline", "--trivy-cache", tmp_path / "db", "--json=verdict.json")
    assert said.code == 3
    assert [one["subject"]["tag"] for one in said.verdicts] == ["clean"]
    assert "Java" in said.json("verdict.json")["failures"][0]["problem"]


def test_the_summary_of_a_job_names_it_first(scan, pushed, tmp_path):
    summary = tmp_path / "summary.md"
    said = scan(pushed["clean"], pushed["missing"], "--summary", env={"GITHUB_STEP_SUMMARY": str(summary)})
    assert said.code == 6
    text = summary.read_text()
    assert text.startswith("## ❌ Failed: ")
    assert "1 of 2 images passed, 1 failed" in text


@pytest.fixture
def judge(gate):
    """Judge reports given as bytes."""

    def call(*reports, args=(), **more):
        names = []
        for number, data in enumerate(reports):
            names.append(f"report-{number}.json")
            (gate.folder / names[-1]).write_bytes(data)
        metadata = {"Version": 2, "UpdatedAt": "2026-06-01T06:00:00Z", "NextUpdate": "2026-06-02T06:00:00Z"}
        (gate.folder / "metadata.json").write_text(json.dumps(metadata))
        return gate("judge", *names, "--database", "metadata.json", "--json=verdict.json", *args, **more)

    call.folder = gate.folder
    return call


@pytest.mark.parametrize("broken", [b"", b"garbage", b"[]", b'{"SchemaVersion": 2, "Res'])
def test_one_broken_report_does_not_keep_the_others_from_their_verdicts(judge, broken):
    said = judge(broken, encoded(os_result(vulnerability())), args=("--sarif", "out.sarif"))
    assert said.code == 3
    document = said.json("verdict.json")
    assert [one["subject"]["name"] for one in document["verdicts"]] == ["ghcr.io/acme/app"]
    assert [one["image"].rpartition("/")[2] for one in document["failures"]] == ["report-0.json"]
    assert len(said.json("out.sarif")["runs"]) == 1
    assert "FAILED" in said.out
    assert "REFUSED" in said.out


def test_only_broken_reports_write_nothing(judge):
    said = judge(b"", b"garbage", args=EVERY)
    assert said.code == 3
    assert not said.verdicts
    assert not list(said.folder.glob("out.*"))


@pytest.mark.parametrize(
    ("images", "files"),
    [
        (("missing", "single"), ["a.2.linux-amd64.json"]),
        (("single", "missing"), ["a.1.linux-amd64.json"]),
        (("missing", "clean", "single"), ["a.2.linux-amd64.json", "a.3.linux-amd64.json"]),
        (("clean", "missing", "single"), ["a.1.linux-amd64.json", "a.3.linux-amd64.json"]),
    ],
)
def test_a_file_of_an_sbom_has_the_number_of_its_argument(scan, pushed, images, files):
    scan(*(pushed[name] for name in images), "--sbom", "a.json")
    assert sorted(path.name for path in scan.folder.glob("a.*")) == files
