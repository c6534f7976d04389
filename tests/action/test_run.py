"""The steps of the action, run one after the other: what a job gets of a scan, and when it fails."""

import json
from pathlib import Path

import pytest

from action import report
from tests.action.runner import commands
from tests.lab.github import TOKEN


def others(ran):
    """What the action used apart from the cache of its libraries."""
    return [(used, given) for used, given in ran.used if not given.get("key", "").startswith("gate-libraries-")]


def test_a_bad_image_is_uploaded_and_shown_and_only_then_fails_the_job(act, pushed, github):
    ran = act(image=pushed["single"])
    assert ran.failed
    assert ran.codes == {"Set up": 0, "Install the libraries": 0, "Run": 0, "Decide": 10}, ran.said
    [upload] = github.uploads
    assert upload.repository == "acme/app"
    assert pushed["single"].rpartition("@")[2] in ran.summary
    assert "Refused" in ran.summary
    assert (ran.outputs["verdict"], ran.outputs["exit-code"]) == ("refused", "10")
    assert ran.outputs["digest"] == pushed["single"].rpartition("@")[2]
    verdict = json.loads(Path(ran.outputs["json"]).read_bytes())["verdicts"][0]
    for severity in ("critical", "high", "medium", "low", "unknown"):
        assert int(ran.outputs[severity]) == verdict["counts"].get(severity, 0)
    assert int(ran.outputs["critical"]) > 0
    assert int(ran.outputs["refusing"]) == verdict["decisions"]["refuses"]
    assert int(ran.outputs["findings"]) == sum(verdict["counts"].values())
    for name in ("sarif", "html", "markdown", "sbom"):
        assert Path(ran.outputs[name]).stat().st_size, name
    assert "codeql" not in str(ran.used)
    assert TOKEN not in ran.said + ran.summary


def test_a_clean_image_passes_with_every_option_at_its_place(act, pushed, github):
    (act.workspace / "strict.yaml").write_text("version: 1\nfail_on: {severity: low}\n")
    ran = act(image=pushed["clean"], policy="strict.yaml", upload="false", category="mine/", limit="high=1\nlow=2")
    assert not ran.failed, ran.said
    assert (ran.outputs["verdict"], ran.outputs["findings"]) == ("passed", "0")
    assert github.uploads == []
    sarif = json.loads(Path(ran.outputs["sarif"]).read_bytes())
    assert sarif["runs"][0]["automationDetails"]["id"].startswith("mine")


def test_several_images_one_a_line_have_one_answer(act, pushed):
    ran = act(image=f"{pushed['clean']}\n\n  {pushed['multi']}\n", upload="false")
    assert ran.outputs["digest"].split("\n") == [pushed[name].rpartition("@")[2] for name in ("clean", "multi")]
    assert ran.outputs["verdict"] == "refused"
    assert ran.failed


def test_an_image_that_is_missing_does_not_keep_the_others_from_being_uploaded(act, pushed, github):
    missing = pushed["single"].partition("@")[0] + ":gone"
    ran = act(image=f"{missing}\n{pushed['single']}")
    assert ran.failed
    assert (ran.outputs["verdict"], ran.outputs["exit-code"]) == ("undecided", "6")
    assert ran.outputs["digest"] == pushed["single"].rpartition("@")[2]
    assert len(github.uploads) == 1
    assert "❌ Failed" in ran.summary
    assert "1 of 2 images refused, 1 failed" in ran.summary


def test_codeql_uploads_when_it_is_asked_to(act, pushed, github):
    ran = act(image=pushed["single"], upload="codeql")
    [(action, given)] = others(ran)
    assert action.startswith("github/codeql-action/upload-sarif@")
    assert given["sarif_file"] == ran.outputs["sarif"]
    assert github.uploads == []
    assert ran.codes["Decide"] == 10


def test_libraries_are_installed_by_hash_once_a_job(act, pushed):
    for _ in range(2):
        ran = act(image=pushed["clean"], upload="false")
    words = act.record.read_text().split("\n")
    assert (words.count("download"), words.count("install")) == (1, 1)
    assert words.count("--require-hashes") == words.count("--no-deps") == words.count("--only-binary") == 2
    assert words[words.index("--requirement") + 1].endswith("/action/requirements.txt")
    [(_, cached)] = ran.used
    assert cached["path"].endswith("/wheels"), "an environment would be code that nothing checks"
    assert len(cached["key"].rpartition("-")[2]) == 64
    assert (act.site / "gate-action.pth").read_text().strip() == str(Path(__file__).parents[2])


