"""Who is trusted: every pattern is anchored, and what is nearly right is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.errors import InputError
from gate.evidence import Signer
from gate.policy import GITHUB_ISSUER, Identity
from gate.policyfile import parse
from gate.trust import mismatch, ref_matches

HUB = "https://github.com/"
RELEASE = ".github/workflows/release.yml"
APP = Identity(repository="o/app", workflow=RELEASE, refs=("main", "v*"))


def signer(*, repository="o/app", workflow=RELEASE, ref="refs/heads/main", called="", **more):
    fields = {
        "subject": HUB + (called or f"{repository}/{workflow}@{ref}"),
        "issuer": GITHUB_ISSUER,
        "repository": HUB + repository,
        "ref": ref,
        "event": "push",
    }
    return Signer(**(fields | more))


@pytest.mark.parametrize("ref", ["refs/heads/main", "refs/tags/v1.2.3", "refs/tags/v2"])
def test_the_workflow_on_a_named_ref_is_trusted(ref):
    assert mismatch(APP, signer(ref=ref)) == ""


@pytest.mark.parametrize(
    "other",
    [
        signer(issuer="https://token.actions.githubusercontent.com.evil.example"),
        signer(issuer=""),
        signer(repository="o/app-evil"),
        signer(repository="o/app.git"),
        signer(repository="o/ap"),
        signer(repository="o/app/x"),
        signer(repository="O/app"),
        signer(repository="oo/app"),
        signer(repository="o/app", subject=f"{HUB}o/other/{RELEASE}@refs/heads/main"),
        signer(workflow=".github/workflows/release.yaml"),
        signer(workflow=".github/workflows/releaseXyml"),
        signer(workflow=".github/workflows/sub/release.yml"),
        signer(ref="refs/heads/maintenance"),
        signer(ref="refs/heads/feature/main"),
        signer(ref="refs/tags/main"),
        signer(ref="refs/heads/v1"),
        signer(ref="refs/tags/v1/x"),
        signer(ref="refs/pull/9/merge"),
        signer(ref=""),
        signer(subject=f"{HUB}o/app/{RELEASE}@refs/heads/evil"),
        signer(subject=f"https://evil.example/o/app/{RELEASE}@refs/heads/main"),
        signer(subject="someone@o.example"),
        signer(repository="", subject=f"{HUB}o/app/{RELEASE}@refs/heads/main"),
        Signer(),
        Signer(key="release.pub"),
    ],
)
def test_whoever_is_nearly_right_is_not_trusted_and_the_words_say_why(other):
    assert mismatch(APP, other)


def test_a_reusable_workflow_signs_under_its_own_name_and_the_words_say_how_to_trust_it():
    called = f"o/shared/{RELEASE}@refs/tags/v1"
    why = mismatch(APP, signer(called=called))
    assert "reusable workflow" in why
    assert called in why
    shared = Identity(repository="o/app", workflow=called, refs=("main",))
    assert mismatch(shared, signer(called=called)) == ""
    assert mismatch(shared, signer(called=f"o/shared/{RELEASE}@refs/heads/main"))
    assert mismatch(shared, signer(called=f"o/shared-evil/{RELEASE}@refs/tags/v1"))
    assert mismatch(shared, signer(called=called, repository="o/other"))
    assert mismatch(shared, signer(called=called, ref="refs/heads/feature"))


def test_a_pattern_stays_within_its_part():
    fleet = Identity(repository="o/*", workflow=RELEASE, refs=("main",))
    assert mismatch(fleet, signer(repository="o/anything")) == ""
    assert mismatch(fleet, signer(repository="other/anything"))


def test_events_are_asked_for_only_when_they_are_named():
    pushed = Identity(repository="o/app", workflow=RELEASE, refs=("main",), events=("push",))
    assert mismatch(pushed, signer()) == ""
    assert "pull_request" in mismatch(pushed, signer(event="pull_request"))


def test_a_subject_is_compared_whole():
    person = Identity(issuer="https://accounts.example", subject="release@o.example")
    good = Signer(subject="release@o.example", issuer="https://accounts.example")
    assert mismatch(person, good) == ""
    assert mismatch(person, Signer(subject="xrelease@o.example", issuer="https://accounts.example"))
    assert mismatch(person, Signer(subject="release@o.example", issuer="https://accounts.example/"))


def test_a_key_is_itself_and_nobody_else():
    key = Identity(key="a.pub")
    assert mismatch(key, Signer(key="a.pub")) == ""
    assert mismatch(key, Signer(key="b.pub"))
    assert mismatch(key, signer())


@given(st.text(max_size=60))
def test_no_text_is_a_ref_of_a_policy_that_names_another(text):
    assert ref_matches(("main",), text) == (text == "refs/heads/main")
    assert not ref_matches((), text)


@pytest.mark.parametrize(
    ("identity", "words"),
    [
        ("{}", "either"),
        ("{repository: o/app}", "all three"),
        ("{repository: o/app, workflow: .github/workflows/r.yml}", "all three"),
        ("{repository: o/app, workflow: .github/workflows/r.yml, refs: [main], key: a.pub}", "either"),
        ("{repository: '*/app', workflow: .github/workflows/r.yml, refs: [main]}", "owner is no pattern"),
        ("{repository: app, workflow: .github/workflows/r.yml, refs: [main]}", "owner/name"),
        ("{repository: o/app, workflow: r.yml, refs: [main]}", "workflow"),
        ("{repository: o/app, workflow: o/shared/.github/workflows/r.yml, refs: [main]}", "workflow"),
        ("{subject: me@example.org}", "issuer"),
    ],
)
def test_an_identity_that_would_match_too_much_is_refused(identity, words):
    with pytest.raises(InputError, match=words):
        parse(f"trust: {{identities: [{identity}]}}\n", "gate.yaml")


def test_signers_and_the_trusted_are_no_part_of_what_judges(tmp_path):
    from gate.policyfile import load

    plain = load(None, cwd=tmp_path, overrides={}).ref.sha256
    (tmp_path / "a.pub").write_text("a key")
    (tmp_path / "gate.yaml").write_text("trust: {identities: [{key: a.pub}], max_age: 1d}\nsign: {refs: [release]}\n")
    loaded = load(None, cwd=tmp_path, overrides={})
    assert loaded.ref.sha256 == plain
    assert loaded.files["a.pub"] == b"a key"
