"""`--upload` of `gate judge` and `gate scan`: after the documents, and never louder than the verdict."""

import json

import pytest

from tests.lab.github import GitHub
from tests.trivy.reports import encoded, os_result, vulnerability

METADATA = {"Version": 2, "UpdatedAt": "2026-06-01T06:00:00Z", "NextUpdate": "2026-06-02T06:00:00Z"}
BAD = encoded(os_result(vulnerability()))
GOOD = encoded(os_result(vulnerability(Severity="LOW")))


@pytest.fixture
def judge(gate):
    """Judge one report, which passes unless told otherwise."""

    def call(report=GOOD, *args, **more):
        (gate.folder / "report.json").write_bytes(report)
        (gate.folder / "metadata.json").write_text(json.dumps(METADATA))
        fixed = ("--database", "metadata.json", "--secrets", "none", "--upload")
        return gate("judge", "report.json", *fixed, *args, **more)

    call.folder = gate.folder
    return call


def of_a_fork(folder, event="pull_request"):
    head, base = {"repo": {"full_name": "evil/app"}}, {"repo": {"full_name": "acme/app"}}
    path = folder / "event.json"
    path.write_text(json.dumps({"pull_request": {"head": head, "base": base}}))
    return {"GITHUB_EVENT_NAME": event, "GITHUB_EVENT_PATH": str(path), "GITHUB_REF": "refs/pull/7/merge"}


def test_what_is_uploaded_is_the_sarif_file(judge, github):
    said = judge(GOOD, "--sarif", "a.sarif")
    assert said.code == 0, said.err
    [one] = github.uploads
    assert one.sarif == json.loads((judge.folder / "a.sarif").read_bytes())
    assert one.body["tool_name"] == "gate"
    assert one.sarif["runs"][0]["automationDetails"]["id"] == "gate/ghcr.io/acme/app/"
    assert "uploaded the results of 1 image: 1 result for acme/app refs/heads/main" in said.err


def test_category_and_quiet_hold_for_the_upload_too(judge, github):
    said = judge(GOOD, "--category", "nightly", "--quiet")
    assert said.code == 0
    assert said.out + said.err == ""
    assert github.uploads[0].sarif["runs"][0]["automationDetails"]["id"] == "nightly/"


def test_a_document_on_standard_output_stays_alone_there(judge):
    assert json.loads(judge(GOOD, "--json").out)["passed"] is True


def test_a_refused_verdict_is_uploaded_and_stays_refused(judge, github):
    assert judge(BAD).code == 10
    assert len(github.uploads) == 1


def test_an_upload_that_fails_hides_no_refusal_and_makes_no_pass(judge, github):
    github.refuse("POST", "/sarifs$", 403, "Resource not accessible by integration")
    for report, code, word in ((BAD, 10, "REFUSED"), (GOOD, 6, "PASSED")):
        said = judge(report, "--sarif", "a.sarif", "--json=v.json")
        assert said.code == code
        assert word in said.out
        assert "security-events: write" in said.err
        assert (judge.folder / "a.sarif").exists()
        assert (judge.folder / "v.json").exists()


@pytest.mark.parametrize("event", ["pull_request", "pull_request_target"])
def test_a_forks_pull_request_uploads_nothing_says_so_and_hides_no_refusal(judge, github, event):
    for report, code in ((BAD, 10), (GOOD, 0)):
        said = judge(report, "--quiet", env=of_a_fork(judge.folder, event))
        assert said.code == code
        assert "NOTHING WAS UPLOADED to GitHub: this run has the code of a fork (evil/app)" in said.err
    assert github.requests == []


def test_a_forks_pull_request_needs_no_token(judge):
    assert judge(GOOD, env={**of_a_fork(judge.folder), "GITHUB_TOKEN": None}).code == 0


def test_upload_of_a_file_on_a_forks_pull_request_is_skipped_unless_a_ref_is_named(judge, gate, github):
    judge(GOOD, "--sarif", "a.sarif", env=of_a_fork(judge.folder))
    said = gate("upload", "a.sarif", env=of_a_fork(judge.folder))
    assert said.code == 0
    assert "NOTHING WAS UPLOADED" in said.err
    assert github.requests == []
    where = ("--ref", "refs/pull/7/head", "--commit", "a" * 40)
    assert gate("upload", "a.sarif", *where, env=of_a_fork(judge.folder)).code == 0
    assert github.uploads[0].body["ref"] == "refs/pull/7/head"