def test_tools_and_database_are_cached_by_hash_and_day_where_they_are_fetched(act):
    caches = {given["key"]: given["path"] for _, given in others(act(lab=False))}
    assert len(caches) == 1, "tools of the runner are not cached"
    [(key, path)] = caches.items()
    assert key.startswith("gate-database-Linux-20")
    assert path.endswith("/cache/trivy/artifacts")
    assert others(act(lab=False, mode="verify")) == []
    assert others(act(lab=False, mode="verify", rejudge="true")) != []
    assert act(lab=False, cache="false").used == []


def test_a_tool_that_cannot_be_had_ends_everything(act, pushed, tmp_path):
    (tmp_path / "nothing").mkdir()
    ran = act(image=pushed["clean"], tools="lock", env={"GATE_TOOLS_FROM": str(tmp_path / "nothing")})
    [(_, cached)] = others(ran)
    assert cached["key"].startswith("gate-tools-Linux-X64-")
    assert len(cached["key"].rpartition("-")[2]) == 64
    assert ran.codes["Get Trivy and cosign"] != 0
    assert "Run" not in ran.codes
    assert ran.codes["Decide"] == 1
    assert ran.failed


def test_a_fork_is_scanned_and_told_what_was_skipped(act, fork, layouts, github):
    ran = act(image=f"oci:{layouts.folder}:clean", sign="true", patience="5", env=fork)
    assert not ran.failed, ran.said
    assert ran.outputs["verdict"] == "passed"
    assert "nothing will be signed" in " ".join(commands(ran.said))
    assert "stranger/app" in ran.summary
    assert "NOTHING WAS UPLOADED" in ran.said
    assert github.uploads == []


def test_a_fork_that_asks_for_codeql_uploads_nothing_either(act, fork, layouts):
    ran = act(image=f"oci:{layouts.folder}:single", upload="codeql", env=fork)
    assert others(ran) == []
    assert ran.codes["Decide"] == 10
    assert "nothing was uploaded" in " ".join(commands(ran.said))


def test_without_a_python_or_on_windows_it_says_what_to_do(act):
    ran = act(image="x", python="/no/such/python")
    assert (ran.codes, ran.failed) == ({"Set up": 4, "Decide": 1}, True)
    assert "actions/setup-python" in ran.said
    assert "choose another runner" in act(image="x", env={"RUNNER_OS": "Windows"}).said
    assert "no wheel for Intel" in act(image="x", env={"RUNNER_OS": "macOS", "RUNNER_ARCH": "X64"}).said


def test_pruning_needs_no_tools_and_takes_no_yes_from_a_name(act):
    ran = act(lab=False, mode="prune", image="--yes", tools="lock", keep_tag="v*\nlatest")
    assert others(ran) == []
    assert list(ran.codes) == ["Set up", "Install the libraries", "Run", "Decide"]
    assert ran.codes["Decide"] == 2, ran.said
    assert ran.outputs["verdict"] == "undecided"


@pytest.mark.parametrize(("dry", "word"), [(True, "planned"), (False, "pruned")])
def test_what_would_go_is_not_called_pruned(tmp_path, monkeypatch, dry, word):
    (tmp_path / "pruned.json").write_text(json.dumps({"dry_run": dry, "going": []}))
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    report.write(0, "prune", {"RECORD": tmp_path / "pruned.json"}, [])
    assert f"\n{word}\n" in (tmp_path / "output").read_text()


@pytest.mark.parametrize(("signed", "word"), [(True, "signed"), (False, "passed")])
def test_beside_a_newer_verdict_an_image_is_called_signed_only_when_it_is(tmp_path, monkeypatch, signed, word):
    result = {
        "image": "a/b",
        "digest": "sha256:" + "0" * 64,
        "signed": signed,
        "superseded": True,
        "note": "a newer one",
    }
    (tmp_path / "signed.json").write_text(json.dumps({"signed": signed, "results": [result]}))
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    report.write(0, "sign", {"JSON": tmp_path / "signed.json"}, [])
    assert f"\n{word}\n" in (tmp_path / "output").read_text()
    assert "a newer one" in (tmp_path / "summary").read_text()
