"""An upload whose answer is lost is looked up before it is sent again."""

from datetime import timedelta

import pytest

from tests.builders import NOW
from tests.github.conftest import a_run
from tests.lab.github import Upload

WAIT = ["--wait", "30"]
LOST = [{"lost": True}, {"cut": 5}]


@pytest.mark.parametrize("fault", LOST)
def test_an_upload_that_arrived_is_not_sent_again(upload, github, fault):
    github.fault("POST", "/sarifs$", **fault)
    said = upload([a_run("app/"), a_run("base/")], args=WAIT)
    assert said.code == 0, said.err
    assert "uploaded 0.sarif: 2 results" in said.err
    assert github.count("POST", "/sarifs$") == len(github.uploads) == 1
    assert github.uploads[0].asked == 1


def test_an_upload_that_a_gateway_lost_is_looked_up_too(upload, github):
    github.meanwhile("GET", "/analyses$", lambda: github.uploads.append(_of(github)), times=1)
    github.refuse("POST", "/sarifs$", 504, "timeout")
    said = upload(args=WAIT)
    assert said.code == 0, said.err
    assert github.count("POST", "/sarifs$") == 1


@pytest.mark.parametrize("category", ["", "image", "image/", "a/b/"])
def test_the_category_may_be_any(upload, github, category):
    github.fault("POST", "/sarifs$", lost=True)
    run = a_run(category) if category else {**a_run(), "automationDetails": {}}
    if not category:
        github.analysis = {"category": "(default)"}  # what GitHub calls it then
    assert upload([run], args=WAIT).code == 0
    assert len(github.uploads) == 1


def test_an_upload_that_did_not_arrive_is_sent_once_more(upload, github):
    github.fault("POST", "/sarifs$", reset=True, times=1)
    said = upload(args=WAIT)
    assert said.code == 0, said.err
    assert github.count("POST", "/sarifs$") == 2
    assert len(github.uploads) == 1


def test_the_first_analysis_of_a_repository_is_looked_up_where_github_says_404(upload, github):
    github.fault("POST", "/sarifs$", reset=True, times=1)
    github.meanwhile("POST", "/sarifs$", github.mend)  # the second
    github.refuse("GET", "/analyses$", 404, "no analysis found")
    said = upload(args=WAIT)
    assert said.code == 0, said.err
    assert len(github.uploads) == 1


@pytest.mark.parametrize("fault", [{"reset": True}, {"status": 502}])
def test_an_upload_that_is_lost_twice_is_unknown(upload, github, fault):
    github.fault("POST", "/sarifs$", **fault)
    said = upload(args=WAIT)
    assert said.code == 6
    assert "whether the upload arrived is unknown" in said.err
    assert "hint: check whether its alerts are in the Security tab" in said.err
    assert "uploaded" not in said.err
    assert github.count("POST", "/sarifs$") == 2


@pytest.mark.parametrize(
    "fault", [{"status": 403, "body": b'{"message": "no"}'}, {"status": 200, "body": b'{"a": 1}'}, {"body": b"[5]"}]
)
def test_a_list_that_does_not_tell_leaves_it_unknown_and_nothing_is_sent_again(upload, github, fault):
    github.fault("POST", "/sarifs$", lost=True)
    github.fault("GET", "/analyses$", **fault)
    said = upload(args=WAIT)
    assert said.code == 6
    assert "the response to the upload was lost, and whether it arrived is unknown" in said.err
    assert "hint: check whether its alerts are in the Security tab" in said.err
    assert github.count("POST", "/sarifs$") == 1


@pytest.mark.parametrize(
    "other",
    [
        {"created": NOW - timedelta(minutes=2)},
        {"commit": "d" * 40},
        {"ref": "refs/heads/other"},
        {"category": "another/"},
        {"tool": "another"},
    ],
)
def test_another_upload_is_not_taken_for_it(upload, github, other):
    github.uploads.append(_of(github, **other))
    github.fault("POST", "/sarifs$", reset=True, times=1)
    said = upload(args=WAIT)
    assert said.code == 0, said.err
    assert github.count("POST", "/sarifs$") == 2
    assert [one.asked for one in github.uploads] == [0, 1]


def _of(github, *, created=NOW, commit="", ref="refs/heads/main", category="image/", tool="x"):
    """Another upload that GitHub lists."""
    body = {"ref": ref, "commit_sha": commit or github.env["GITHUB_SHA"]}
    return Upload("acme/app", body, {"runs": [a_run(category, tool)]}, created=created)
