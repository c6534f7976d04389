"""`gate upload` when GitHub says no, is busy, or breaks off: its own words, a hint, exit code 6, never a success."""

import json

import pytest

from tests.github.conftest import a_run

HOSTILE = "\x1b[31mred\n::error::pwned\r\n::set-output name=x::y <script>alert(1)</script> \u202eevil"


def refused(said, *words):
    assert said.code == 6, said.err
    assert "uploaded" not in said.err
    for word in words:
        assert word in said.err
    return True


@pytest.mark.parametrize(
    ("status", "message", "hint"),
    [
        (403, "Resource not accessible by integration", "permissions: security-events: write"),
        (403, "Resource not accessible by personal access token", "Code scanning alerts: write"),
        (
            403,
            "Advanced Security must be enabled for this repository to use code scanning.",
            "free for public repositories; a private or internal one needs GitHub Code Security",
        ),
        (403, "Code Security must be enabled for this repository to use code scanning.", "needs GitHub Code Security"),
        (403, "Code scanning is not enabled for this repository. Please enable it.", "switch it on under Settings"),
        (404, "Code scanning is not enabled for this repository", "switch it on under Settings"),
        (403, "Repository was archived so is read-only.", "unarchive it"),
        (403, "Resource protected by organization SAML enforcement.", "Configure SSO"),
        (403, "Something that nobody knows", "security-events: write"),
        (401, "Bad credentials", "the token is wrong"),
        (404, "Not Found", "check the name of the repository"),
        (404, "ref 'refs/heads/main' not found in this repository", "push first"),
        (400, "Invalid SARIF", "gate sarif check"),
        (413, "Payload too large", "too large"),
        (422, "commit not found", "push first"),
        (422, "Validation Failed", "repository, ref and commit"),
        (418, "I'm a teapot", "(418)"),
        (499, "", "(499)"),
    ],
)
def test_each_refusal_has_githubs_words_and_a_hint(upload, github, status, message, hint):
    github.refuse("POST", "/sarifs$", status, message)
    said = upload()
    assert refused(said, f"({status})", message, hint)
    assert github.count("POST", "/sarifs$") == 1


def test_the_details_of_a_refusal_are_told(upload, github):
    github.refuse("POST", "/sarifs$", 422, "Validation Failed", errors=[{"message": "ref is odd"}, "sha too", 5])
    assert refused(upload(), "Validation Failed; ref is odd; sha too")


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (
            "CodeQL analyses from advanced configurations cannot be processed when the default setup is enabled",
            "CodeQL",
        ),
        ("rejecting SARIF, as the repository has too many logical alerts", "more alerts than GitHub keeps"),
        ("A delivery cannot contain multiple runs with the same category", "automationDetails.id"),
        ("SARIF URI scheme 'https' did not match the checkout URI scheme 'file'", "gate sarif check"),
        ("something that nobody knows", "something that nobody knows"),
    ],
)
def test_a_file_that_github_cannot_process_is_told_with_githubs_errors(upload, github, error, hint):
    github.errors = [error, "and another"]
    github.pending = 1
    assert refused(upload(args=["--wait", "5"]), "GitHub refused it", error, "and another", hint)


def test_a_failure_without_a_reason_is_a_failure(upload, github):
    github.status = "failed"
    assert refused(upload(), "GitHub gives no reason")


def test_errors_of_what_is_said_to_be_complete_are_errors(upload, github):
    github.errors, github.status = ["partly unreadable"], "complete"
    assert refused(upload(), "partly unreadable")


def test_an_analysis_with_an_error_is_no_success(upload, github):
    github.analysis = {"error": "error reading field xyz"}
    assert refused(upload(), "error reading field xyz")


def test_processing_that_never_ends_is_no_success(upload, github):
    github.pending = 1_000_000
    assert refused(upload(args=["--wait", "1"]), "did not process it in 1 s", "--wait")
    assert github.uploads[0].asked > 2


def test_an_upload_that_github_never_heard_of_is_no_success(upload, github):
    github.unheard = 1_000_000
    assert refused(upload(args=["--wait", "1"]), "did not process it")


def test_a_state_that_nobody_knows_is_no_success(upload, github):
    github.fault("GET", "/sarifs/", status=200, body=b'{"processing_status": "excellent"}')
    assert refused(upload(args=["--wait", "1"]), "did not process it")


