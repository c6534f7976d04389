"""`gate upload`: what is sent, where to, and what is said when GitHub took it."""

import base64
import gzip
import json
import random
import time

import pytest

from tests.github.conftest import a_run, sarif
from tests.lab.github import TOKEN, GitHub


def test_a_file_is_handed_over_packed_with_the_jobs_commit_and_waited_for(upload, github):
    said = upload()
    assert said.code == 0, said.err
    [one] = github.uploads
    assert one.repository == "acme/app"
    assert one.sarif == sarif(a_run())
    sent = dict(one.body)
    assert gzip.decompress(base64.b64decode(sent.pop("sarif")))
    assert sent == {
        "commit_sha": "4b6472266afd7b471e86085a6659e8c7f2b119da",
        "ref": "refs/heads/main",
        "checkout_uri": upload.folder.as_uri() + "/",
        "started_at": "2026-06-01T12:00:00Z",
        "tool_name": "x",
    }
    assert "uploaded 0.sarif: 1 result for acme/app refs/heads/main" in said.err
    assert said.out == ""
    assert [str(one).rpartition("/")[2] for one in github.requests] == ["sarifs", one.id, "analyses"]


def test_a_file_that_is_gzipped_already_is_the_same_file(upload, gate, github):
    (gate.folder / "a.sarif.gz").write_bytes(gzip.compress(json.dumps(sarif(a_run())).encode()))
    assert gate("upload", "a.sarif.gz").code == 0
    assert github.uploads[0].sarif == sarif(a_run())


def test_the_upload_of_a_pull_request_is_of_its_merge_commit(upload, github):
    github_sha = "b" * 40
    event = upload.folder / "event.json"
    same = {"repo": {"full_name": "acme/app"}}
    event.write_text(json.dumps({"pull_request": {"head": same, "base": same}}))
    job = {
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_REF": "refs/pull/7/merge",
        "GITHUB_SHA": github_sha,
    }
    assert upload(env=job).code == 0
    assert (github.uploads[0].body["ref"], github.uploads[0].body["commit_sha"]) == ("refs/pull/7/merge", github_sha)


def test_outside_of_actions_options_say_what_the_results_are_of(upload, github):
    where = ("--repository", "octo/other.app", "--ref", "refs/tags/v1", "--commit", "C" * 40)
    said = upload(args=where, env={"GITHUB_ACTIONS": None})
    assert said.code == 0, said.err
    [one] = github.uploads
    assert (one.repository, one.body["ref"], one.body["commit_sha"]) == ("octo/other.app", "refs/tags/v1", "c" * 40)


def test_the_checkout_is_the_jobs_unless_another_is_named(upload, github):
    upload(env={"GITHUB_WORKSPACE": "/home/runner/work/app"})
    upload(args=["--source", "web"], env={"GITHUB_WORKSPACE": "/home/runner/work/app"})
    assert [one.body["checkout_uri"] for one in github.uploads] == [
        "file:///home/runner/work/app/",
        (upload.folder / "web").as_uri() + "/",
    ]


def test_it_waits_while_github_is_busy(upload, github):
    github.unheard, github.pending = 1, 2
    assert upload(args=["--wait", "5"]).code == 0
    assert github.uploads[0].asked == 4


def test_a_file_that_breaks_the_schema_is_refused_with_its_place_and_not_sent(upload, github):
    bad = a_run()
    bad["invocations"] = [{"exitCode": 0}]
    said = upload([bad])
    assert said.code == 3
    assert "/runs/0/invocations/0" in said.err
    assert github.uploads == []


def test_a_dry_run_checks_and_sends_nothing_without_a_token(gate, github):
    (gate.folder / "a.sarif").write_text(json.dumps(sarif(*(a_run(f"image-{number}/") for number in range(21)))))
    said = gate("upload", "--dry-run", "a.sarif", env={"GITHUB_TOKEN": "", "GITHUB_ACTIONS": None})
    assert said.code == 0, said.err
    assert "would upload a.sarif (1 of 2): 20 results, nothing was sent" in said.err
    (gate.folder / "a.sarif").write_text(json.dumps(sarif({**a_run(), "results": [{"level": []}]})))
    assert gate("upload", "--dry-run", "a.sarif", env={"GITHUB_TOKEN": ""}).code == 3
    assert github.requests == []


