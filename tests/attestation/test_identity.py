"""Who is trusted: every pattern is anchored, and what is nearly right is wrong."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.attestation.identity import difference, full_ref, github_server, mismatch, ref_matches
from gate.errors import InputError
from gate.model.evidence import Signer
from gate.policy import GITHUB_ISSUER, Identity
from gate.policy.loader import parse

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


def test_a_reusable_workflow_signs_under_its_own_name_and_the_error_says_so():
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


def test_a_bare_pattern_with_a_question_mark_is_a_tag():
    assert ref_matches(("v?",), "refs/tags/v1")
    assert not ref_matches(("v?",), "refs/heads/v1")


def test_a_ref_may_hold_an_at_sign():
    app = Identity(repository="o/app", workflow=RELEASE, refs=("a@b",))
    assert mismatch(app, signer(ref="refs/heads/a@b")) == ""
    assert mismatch(app, signer(ref="refs/heads/b", subject=f"{HUB}o/app/{RELEASE}@refs/heads/a@b"))


@pytest.mark.parametrize(
    "subject", [f"https://github.co/o/app/{RELEASE}@refs/heads/main", f"o/app/{RELEASE}@refs/heads/main", f"{HUB}o/app"]
)
def test_a_subject_of_another_server_or_without_a_ref_is_not_trusted(subject):
    assert "is not a workflow of https://github.com" in mismatch(APP, signer(subject=subject))


def test_the_issuer_of_a_server_of_ones_own_names_the_server():
    assert github_server("https://git.example/_services/token") == "https://git.example"
    assert github_server("https://git.example/_SERVICES/TOKEN") == ""
    assert github_server("https://git.example") == ""


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


@pytest.mark.parametrize("issuer", [GITHUB_ISSUER, f"{GITHUB_ISSUER}/octo-corp", "https://git.example/_services/token"])
def test_the_subject_of_a_workflow_counts_only_in_the_repository_that_it_names(issuer):
    server = "https://git.example/" if "git.example" in issuer else HUB
    subject = f"{server}o/shared/{RELEASE}@refs/tags/v1"
    named = Identity(issuer=issuer, subject=subject)

    def run_in(repository):
        return Signer(subject=subject, issuer=issuer, repository=repository, ref="refs/heads/main")

    assert mismatch(named, run_in(f"{server}o/shared")) == ""
    for other in ("o/app", "o/shared-evil", "o/share", "O/shared", "o/shared/", "o/shared.git"):
        assert "which the subject names" in mismatch(named, run_in(server + other))
    assert "which the subject names" in mismatch(named, run_in("https://evil.example/o/shared"))
    assert "does not name the repository" in mismatch(named, run_in(""))


def test_a_subject_of_github_that_names_no_workflow_counts_for_nothing():
    for subject in (f"{HUB}o/app", "repo:o/app:ref:refs/heads/main", f"{HUB}o/app/{RELEASE}", f"{HUB}o/app@x"):
        named = Identity(issuer=GITHUB_ISSUER, subject=subject)
        assert "names no workflow" in mismatch(named, signer(subject=subject))


def test_a_workflow_is_held_to_its_repository_under_any_issuer():
    subject = "https://forge.example/o/app/.forgejo/workflows/release.yml@refs/heads/main"
    named = Identity(issuer="https://forge.example/oidc", subject=subject)
    known = {"subject": subject, "issuer": "https://forge.example/oidc"}
    assert mismatch(named, Signer(**known, repository="https://forge.example/o/app")) == ""
    assert mismatch(named, Signer(**known, repository="https://forge.example/evil/app"))
    assert mismatch(named, Signer(**known))


@pytest.mark.parametrize("issuer", ["https://gitlab.com", "https://gitlab.example.org"])
@pytest.mark.parametrize("project", ["o/app", "group/sub/group/app"])
def test_a_job_of_gitlab_is_held_to_its_project(issuer, project):
    """Fulcio writes gitlab.com for the project whatever the server is, unless it is configured otherwise."""
    gitlab = {"issuer": issuer, "subject": f"{issuer}/{project}//.gitlab-ci.yml@refs/heads/main"}
    named = Identity(**gitlab)
    for server in {"https://gitlab.com", issuer}:
        assert mismatch(named, Signer(**gitlab, repository=f"{server}/{project}")) == ""
    for other in ("e/app", f"{project}2", f"x/{project}", project.rpartition("/")[0], f"{project}/x", project.upper()):
        assert "every project that uses the pipeline" in mismatch(
            named, Signer(**gitlab, repository=f"https://gitlab.com/{other}")
        )
    assert "does not name the repository" in mismatch(named, Signer(**gitlab))


def test_a_project_is_all_that_comes_after_its_server():
    gitlab = {"issuer": "https://gitlab.com", "subject": "https://gitlab.com/o/app//.gitlab-ci.yml@refs/heads/main"}
    inside = Signer(**gitlab, repository="https://gitlab.com/evil/x://gitlab.com/o/app")
    assert "which the subject names" in mismatch(Identity(**gitlab), inside)


def test_a_subject_of_gitlab_that_names_no_project_is_not_trusted():
    for subject in ("https://gitlab.com/o/app", "https://gitlab.com/o/app/.gitlab-ci.yml@main", "a@gitlab.com"):
        gitlab = {"issuer": "https://gitlab.com", "subject": subject}
        assert "names no project" in mismatch(Identity(**gitlab), Signer(**gitlab, repository="https://gitlab.com/o/a"))


def test_a_subject_that_is_a_pipeline_itself_names_no_repository():
    for issuer, subject in (
        ("https://agent.buildkite.com", "https://buildkite.com/acme/app"),
        ("https://oidc.circleci.com", "https://circleci.com/api/v2/projects/1/pipeline-definitions/2"),
        ("https://oidc.codefresh.io", "https://g.codefresh.io/acme/project/app:1/2"),
    ):
        known = {"issuer": issuer, "subject": subject}
        assert mismatch(Identity(**known), Signer(**known)) == ""
        assert mismatch(Identity(**known), Signer(**known, repository="https://github.com/acme/app")) == ""


def test_the_suggested_identity_is_valid_yaml_whatever_the_certificate_says():
    subject = f"{HUB}o/shared/{RELEASE}@refs/tags/v1"
    named = Identity(issuer=GITHUB_ISSUER, subject=subject)
    for ref in (
        "refs/heads/main",
        "refs/heads/a b",
        'refs/heads/"}',
        "refs/heads/x: y",
        "refs/heads/#1",
        "refs/heads/é",
    ):
        caller = signer(subject=subject, repository="o/app", ref=ref, repository_id="7", owner_id="08")
        line = mismatch(named, caller).partition("write under trust.identities: ")[2]
        [identity] = parse(f"trust:\n  identities:\n  {line}\n", "gate.yaml").trust.identities
        assert (*map(full_ref, identity.refs), identity.repository_id, identity.owner_id) == (ref, "7", "08")
        assert mismatch(identity, caller) == ""
    odd = signer(subject=subject, repository="o/app}, {x", ref="refs/heads/main")
    assert "trust.identities" not in mismatch(named, odd)
    for ref in ("refs/heads/*", "refs/heads/m?in"):
        assert "trust.identities" not in mismatch(named, signer(subject=subject, repository="o/app", ref=ref))
    assert "trust.identities" not in mismatch(named, signer(subject=subject, repository="e/app"), advise=False)


NUMBERED = {"repository_id": "1001", "owner_id": "2002"}
FORMS = [
    {"repository": "o/app", "workflow": RELEASE, "refs": ("main",)},
    {"issuer": GITHUB_ISSUER, "subject": f"{HUB}o/app/{RELEASE}@refs/heads/main"},
    {"issuer": "https://gitlab.com", "subject": "https://gitlab.com/o/app//.gitlab-ci.yml@refs/heads/main"},
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NUMBERED)
def test_pinned_ids_are_compared_whole(form, name):
    pinned = Identity(**form, **{name: NUMBERED[name]})
    own = {"issuer": form["issuer"], "subject": form["subject"]} if "subject" in form else {}
    assert mismatch(pinned, signer(**own, **NUMBERED)) == ""
    assert "shows no id" in mismatch(pinned, signer(**own))
    for other in ("9", "01001", "02002", "10011", "20022", "100", "200", "1001 ", "\uff11\uff10\uff10\uff11"):
        assert f"not {NUMBERED[name]}" in mismatch(pinned, signer(**own, **NUMBERED | {name: other}))


@pytest.mark.parametrize("name", NUMBERED)
@pytest.mark.parametrize(
    "value", ["1001", "'10 01'", "''", "'x'", "'\uff11'", "'-1'", "'1001\\n'", f"'{'1' * 21}'", "1.0", "[]"]
)
def test_an_id_is_digits_in_quotes(name, value):
    with pytest.raises(InputError, match=name):
        parse(
            f"trust: {{identities: [{{repository: o/a, workflow: {RELEASE}, refs: [main], {name}: {value}}}]}}\n",
            "gate.yaml",
        )


def test_a_key_has_no_ids():
    with pytest.raises(InputError, match="a key has no"):
        parse("trust: {identities: [{key: a.pub, owner_id: '1'}]}\n", "gate.yaml")


def test_exactly_one_signer_is_the_same_in_everything_that_a_policy_can_ask_about():
    one = signer(**NUMBERED, commit="a", run="1")
    assert difference(one, signer(**NUMBERED, commit="b", run="2")) == ""
    for name in ("subject", "issuer", "repository", "repository_id", "owner_id", "ref", "event"):
        for other in ("", "x"):
            assert difference(one, replace(one, **{name: other}))


def test_a_repository_without_a_name_is_compared_by_its_id_and_all_other_fields():
    numbered = replace(signer(**NUMBERED), repository="")
    assert difference(numbered, signer(**NUMBERED)) == ""
    for name in ("subject", "issuer", "repository_id", "owner_id", "ref", "event"):
        for other in ("", "x"):
            assert difference(numbered, replace(signer(**NUMBERED), **{name: other}))
    without = replace(numbered, repository_id="")
    assert difference(without, replace(signer(**NUMBERED), repository_id="")).startswith("the repository is")


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
    from gate.policy.loader import load

    plain = load(None, cwd=tmp_path, overrides={}).ref.sha256
    (tmp_path / "a.pub").write_text("a key")
    (tmp_path / "gate.yaml").write_text("trust: {identities: [{key: a.pub}], max_age: 1d}\nsign: {refs: [release]}\n")
    loaded = load(None, cwd=tmp_path, overrides={})
    assert loaded.ref.sha256 == plain
    assert loaded.files["a.pub"] == b"a key"