def test_a_list_of_analyses_that_cannot_be_had_is_a_note(upload, github):
    github.refuse("GET", "/analyses$", 403, "no")
    said = upload()
    assert said.code == 0
    assert "note: 0.sarif: GitHub says: the result of each run at GitHub is unknown" in said.err


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id": 5}', b'{"id": "../../x"}', b"<html>", b'{"id": "a", '])
def test_an_upload_without_an_id_is_not_known_to_be_taken(upload, github, body):
    github.fault("POST", "/sarifs$", status=202, body=body)
    assert refused(upload(), "without an id")
    assert github.count("GET", "") == 0


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (429, {"Retry-After": "0"}),
        (403, {"Retry-After": "0"}),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1000", "Date": "Thu, 01 Jan 1970 00:16:40 GMT"}),
        (500, {}),
        (503, {"Retry-After": "0"}),
    ],
)
def test_a_limit_or_an_outage_is_waited_out(upload, github, status, headers):
    github.refuse("*", "", status, "You have exceeded a secondary rate limit", headers, times=1)
    github.refuse("GET", "/sarifs/", status, "You have exceeded a secondary rate limit", headers, times=1)
    assert upload().code == 0
    assert (github.count("POST", "/sarifs$"), github.count("GET", "/sarifs/")) == (2, 2)
    assert len(github.uploads) == 1


@pytest.mark.parametrize(
    ("status", "headers", "pause"),
    [
        (429, {"Retry-After": "3600"}, "3,600 s"),
        (403, {"Retry-After": "3600"}, "3,600 s"),
        (
            403,
            {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2800", "Date": "Thu, 01 Jan 1970 00:16:40 GMT"},
            "1,800 s",
        ),
    ],
)
def test_a_limit_that_lasts_is_believed(upload, github, status, headers, pause):
    github.refuse("POST", "/sarifs$", status, "API rate limit exceeded", headers)
    assert refused(upload(), f"asks to wait for {pause}", "limits the requests of a token")
    assert github.count("POST", "/sarifs$") == 1


def test_a_limit_without_end_is_given_up(upload, github):
    github.refuse("POST", "/sarifs$", 403, "You have exceeded a secondary rate limit", {"Retry-After": "0"})
    assert refused(upload(), "secondary rate limit", "after 5 tries")
    assert github.count("POST", "/sarifs$") == 5


def test_a_connection_that_breaks_is_tried_again(upload, github):
    github.fault("GET", "/sarifs/", cut=5, times=1)
    github.fault("GET", "/analyses$", reset=True, times=1)
    said = upload()
    assert said.code == 0, said.err
    assert len(github.uploads) == 1


def test_a_server_that_is_not_there_is_exit_6(upload):
    said = upload(env={"GITHUB_API_URL": "https://github.invalid/api/v3"})
    assert refused(said, "no host github.invalid")


def test_an_answer_without_end_is_not_read_to_its_end(upload, github):
    github.fault("POST", "/sarifs$", status=202, body=b" " * 9_000_000)
    assert refused(upload(), "longer than")


def test_hostile_words_of_github_harm_neither_terminal_nor_workflow(upload, github):
    github.refuse("POST", "/sarifs$", 422, HOSTILE, errors=[HOSTILE], times=1)
    assert refused(upload(), "pwned")
    github.errors = [HOSTILE, HOSTILE]
    assert refused(upload(), "pwned")
    github.errors = []
    github.analysis = {"warning": HOSTILE}
    assert "pwned" in upload().err


def test_hostile_words_of_a_file_harm_neither_terminal_nor_workflow(upload):
    said = upload([a_run(HOSTILE + "/", tool=HOSTILE)] * 2)
    assert said.code == 3
    assert "pwned" in said.err


def test_a_thousand_errors_are_not_all_shown(upload, github):
    github.errors = [f"error number {number}" for number in range(1_000)]
    said = upload()
    assert refused(said, "error number 0", "980 more like these")
    assert "error number 20" not in said.err


def test_after_one_that_cannot_be_sent_no_other_is_and_those_sent_are_waited_for(upload, github):
    github.meanwhile(
        "POST", "/sarifs$", lambda: github.refuse("POST", "/sarifs$", 403, "Repository was archived so is read-only.")
    )
    said = upload(*([a_run(f"{number}/")] for number in range(4)))
    assert said.code == 6
    assert github.count("POST", "/sarifs$") == 2
    assert "uploaded 0.sarif" in said.err
    assert "1.sarif: " in said.err
    assert "unarchive it" in said.err
    assert said.err.count("not sent") == 2


def test_one_bad_file_among_several_decides_the_exit_code(upload, github):
    bad = {"processing_status": "failed", "errors": ["rejecting SARIF"]}
    github.fault("GET", "/sarifs/", status=200, body=json.dumps(bad).encode(), times=1)
    said = upload([a_run()], [a_run("other/")])
    assert said.code == 6
    assert "0.sarif: GitHub refused it: rejecting SARIF" in said.err
    assert "uploaded 1.sarif" in said.err