@pytest.mark.parametrize(
    "env", [{"GITHUB_TOKEN": None}, {"GITHUB_ACTIONS": None}, {"GITHUB_API_URL": "http://a.example"}]
)
def test_what_cannot_end_well_is_said_before_anything_is_judged(judge, github, env):
    said = judge(BAD, "--json=v.json", env=env)
    assert said.code == 2
    assert not (judge.folder / "v.json").exists()
    assert github.requests == []


def test_more_images_than_a_file_holds_are_all_uploaded(gate, github):
    (gate.folder / "metadata.json").write_text(json.dumps(METADATA))
    names = []
    for number in range(22):
        names.append(f"{number}.json")
        name = f"ghcr.io/acme/app-{number}"
        report = json.loads(GOOD) | {"ArtifactName": f"{name}:1.0"}
        report["Metadata"] |= {"RepoDigests": [f"{name}@sha256:{number:064x}"]}
        (gate.folder / names[-1]).write_text(json.dumps(report))
    said = gate("judge", *names, "--database", "metadata.json", "--secrets", "none", "--upload", "--quiet")
    assert said.code == 0, said.err
    ids = [run["automationDetails"]["id"] for one in github.uploads for run in one.sarif["runs"]]
    assert sorted(ids) == sorted(f"gate/ghcr.io/acme/app-{number}/" for number in range(22))
    assert "left out" not in said.err


def test_a_scan_uploads_an_image_of_several_platforms_as_one_run(gate, github, layouts, database, trivy):
    image = f"oci:{layouts.folder}:multi"
    said = gate("scan", image, "--offline", "--trivy-cache", database, "--upload")
    assert said.code == 10
    [run] = github.uploads[0].sarif["runs"]
    assert run["results"]
    assert "uploaded" in said.err


def test_the_alerts_of_an_image_that_failed_are_left_alone(gate, layouts, database, github, tmp_path):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "index.json").write_text("{}")
    images = (f"oci:{tmp_path}/broken", f"oci:{layouts.folder}:clean")
    said = gate("scan", *images, "--offline", "--trivy-cache", database, "--upload", "--category", "nightly")
    assert said.code == 3
    [upload] = github.uploads
    [run] = upload.sarif["runs"]
    assert run["automationDetails"]["id"].startswith("nightly/")
    assert "broken" not in run["automationDetails"]["id"]
    assert run["automationDetails"]["id"] != "nightly/"  # which is the category of a call of one image


def test_an_unreadable_report_withholds_the_upload_because_its_image_is_unknown(gate, judge, github):
    judge(GOOD)
    github.uploads.clear()
    (gate.folder / "broken.json").write_bytes(b"garbage")
    said = gate("judge", "report.json", "broken.json", "--database", "metadata.json", "--secrets", "none", "--upload")
    assert said.code == 3
    assert "NOTHING WAS UPLOADED" in said.err
    assert github.uploads == []


def test_an_image_whose_upload_failed_is_not_signed(gate, layouts, database, trivy):
    with GitHub() as refusing:
        refusing.refuse("POST", "/sarifs$", 403, "Resource not accessible by integration")
        image = f"oci:{layouts.folder}:clean"
        said = gate(
            "scan", image, "--offline", "--trivy-cache", database, "--upload", "--sign", "--local",
            env={"GITHUB_API_URL": refusing.api},
        )  # fmt: skip
    assert said.code == 6
    assert "PASSED" in said.out
    assert "SIGNED" not in said.out


def test_a_dry_run_asks_nobody_and_says_what_it_would_send(judge, github):
    said = judge(GOOD, "--comment", "--dry-run", env={"GITHUB_TOKEN": None})
    assert said.code == 0
    assert "would upload the results" in said.err
    assert "would comment on the pull request" in said.err
    assert github.requests == []
    assert judge(BAD, "--dry-run").code == 10
