"""`--comment`: one comment on the pull request, found again, written anew, and never one of somebody else's."""

import json

import pytest

from tests.github.test_verdicts import BAD, GOOD, METADATA, of_a_fork
from tests.lab.comments import Conversation


@pytest.fixture
def talk():
    with Conversation() as served:
        yield served


@pytest.fixture
def judge(gate, talk):
    def call(report=GOOD, *args, env=None):
        (gate.folder / "report.json").write_bytes(report)
        (gate.folder / "metadata.json").write_text(json.dumps(METADATA))
        own = {"repo": {"full_name": "acme/app"}}
        (gate.folder / "event.json").write_text(json.dumps({"pull_request": {"head": own, "base": own}}))
        fixed = ("--database", "metadata.json", "--secrets", "none", "--comment")
        event = {"GITHUB_EVENT_PATH": str(gate.folder / "event.json")}
        return gate("judge", "report.json", *fixed, *args, env={**talk.env, **event, **(env or {})})

    call.folder = gate.folder
    return call


def test_the_first_run_comments_and_the_next_writes_the_same_comment_anew(judge, talk):
    first = judge(BAD)
    assert first.code == 10
    assert "commented: https://github.com/acme/app/pull/7#issuecomment-1" in first.err
    [before] = [one["body"] for one in talk.comments]
    assert judge(GOOD).code == 0
    [after] = [one["body"] for one in talk.comments]
    assert before != after
    assert before.splitlines()[0] == after.splitlines()[0]
    assert "CVE-" in before


def test_its_place_is_found_on_any_page(judge, talk):
    talk.page = 2
    for _ in range(5):
        talk.say("Looks good to me")
    judge(GOOD)
    judge(BAD)
    assert len(talk.comments) == 6


def test_images_of_another_category_have_a_comment_of_their_own(judge, talk):
    judge(GOOD)
    judge(GOOD, "--category", "nightly")
    assert len(talk.comments) == 2


def test_a_marker_in_somebody_elses_comment_is_not_ours(judge, talk):
    judge(GOOD)
    stolen = talk.comments.pop()["body"]
    talk.say(stolen, "mallory")
    judge(BAD)
    assert [one["user"]["login"] for one in talk.comments] == ["mallory", "github-actions[bot]"]
    assert talk.comments[0]["body"] == stolen


def test_an_answer_that_is_lost_leaves_one_comment(judge, talk):
    talk.fault("POST", "comments", lost=True, times=1)
    assert judge(GOOD).code == 0
    assert len(talk.comments) == 1


def test_a_comment_that_is_refused_is_told_and_changes_no_verdict(judge, talk):
    talk.fault("POST", "comments", status=403, body=b'{"message": "Resource not accessible by integration"}')
    for report, code in ((GOOD, 0), (BAD, 10)):
        said = judge(report)
        assert said.code == code
        assert "NO COMMENT WAS WRITTEN" in said.err
        assert "pull-requests: write" in said.err
    assert not talk.comments


@pytest.mark.parametrize(
    "said", [b"{}", b'[1, null, {"user": null}, {"user": {"type": "Bot"}, "body": "x"}]', b"<html>"]
)
def test_an_answer_that_makes_no_sense_changes_no_verdict(judge, talk, said):
    talk.fault("GET", "comments", body=said)
    assert judge(GOOD).code == 0
    assert judge(BAD).code == 10


def test_a_token_of_somebody_writes_to_their_own_comment_alone(judge, talk):
    judge(GOOD)
    bot = talk.comments[0]["body"]
    talk.fault("GET", "^/user$", status=200, body=b'{"login": "octocat"}')
    judge(BAD)
    assert talk.comments[0]["body"] == bot


def test_a_fork_gets_none_and_is_told_why(judge, talk):
    event = of_a_fork(judge.folder)
    (judge.folder / "event.json").rename(judge.folder / "fork.json")
    said = judge(GOOD, env={**event, "GITHUB_EVENT_PATH": str(judge.folder / "fork.json")})
    assert (said.code, talk.requests) == (0, [])
    assert "note: no comment: this run has the code of a fork (evil/app)" in said.err


def test_a_push_gets_none_and_is_told_why(judge, talk):
    said = judge(GOOD, env={"GITHUB_REF": "refs/heads/main", "GITHUB_EVENT_NAME": "push"})
    assert (said.code, talk.requests) == (0, [])
    assert "note: no comment: this run is not for a pull request" in said.err


def test_without_a_token_it_is_refused_before_the_work(judge):
    said = judge(GOOD, env={"GITHUB_TOKEN": None})
    assert (said.code, "token" in said.err) == (2, True)


def test_a_comment_whose_answer_is_lost_is_not_made_twice(judge, talk):
    talk.fault("POST", "comments", lost=True)
    said = judge(BAD)
    assert said.code == 10
    assert "commented: " in said.err
    assert talk.count("POST", "comments") == len(talk.comments) == 1


def test_a_comment_that_did_not_arrive_is_made_once_more(judge, talk):
    talk.fault("POST", "comments", reset=True, times=1)
    assert "commented: " in judge(BAD).err
    assert len(talk.comments) == 1


@pytest.fixture
def judge_both(judge, gate, talk):
    """Judge two reports, the second under a name of its own."""

    def call(second, name, *args):
        path = gate.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(second)
        return judge(GOOD, name, *args)

    return call


OTHER = GOOD.replace(b"ghcr.io/acme/app", b"ghcr.io/acme/other")


@pytest.mark.parametrize("path", ["other.json", "ghcr.io/acme/other"])
def test_a_report_that_cannot_be_read_takes_no_comment_of_another_image(judge_both, talk, path):
    assert judge_both(OTHER, path).code == 0
    [before] = [one["body"] for one in talk.comments]
    said = judge_both(b"broken", path)
    assert said.code == 3
    assert "--category names the comment" in said.err
    assert [one["body"] for one in talk.comments][:1] == [before]
    assert len(talk.comments) == 2


@pytest.mark.parametrize("option", [("--category", "nightly")])
def test_a_report_that_cannot_be_read_has_the_comment_that_is_named(judge_both, talk, option):
    assert judge_both(OTHER, "other.json", *option).code == 0
    [before] = [one["body"] for one in talk.comments]
    said = judge_both(b"broken", "other.json", *option)
    assert said.code == 3
    assert "note: it is unknown" not in said.err
    [after] = [one["body"] for one in talk.comments]
    assert before.splitlines()[0] == after.splitlines()[0]
    assert "other.json" in after
