"""An exported policy lets in whom `gate verify` would, and nobody else."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gate.attestation.identity import mismatch, ref_matches
from gate.deploy.admission import Target
from gate.deploy.admission.patterns import anchored, glob
from gate.io.globs import Glob
from gate.model.evidence import Signer
from gate.policy import GITHUB_ISSUER, Identity
from tests.deploy.admission.engines import found, lets_in
from tests.deploy.admission.signers import (
    CALLED,
    CALLERS,
    EXACT,
    MAIL,
    MANY,
    OWN,
    PUSHED,
    SERVER,
    SIGNERS,
    SUBJECT,
    run,
    trust,
)

EVERY = [(target, kind) for target in Target for kind in ("bundle", "legacy")]


def answers(known, target, signers, kind):
    return {name: lets_in(trust(*known), target, one, kind=kind) for name, one in signers.items()}


def expected(known, signers):
    return {name: any(not mismatch(one, signer) for one in known) for name, signer in signers.items()}


@pytest.mark.parametrize("identity", [OWN, EXACT, MANY, MAIL, SUBJECT], ids=["own", "exact", "many", "mail", "subject"])
@pytest.mark.parametrize(("target", "kind"), EVERY)
def test_every_engine_lets_in_whom_verify_would(target, kind, identity):
    assert answers([identity], target, SIGNERS, kind) == expected([identity], SIGNERS)


@pytest.mark.parametrize("identity", [OWN, EXACT, PUSHED, MANY, CALLED, MAIL, SUBJECT])
def test_policy_controller_checks_repository_ref_and_event_in_the_old_format(identity):
    signers = SIGNERS | CALLERS
    assert answers([identity], Target.POLICY_CONTROLLER, signers, "legacy") == expected([identity], signers)


def test_the_table_has_both_answers_for_everybody():
    for identity in (OWN, EXACT, PUSHED, MANY, CALLED, MAIL):
        assert set(expected([identity], SIGNERS | CALLERS).values()) == {True, False}


@pytest.mark.parametrize(("target", "kind"), EVERY)
def test_of_several_any_one_may_have_signed(target, kind):
    assert answers([EXACT, MANY], target, SIGNERS, kind) == expected([EXACT, MANY], SIGNERS)


@pytest.mark.parametrize("kind", ["bundle", "legacy"])
def test_what_one_signer_may_do_is_no_help_to_another(kind):
    """The events of one are not those of the other, which has the same subject."""
    known = (Identity(repository="o/app", workflow=".github/workflows/a.yml", refs=("main",)), PUSHED)
    assert not lets_in(trust(*known), Target.POLICY_CONTROLLER, run(event="schedule"), kind="legacy")
    assert lets_in(trust(*known), Target.POLICY_CONTROLLER, run(), kind=kind)


def test_a_reusable_workflow_is_never_trusted_by_its_name_alone():
    for caller in CALLERS.values():
        assert not lets_in(trust(CALLED), Target.POLICY_CONTROLLER, caller, kind="bundle")
    assert lets_in(trust(CALLED), Target.POLICY_CONTROLLER, CALLERS["ours calls the shared one"])


LETTERS = "ab.-v1"
NAMES = st.text(LETTERS, min_size=1, max_size=4)
WILD = st.text(f"{LETTERS}*?", min_size=1, max_size=4)
REPOSITORIES = st.builds("a{}/{}".format, st.sampled_from(["", "b", "b-a"]), WILD)
FILES = st.builds(".github/workflows/{}{}.yml".format, st.sampled_from(["", "a/", "*/", "**/", "?/b/"]), WILD)
REFS = st.one_of(WILD, st.builds("refs/{}/{}".format, st.sampled_from(["heads", "tags", "*", "**"]), WILD))
IDENTITIES = st.builds(
    Identity,
    repository=REPOSITORIES,
    workflow=FILES,
    refs=st.lists(REFS, min_size=1, max_size=3).map(tuple),
    server=st.sampled_from([SERVER, "https://git.a.example"]),
    issuer=st.sampled_from([GITHUB_ISSUER, "https://git.a.example/_services/token"]),
)
FOLDERS = st.sampled_from(["", "a/", "b/a/", "ab/b/"])
KINDS = st.sampled_from(["refs/heads/", "refs/tags/", "refs/heads/a/"])


@st.composite
def pairs(draw):
    """An identity, and a run of a repository's own workflow that may well be it."""
    identity = draw(IDENTITIES)
    plain = {"*": draw(NAMES), "?": draw(st.sampled_from(LETTERS))}
    likely = str.maketrans({**plain, "\n": ""})
    name = draw(st.one_of(st.just(identity.repository.translate(likely)), st.builds("a{}/{}".format, NAMES, NAMES)))
    own = identity.workflow.replace("**/", draw(FOLDERS)).translate(likely)
    workflow = draw(st.one_of(st.just(own), st.builds(".github/workflows/{}{}.yml".format, FOLDERS, NAMES)))
    ref = draw(st.sampled_from(identity.refs)).replace("**", "heads").translate(likely)
    ref = ref if ref.startswith("refs/") else draw(KINDS) + ref
    ref = draw(st.one_of(st.just(ref), st.builds("{}{}".format, KINDS, NAMES)))
    server = draw(st.sampled_from([identity.server, SERVER, "https://gitXa.example"]))
    issuer = draw(st.sampled_from([identity.issuer, GITHUB_ISSUER]))
    subject = f"{server}/{name}/{workflow}@{ref}"
    return identity, Signer(subject, issuer, repository=f"{server}/{name}", ref=ref, event="push")