def test_more_runs_than_github_takes_become_several_uploads(upload, github):
    said = upload([a_run(f"image-{number}/") for number in range(45)])
    assert said.code == 0, said.err
    runs = [one.sarif["runs"] for one in github.uploads]
    assert [len(some) for some in runs] == [20, 20, 5]
    assert [run["automationDetails"]["id"] for some in runs for run in some] == [f"image-{n}/" for n in range(45)]
    assert all(f"0.sarif ({place} of 3)" in said.err for place in (1, 2, 3))


def test_a_file_that_is_too_large_packed_is_sent_in_parts(upload, github):
    noise = random.Random(1).randbytes
    runs = [a_run(f"image-{number}/", properties={"noise": noise(4_000_000).hex()}) for number in range(3)]
    said = upload(runs)
    assert said.code == 0, said.err
    assert sum(len(one.sarif["runs"]) for one in github.uploads) == 3
    assert all(len(base64.b64decode(one.body["sarif"])) <= 10_000_000 for one in github.uploads)
    assert len(github.uploads) == 2


def test_what_github_will_refuse_is_not_sent(upload, github):
    said = upload([a_run()], [a_run("other/"), a_run("other/")])
    assert said.code == 3
    assert "1.sarif: GitHub will refuse this file: /runs/1/automationDetails: two runs of one tool" in said.err
    assert "gate sarif check" in said.err
    assert github.requests == []


@pytest.mark.parametrize("document", [{}, sarif(), sarif("x"), sarif(a_run(tool="")), {"runs": [a_run()]}])
def test_what_is_no_whole_sarif_is_not_sent(upload, github, document):
    assert upload(document).code == 3
    assert github.requests == []


def test_a_file_that_is_not_there_is_exit_3(gate, github):
    assert gate("upload", "no.sarif").code == 3
    assert github.requests == []


def test_a_file_that_would_replace_another_is_not_sent(upload, github):
    said = upload([a_run()], [a_run()])
    assert said.code == 3
    assert "1.sarif would replace 0.sarif on GitHub" in said.err
    assert github.requests == []
    assert upload([a_run()], [a_run("other/")]).code == 0
    assert len(github.uploads) == 2


def test_what_github_will_not_show_is_told(upload):
    said = upload([a_run(results=5_001)])
    assert said.code == 0, said.err
    assert "note: 0.sarif: a run has 5,001 results; the worst 5,000 are shown" in said.err


def test_githubs_warnings_and_counts_are_told(upload, github):
    github.analysis = {"warning": "2 results were ignored", "results_count": 1}
    said = upload([a_run(results=3)])
    assert said.code == 0
    assert "GitHub says: 2 results were ignored" in said.err
    assert "GitHub counts 1 of 3 results" in said.err


def test_every_page_of_the_analyses_is_read(upload, github):
    github.page = 2
    said = upload([a_run(f"image-{number}/") for number in range(5)])
    assert said.code == 0
    assert github.count("GET", "/analyses$") == 3
    assert "counts" not in said.err


def test_a_list_without_end_is_left(upload, github):
    link = f'<{github.api}/repos/acme/app/code-scanning/analyses?sarif_id=x&per_page=1&page=2>; rel="next"'
    github.fault("GET", "/analyses$", status=200, body=b"[]", headers={"Link": link})
    assert upload().code == 0
    assert github.count("GET", "/analyses$") == 50


def test_a_list_that_goes_on_elsewhere_is_not_followed_with_the_token(upload, github):
    with GitHub() as other:
        headers = {"Link": f'<{other.url}/repos/acme/app/code-scanning/analyses>; rel="next"'}
        github.fault("GET", "/analyses$", status=200, body=b"[]", headers=headers)
        said = upload()
        assert other.requests == []
    assert said.code == 0
    assert "continues on another host" in said.err


