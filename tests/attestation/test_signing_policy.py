"""May it be signed: every doubt is a no, and each no says which rule it comes from."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from gate.attestation import predicates
from gate.attestation.proven_verdict import ProvenVerdict
from gate.attestation.signing_policy import AHEAD, Wish, is_newer, outdated, refusals
from gate.github.actions_context import current_run
from gate.io.run_context import RunContext
from gate.model.ci_run import GITHUB_ACTIONS, UNKNOWN_SYSTEM, CiRun
from gate.model.evidence import VERDICT, Claim, Format, Outcome, Piece, Proof, Signer
from gate.model.findings import DatabaseOrigin, PlatformScan, Scanner
from gate.model.verdict import PolicyRef, Reason
from gate.policy import Policy, Sign
from tests.builders import CHILD, DIGEST, NOW
from tests.builders import verdict as build

REF = PolicyRef(name="gate.yaml", sha256="1" * 64)
WISH = Wish(digest=DIGEST, platforms=frozenset({CHILD}), tag="1", tag_digest=DIGEST)
RUN = CiRun(repository="o/app", ref="refs/heads/main", event="push")


def passed(**more):
    base = build(
        passed=True,
        reasons=(),
        policy=REF,
        judged_at=NOW,
        platforms=(PlatformScan(platform="linux/amd64", digest=CHILD),),
    )
    subject = base.subject.model_copy(update={"digest": DIGEST, "local": False})
    return base.model_copy(update={"subject": subject, **more})


def rules(verdict=None, policy=None, wish=WISH, run=RUN, now=NOW):
    said = refusals(verdict or passed(), policy or Policy(), REF, wish, origin=run, now=now)
    assert all(one.message for one in said)
    return [one.rule for one in said]


def under(database_origin):
    """A passed verdict made with a database of that origin."""
    verdict = passed()
    database = verdict.scanner.database.model_copy(update={"origin": database_origin})
    return verdict.model_copy(update={"scanner": verdict.scanner.model_copy(update={"database": database})})


@pytest.mark.parametrize(
    ("database_origin", "in_actions", "outside"),
    [("checked", [], []), ("named", [], []), ("private", ["database"], []), ("unchecked", ["database"], ["database"]),
     (None, ["database"], ["database"])],
)  # fmt: skip
def test_nothing_is_signed_under_a_database_of_unproven_origin(database_origin, in_actions, outside):
    verdict = under(database_origin and DatabaseOrigin(database_origin))
    assert rules(verdict) == in_actions
    assert rules(verdict, wish=replace(WISH, local=True), run=None) == outside


def test_nothing_is_signed_when_no_database_is_named():
    verdict = passed()
    assert rules(verdict.model_copy(update={"scanner": Scanner(version="0.76.0")})) == ["database"]


def test_a_passed_verdict_of_this_digest_on_a_named_ref_may_be_signed():
    assert rules() == []


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"passed": False, "reasons": (Reason(rule="fail_on.severity", message="bad"),)}, "passed"),
        ({"passed": False}, "passed"),
        ({"reasons": (Reason(rule="x", message="edited to pass"),)}, "passed"),
        ({"policy": PolicyRef(name="gate.yaml", sha256="2" * 64)}, "policy"),
        ({"judged_at": NOW - timedelta(hours=25)}, "sign.max_age"),
        ({"judged_at": NOW + timedelta(hours=1)}, "sign.max_age"),
        ({"platforms": ()}, "platforms"),
    ],
)
def test_a_verdict_that_does_not_fit_is_refused(changes, rule):
    assert rises(changes) == [rule]


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (Sign().max_age, []),
        (Sign().max_age + timedelta(microseconds=1), ["sign.max_age"]),
        (-AHEAD, []),
        (-AHEAD - timedelta(microseconds=1), ["sign.max_age"]),
    ],
)
def test_the_age_of_a_verdict_is_held_to_its_bounds_exactly(age, expected):
    assert rules(passed(judged_at=NOW - age)) == expected


def rises(changes):
    return rules(passed(**changes))


@pytest.mark.parametrize("changes", [{"digest": "sha256:" + "f" * 64}, {"digest": None}, {"local": True}])
def test_a_verdict_about_something_else_is_refused(changes):
    base = passed()
    assert "verdict" in rules(base.model_copy(update={"subject": base.subject.model_copy(update=changes)}))


@pytest.mark.parametrize(
    ("wish", "rule"),
    [
        (replace(WISH, platforms=frozenset()), "platforms"),
        (replace(WISH, platforms=frozenset({CHILD, "sha256:" + "e" * 64})), "platforms"),
        (replace(WISH, tag_digest="sha256:" + "e" * 64), "tag"),
        (replace(WISH, tag_digest=""), "tag"),
    ],
)
def test_an_image_that_is_not_what_was_judged_is_refused(wish, rule):
    assert rules(wish=wish) == [rule]


@pytest.mark.parametrize(
    ("run", "rule"),
    [
        (RUN.model_copy(update={"ref": "refs/heads/feature"}), "sign.refs"),
        (RUN.model_copy(update={"ref": "refs/tags/main"}), "sign.refs"),
        (RUN.model_copy(update={"ref": ""}), "sign.refs"),
        (RUN.model_copy(update={"event": "pull_request"}), "sign.events"),
        (RUN.model_copy(update={"event": ""}), "sign.events"),
        (RUN.model_copy(update={"outsider": "a fork"}), "sign.events"),
    ],
)
def test_a_run_that_the_policy_does_not_name_is_refused_even_with_a_key(run, rule):
    assert rules(run=run) == [rule]
    assert rules(run=run, wish=replace(WISH, by_key=True, local=True)) == [rule]


def test_outside_of_actions_somebody_has_to_ask_for_it():
    assert rules(run=None) == ["sign"]
    assert rules(run=None, wish=replace(WISH, local=True)) == []
    assert rules(run=None, wish=replace(WISH, by_key=True)) == []


def messages(run, wish=WISH):
    return [one.message for one in refusals(passed(), Policy(), REF, wish, origin=run, now=NOW)]


@pytest.mark.parametrize(
    ("system", "event", "expected"),
    [
        (GITHUB_ACTIONS, "push", []),
        (GITHUB_ACTIONS, "", ["and this run is for nothing"]),
        (GITHUB_ACTIONS, "pull_request", ["and this run is for pull_request"]),
        ("GitLab CI", "push", []),
        ("GitLab CI", "", ["this job of GitLab CI does not say what it is for"]),
        ("GitLab CI", "pull_request", ["and this run is for pull_request"]),
    ],
)
def test_a_job_says_what_it_is_for_in_words_that_the_policy_has(system, event, expected):
    found = messages(RUN.model_copy(update={"system": system, "event": event}))
    assert len(found) == len(expected)
    assert all(part in message for part, message in zip(expected, found, strict=True))


@pytest.mark.parametrize(("by_key", "local", "expected"), [
    (False, False, ["sign"]), (True, False, ["sign"]), (False, True, []), (True, True, [])
])  # fmt: skip
def test_in_an_unknown_ci_system_somebody_has_to_ask_for_it_even_with_a_key(by_key, local, expected):
    unknown = RUN.model_copy(update={"system": UNKNOWN_SYSTEM, "event": "", "ref": ""})
    assert rules(run=unknown, wish=replace(WISH, by_key=by_key, local=local)) == expected


def test_a_fork_is_refused_whatever_the_policy_allows():
    open_policy = Policy(sign=Sign(refs=("refs/pull/**",), events=("pull_request",)))
    fork = CiRun(repository="o/app", ref="refs/pull/9/merge", event="pull_request", outsider="a fork")
    assert rules(policy=open_policy, run=fork) == ["sign.events"]


def actions(tmp_path, event, payload, **more):
    path = tmp_path / "event.json"
    path.write_text(payload if isinstance(payload, str) else json.dumps(payload))
    env = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": "o/app",
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_EVENT_NAME": event,
        "GITHUB_EVENT_PATH": str(path),
        "GITHUB_RUN_ID": "7",
        "GITHUB_WORKFLOW_REF": "o/app/.github/workflows/release.yml@refs/heads/main",
        **more,
    }
    return current_run(RunContext(env=env, now=NOW, cwd=tmp_path))


def pull(head, base="o/app"):
    def repo(name):
        return {"repo": {"full_name": name} if name else None}

    return {"pull_request": {"head": repo(head), "base": repo(base)}}


def test_the_run_is_read_from_the_environment_of_actions(tmp_path):
    run = actions(tmp_path, "push", {})
    assert (run.repository, run.ref, run.event, run.outsider) == ("o/app", "refs/heads/main", "push", "")
    assert run.run == "https://github.com/o/app/actions/runs/7/attempts/1"
    assert run.builder == "https://github.com/o/app/.github/workflows/release.yml@refs/heads/main"
    assert current_run(RunContext(env={"GITHUB_REPOSITORY": "o/app"}, now=NOW, cwd=tmp_path)) is None


@pytest.mark.parametrize("event", ["pull_request", "pull_request_target", "pull_request_review"])
@pytest.mark.parametrize(
    "payload", [pull("evil/app"), pull(None), pull("evil/app", None), {}, [], "{", "null", {"pull_request": 7}]
)
def test_a_pull_request_that_is_not_plainly_ones_own_is_an_outsider_s(tmp_path, event, payload):
    assert actions(tmp_path, event, payload).outsider


def test_a_pull_request_of_ones_own_is_none(tmp_path):
    assert actions(tmp_path, "pull_request", pull("o/app")).outsider == ""


def test_what_runs_in_the_wake_of_a_fork_s_run_is_an_outsider_s(tmp_path):
    def wake(head):
        return {"workflow_run": {"head_repository": {"full_name": head}}, "repository": {"full_name": "o/app"}}

    assert actions(tmp_path, "workflow_run", wake("evil/app")).outsider
    assert actions(tmp_path, "workflow_run", {}).outsider
    assert actions(tmp_path, "workflow_run", wake("o/app")).outsider == ""


def test_an_event_that_cannot_be_read_is_an_outsider_s(tmp_path):
    assert actions(tmp_path, "pull_request", pull("o/app"), GITHUB_EVENT_PATH=str(tmp_path / "none")).outsider


def attached(at, *, failed=False, signed=None):
    document = json.loads(predicates.verdict(passed(judged_at=at, passed=not failed), digest=DIGEST))
    piece = Piece(DIGEST, Format.BUNDLE, CHILD, b"{}")
    claim = Claim(piece, VERDICT, frozenset({DIGEST}), document, None, signed or at)
    return ProvenVerdict(Proof(claim, Outcome.PROVEN, Signer(key="key")), predicates.summary(document))


SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (attached(NOW - SECOND, failed=True), False),
        (attached(NOW - SECOND, failed=True, signed=NOW + SECOND), False),
        (attached(NOW, failed=True), True),
        (attached(NOW + SECOND, failed=True), True),
        (attached(NOW + SECOND, failed=True, signed=NOW - timedelta(hours=1)), True),
        (attached(NOW), False),
        (attached(NOW + SECOND), False),
        (attached(NOW + timedelta(minutes=6)), True),
        (attached(NOW + SECOND, signed=NOW - timedelta(minutes=6)), True),
    ],
)
def test_a_pass_is_not_signed_over_a_verdict_that_decides_against_it(other, expected):
    moment = NOW + timedelta(microseconds=999_999)  # attestations are written in whole seconds
    reasons = outdated(passed(judged_at=moment), [attached(NOW - timedelta(days=1)), other], NOW)
    assert [one.rule for one in reasons] == (["verdict"] if expected else [])


def test_newer_is_what_was_judged_in_a_later_second():
    mine = passed(judged_at=NOW + timedelta(microseconds=5))
    assert not is_newer(None, mine)
    assert not is_newer(attached(NOW), mine)
    assert is_newer(attached(NOW + SECOND), mine)