@given(pairs(), st.sampled_from(EVERY))
def test_an_exported_subject_says_what_the_policy_says(pair, engine):
    identity, signer = pair
    target, kind = engine
    if kind == "legacy" and target == Target.POLICY_CONTROLLER and identity.server != SERVER:
        return  # it tells the repository without its server
    assert lets_in(trust(identity), target, signer, kind=kind) == (not mismatch(identity, signer))


@given(IDENTITIES, st.text("ab.-v1/@\n*", max_size=12), st.data())
def test_no_subject_is_let_in_that_is_no_run_of_that_workflow(identity, text, data):
    """Whatever the subject looks like: if it is let in, a run that is trusted could have had it."""
    plain = identity.workflow.replace("**/", "").replace("*", "a").replace("?", "a")
    place = data.draw(st.integers(0, 40))
    subject = f"{identity.server}/{identity.repository.replace('*', 'a').replace('?', 'b')}/{plain}@refs/heads/v1"
    subject = subject[:place] + text + subject[place:]
    path, _, ref = subject.removeprefix(f"{identity.server}/").partition("@")
    home = "/".join(path.split("/")[:2])
    signer = Signer(subject, identity.issuer, repository=f"{identity.server}/{home}", ref=ref, event="push")
    if lets_in(trust(identity), Target.KYVERNO, signer):
        assert not mismatch(identity, signer)


PATTERNS = st.lists(st.one_of(st.just("**"), st.text("ab.*?", max_size=4)), min_size=1, max_size=5).map("/".join)


@given(PATTERNS, st.lists(st.text("ab.\n", max_size=4), min_size=1, max_size=6).map("/".join))
@example("**", "")
@example("a/**/b", "a/b")
@example("**/**/b", "b")
def test_a_pattern_as_an_expression_matches_what_it_matched(pattern, path):
    if path.startswith("/") or pattern.startswith("/"):
        return  # a slash at the front means nothing to the one and something to the other
    assert found(anchored(glob(pattern)), path) == Glob(pattern).matches(path)


@given(st.lists(REFS, min_size=1, max_size=3), st.builds("{}{}".format, KINDS, NAMES))
def test_a_bare_ref_means_to_a_cluster_what_it_means_to_verify(refs, ref):
    identity = Identity(repository="o/app", workflow=".github/workflows/a.yml", refs=tuple(refs))
    signer = run(workflow=".github/workflows/a.yml", ref=ref)
    assert lets_in(trust(identity), Target.KYVERNO, signer) == ref_matches(tuple(refs), ref)