def test_a_redirect_takes_neither_the_file_nor_the_token_along(upload, github):
    with GitHub() as other:
        github.fault("GET", "/sarifs/", status=307, headers={"Location": f"{other.url}/repositories/1"})
        said = upload()
        assert said.code == 6
        assert "renamed or moved" in said.err
        github.mend()
        github.fault("POST", "/sarifs$", status=307, headers={"Location": f"{other.url}/repositories/1"})
        assert upload().code == 6
        assert other.requests == []


def test_enterprise_server_has_its_own_address(upload):
    with GitHub("/api/v3") as server:
        api = {"GITHUB_API_URL": None, "GITHUB_SERVER_URL": server.url}
        assert upload(env=api).code == 0
        assert len(server.uploads) == 1


@pytest.mark.parametrize(
    "address",
    ["http://github.example/api/v3", "ftp://127.0.0.1/", "https://u:p@github.example/", "https://a.example/?x", "x"],
)
def test_the_token_goes_to_no_other_address(upload, address):
    said = upload(env={"GITHUB_API_URL": address})
    assert said.code == 2
    assert "no token is sent to" in said.err
    assert "u:p" not in said.err


def test_the_token_of_the_job_gives_way_to_one_for_gate(upload, github):
    assert upload(env={"GITHUB_TOKEN": "of-the-job", "GATE_GITHUB_TOKEN": TOKEN}).code == 0
    assert {one.headers["Authorization"] for one in github.requests} == {f"Bearer {TOKEN}"}


def test_without_a_token_nothing_is_asked(upload, github):
    said = upload(env={"GITHUB_TOKEN": None})
    assert said.code == 2
    assert "GITHUB_TOKEN: ${{ github.token }}" in said.err
    assert github.requests == []


def test_a_token_that_would_end_its_header_is_refused_and_not_shown(upload, github):
    said = upload(env={"GITHUB_TOKEN": "abc\r\nX-Evil: 1"})
    assert said.code == 2
    assert "Evil" not in said.err
    assert github.requests == []


@pytest.mark.parametrize(
    ("args", "env", "words"),
    [
        (["--ref", "refs/heads/main"], {}, "go together"),
        (["--commit", "a" * 40], {}, "go together"),
        (["--repository", "octo/other"], {}, "--ref and --commit"),
        (["--ref", "main", "--commit", "a" * 40], {}, "refs/heads/main"),
        (["--ref", "refs/heads/a\n::error::b", "--commit", "a" * 40], {}, "not a ref"),
        (["--ref", "refs/heads/main", "--commit", "4b64722"], {}, "whole SHA"),
        (["--repository", "acme/../x", "--ref", "refs/heads/main", "--commit", "a" * 40], {}, "owner/name"),
        (["--repository", "acme/..", "--ref", "refs/heads/main", "--commit", "a" * 40], {}, "owner/name"),
        ([], {"GITHUB_ACTIONS": None}, "gate upload --repository"),
        ([], {"GITHUB_SHA": None}, "the commit of these results is unknown"),
    ],
)
def test_a_place_that_is_none_is_a_usage_error(upload, github, args, env, words):
    said = upload(args=args, env=env)
    assert said.code == 2
    assert words in said.err
    assert github.requests == []


@pytest.mark.parametrize("path", ["/sarifs$", "/sarifs/"])
def test_a_github_that_hangs_is_given_up_after_the_wait(upload, github, path):
    github.fault("*", path, hang=True)
    start = time.monotonic()
    said = upload(args=["--wait", "2"])
    assert said.code == 6
    assert time.monotonic() - start < 12
    assert "--wait" in said.err


def test_a_quiet_upload_says_nothing_when_all_went_well(upload, github):
    said = upload([a_run()], args=["-q"])
    assert (said.code, said.out + said.err) == (0, "")
    assert len(github.uploads) == 1
