"""Exports: what engines take, what stands above them, what is refused."""

import json
import re
from datetime import timedelta

import pytest
from jsonschema import Draft202012Validator

from gate.deploy.admission import Target, export
from gate.errors import InputError, UsageError
from gate.io import yaml_document
from gate.model.evidence import CYCLONEDX, SIGNATURE, SPDX, VERDICT
from gate.policy import Identity, Trust
from tests.deploy.admission import schemas
from tests.deploy.admission.engines import documents, found
from tests.deploy.admission.signers import (
    ALL,
    CALLED,
    EXACT,
    IMAGES,
    KEY,
    KEYS,
    MAIL,
    MANY,
    OWN,
    PEM,
    PINNED,
    POLICY,
    PUSHED,
    SUBJECT,
    trust,
)

EVERYTHING = (OWN, EXACT, PUSHED, MANY, MAIL, SUBJECT, KEY)
ONE_ISSUER = (OWN, EXACT, PUSHED, MANY, SUBJECT)
PARTIES = {
    Target.POLICY_CONTROLLER: [ALL, *[(one,) for one in ALL]],
    Target.KYVERNO: [EVERYTHING, *[(one,) for one in EVERYTHING]],
    Target.CONNAISSEUR: [EVERYTHING, *[(one,) for one in EVERYTHING]],
    Target.RATIFY: [ONE_ISSUER, (KEY, Identity(key="old.pub")), *[(one,) for one in EVERYTHING]],
}
WHOLE = [Target.POLICY_CONTROLLER, Target.KYVERNO]
PLAIN = [Target.CONNAISSEUR, Target.RATIFY]


def written(target, *identities, images=tuple(IMAGES), policy=POLICY, **more):
    return export(trust(*(identities or (EXACT,)), **more), target, images, KEYS, policy=policy)


def head(text):
    """The words above an export, as one line."""
    return " ".join(line.removeprefix("#").strip() for line in text.splitlines() if line.startswith("#"))


def only(target, *identities, **more):
    [document] = documents(written(target, *identities, **more))
    return document


@pytest.mark.parametrize(("target", "known"), [(target, known) for target, all_ in PARTIES.items() for known in all_])
def test_an_export_is_what_the_engine_takes_and_nothing_else(target, known):
    text = written(target, *known)
    given = documents(text)
    assert [yaml_document.read(one.encode(), target).value for one in re.split(r"(?m)^---\n", text)] == given
    for document in given:
        schema = schemas.of(document)
        Draft202012Validator.check_schema(schema)
        Draft202012Validator(schema).validate(document)
    names = [(one.get("kind"), one.get("metadata", {}).get("name")) for one in given]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("target", WHOLE)
@pytest.mark.parametrize("require", [("signature",), ("verdict",), ("sbom",), ("signature", "sbom")])
def test_only_what_is_required_is_asked_for(target, require):
    text = written(target, require=require)
    for document in documents(text):
        Draft202012Validator(schemas.of(document)).validate(document)
    types = {"signature": {SIGNATURE}, "verdict": {VERDICT}, "sbom": {CYCLONEDX, SPDX}}
    asked = set().union(*(types[one] for one in require))
    assert {one for one in (SIGNATURE, VERDICT, CYCLONEDX, SPDX) if one in text} == asked


@pytest.mark.parametrize("target", WHOLE)
def test_each_thing_that_is_required_has_to_be_there(target):
    given = documents(written(target, EXACT, KEY))
    if target == Target.POLICY_CONTROLLER:  # all policies that match an image have to pass, of each any authority
        assert [one["metadata"]["name"] for one in given] == ["gate-signature", "gate-verdict", "gate-sbom"]
        assert all(one["spec"]["images"] == given[0]["spec"]["images"] for one in given)
    else:  # all validations have to hold
        [policy] = given
        asked = [one["expression"] for one in policy["spec"]["validations"]]
        assert [re.findall(r"attestations\.(\w+), \[signer\]\) > 0", one) for one in asked] == [
            ["signature"],
            ["verdict"],
            ["cyclonedx", "spdx"],
        ]
        assert all(
            one.count(".all(image, [attestors.signer1, attestors.signer2].exists(signer, ") == 1 for one in asked
        )


def test_a_signature_in_a_bundle_is_asked_for_by_its_own_type():
    """Engines take any attestation of a bundle for a signature when they are asked for "a signature"."""
    controller, *_ = documents(written(Target.POLICY_CONTROLLER))
    kinds = {one["signatureFormat"]: one for one in controller["spec"]["authorities"]}
    assert [one["predicateType"] for one in kinds["bundle"]["attestations"]] == [SIGNATURE]
    assert "attestations" not in kinds["legacy"]
    assert "verifyImageSignatures" not in written(Target.KYVERNO)


def test_policy_controller_gets_no_bundle_for_keys_and_reusable_workflows():
    for document in documents(written(Target.POLICY_CONTROLLER, KEY, CALLED)):
        assert {one["signatureFormat"] for one in document["spec"]["authorities"]} == {"legacy"}
    assert "signer 2 is accepted only in the old format" in head(written(Target.POLICY_CONTROLLER, KEY, CALLED))


@pytest.mark.parametrize("target", WHOLE)
def test_a_verdict_counts_when_it_passed_is_young_and_of_an_accepted_policy(target):
    text = written(target, max_age=timedelta(hours=36), policies=("cd" * 32,))
    rules = " ".join(_verdict(target, text).split())
    assert 'verificationResult == "PASSED"' in rules
    listed = re.search(r"policy\.digest\.sha256 in [\[{](.*?)[\]}]", rules)
    assert json.loads(f"[{listed[1]}]") == [POLICY, "cd" * 32]
    if target == Target.POLICY_CONTROLLER:
        assert f"age <= {36 * 3600 * 10**9}" in rules
        assert f"age >= -{5 * 60 * 10**9}" in rules
    else:
        assert 'time.now() - timestamp(verdict.timeVerified) <= duration("129600s")' in rules
        assert 'timestamp(verdict.timeVerified) - time.now() <= duration("300s")' in rules
    assert "A verdict is valid for 36h, when" in head(text)


def _verdict(target, text):
    given = documents(text)
    if target == Target.KYVERNO:
        return given[0]["spec"]["validations"][1]["expression"]
    said = {one["attestations"][0]["policy"]["data"] for one in given[1]["spec"]["authorities"]}
    assert len(said) == 1
    return said.pop()


@pytest.mark.parametrize("target", WHOLE)
def test_with_any_policy_accepted_none_is_asked_for_and_that_is_said(target):
    text = written(target, policies="any", policy="")
    assert "sha256" not in _verdict(target, text)
    assert "made it under any policy" in head(text)


@pytest.mark.parametrize("target", WHOLE)
def test_without_an_accepted_policy_a_verdict_cannot_be_required(target):
    with pytest.raises(InputError, match="no policy is known"):
        written(target, policy="")
    assert written(target, policy="", require=("signature",))


@pytest.mark.parametrize("target", Target)
def test_nobody_trusted_is_an_error(target):
    with pytest.raises(InputError, match="has no trusted identities"):
        export(Trust(), target, IMAGES, KEYS, policy=POLICY)


@pytest.mark.parametrize("target", [Target.KYVERNO, *PLAIN])
def test_a_reusable_workflow_is_refused_where_its_caller_is_not_seen(target):
    with pytest.raises(InputError, match="cannot check who called"):
        written(target, EXACT, CALLED)


@pytest.mark.parametrize("target", PLAIN)
def test_a_policy_without_signatures_is_not_exported_to_signature_engines(target):
    with pytest.raises(InputError, match="can check signatures only"):
        written(target, require=("verdict", "sbom"))


def test_ratify_is_refused_what_does_not_fit_into_one_of_its_trust_policies():
    for known in ((EXACT, MAIL), (EXACT, KEY)):
        with pytest.raises(InputError, match="accepts one issuer or keys for an image"):
            written(Target.RATIFY, *known)
    for images in (["ghcr.io/acme/app-*"], ["ghcr.io/acme/my_app"], ["ghcr.io/acme/*"]):
        with pytest.raises(InputError, match="cannot express the pattern ghcr"):
            written(Target.RATIFY, images=images)


@pytest.mark.parametrize("target", Target)
def test_the_header_lists_what_is_not_enforced(target):
    text = written(target, PUSHED)
    assert text.startswith("# Written by gate ")
    told = head(text).partition("NOT ENFORCED by it, although `gate verify` checks it:")[2]
    assert "everybody who may call the workflow (workflow_call) signs under its name" in told
    assert "the event of the run (signer 1)" in told
    assert "vulnerabilities that became known after the image was" in told
    assert ("a verdict at all: " in told) == (target in PLAIN)
    assert ("an SBOM at all: " in told) == (target in PLAIN)
    assert ("that the newest verdict decides" in told) == (target in WHOLE)
    asked = "Required: a signature, each by" if target in PLAIN else "Required: a signature, a verdict PASSED, an SBOM,"
    assert asked in head(text)
    assert max(map(len, text.partition("\napiVersion")[0].partition("\napplication")[0].splitlines())) <= 120


@pytest.mark.parametrize("target", Target)
def test_the_header_says_that_the_caller_of_a_bare_subject_is_not_checked(target):
    told = head(written(target, SUBJECT)).partition("NOT ENFORCED by it, although `gate verify` checks it:")[2]
    assert "everybody who may call the workflow (workflow_call) signs under its name" in told


@pytest.mark.parametrize("target", Target)
def test_a_subject_of_github_that_names_no_workflow_is_no_policy(target):
    with pytest.raises(InputError, match="names no workflow"):
        written(target, Identity(issuer=SUBJECT.issuer, subject="repo:o/app:ref:refs/heads/main"))


@pytest.mark.parametrize("target", Target)
def test_that_ids_are_not_seen_stands_above(target):
    said = "the ids of the repository and its owner (signer 1)"
    assert said in head(written(target, PINNED))
    assert "the ids of" not in head(written(target, EXACT))


@pytest.mark.parametrize("target", Target)
def test_gaps_that_are_none_are_not_told(target):
    told = head(written(target, MAIL))
    assert "workflow_call" not in told
    assert "the event" not in told
    told = head(written(target, MAIL, require=("signature",)))
    assert "verdict" not in told
    assert "SBOM" not in told


@pytest.mark.parametrize("target", Target)
def test_keys_are_written_out_and_need_no_log(target):
    text = written(target, KEY)
    assert text.count("BEGIN PUBLIC KEY") == (4 if target == Target.POLICY_CONTROLLER else 1)
    given = documents(text)
    if target == Target.KYVERNO:
        assert given[0]["spec"]["attestors"][0]["cosign"] == {
            "key": {"data": PEM},
            "ctlog": {"insecureIgnoreTlog": True},
        }
    if target == Target.CONNAISSEUR:
        assert all(not one["with"]["verifyInTransparencyLog"] for one in given[0]["application"]["policy"])
    if target == Target.RATIFY:
        [verifier] = (one for one in given if one["kind"] == "Verifier")
        [policy] = verifier["spec"]["parameters"]["trustPolicies"]
        assert policy["tLogVerify"] is False
        assert [one["provider"] for one in policy["keys"]] == ["gate-key-1"]


@pytest.mark.parametrize("target", [Target.KYVERNO, Target.CONNAISSEUR])
def test_certificates_are_held_to_the_log_beside_a_key_too(target):
    text = written(target, KEY, EXACT)
    if target == Target.KYVERNO:
        _, certificate = documents(text)[0]["spec"]["attestors"]
        assert "ctlog" not in certificate["cosign"]
    else:
        assert "verifyInTransparencyLog" not in text
        assert "need an entry in the transparency log too" in head(text)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        PEM.encode() * 2,
        PEM.replace("PUBLIC", "PRIVATE").encode(),
        PEM.encode() + b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n",
        b"-----BEGIN PUBLIC KEY-----\nnot: base64\n-----END PUBLIC KEY-----\n",
    ],
)
def test_what_is_no_public_key_goes_into_no_policy(content):
    with pytest.raises(InputError, match="is not one public key") as caught:
        export(trust(KEY), Target.KYVERNO, IMAGES, {"cosign.pub": content}, policy=POLICY)
    assert "c2VjcmV0" not in caught.value.problem + caught.value.hint


def test_a_key_that_was_not_read_is_an_error():
    with pytest.raises(InputError, match=r"cosign\.pub was not read"):
        export(trust(KEY), Target.KYVERNO, IMAGES, {}, policy=POLICY)


def test_a_key_is_written_as_every_engine_reads_it():
    given = PEM.replace("\n", "\r\n").encode() + b"\r\n"
    text = export(trust(KEY), Target.CONNAISSEUR, IMAGES, {"cosign.pub": given}, policy=POLICY)
    [root] = documents(text)[0]["application"]["validators"][0]["trustRoots"]
    assert root["key"] == PEM


NASTY = 'x"\n# NOT: {a: *b} \\ `${{ }}` \x1b[31m]) || true'


@pytest.mark.parametrize("target", Target)
def test_words_of_the_policy_stay_words(target):
    evil = Identity(issuer="https://a.example", subject=NASTY)
    text = written(target, evil)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f]", text)
    assert all(
        line.startswith("# ") for line in text.partition("\napiVersion")[0].partition("\napplication")[0].split("\n")
    )
    given = json.dumps(documents(text), ensure_ascii=False)
    assert json.dumps(NASTY, ensure_ascii=False) in given


def test_refs_and_events_of_the_policy_stay_words_in_rego():
    evil = Identity(repository="o/app", workflow=".github/workflows/a.yml", refs=(NASTY, "a|b", "(c"), events=(NASTY,))
    [policy, *_] = documents(written(Target.POLICY_CONTROLLER, evil))
    rego = policy["spec"]["policy"]["data"]
    [refs] = re.findall(r'regex\.match\((".*"), match\.githubWorkflowRef\)', rego)
    assert found(json.loads(refs), "refs/heads/a|b")
    assert found(json.loads(refs), "refs/heads/(c")
    assert not found(json.loads(refs), "refs/heads/a")
    assert f"match.githubWorkflowTrigger in {{{json.dumps(NASTY)}}}" in rego


@pytest.mark.parametrize("target", Target)
def test_the_same_trust_gives_the_same_bytes(target):
    known = PARTIES[target][0]
    assert written(target, *known) == written(target, *known)


@pytest.mark.parametrize(
    ("pattern", "covered", "left"),
    [
        ("ghcr.io/acme/**", ["ghcr.io/acme/app", "ghcr.io/acme/a/b"], ["ghcr.io/acme-evil/app", "ghcrXio/acme/app"]),
        ("ghcr.io/acme/app", ["ghcr.io/acme/app"], ["ghcr.io/acme/app-b", "ghcr.io/acme/app/b", "x.ghcr.io/acme/app"]),
        (
            "ghcr.io/acme/app-*",
            ["ghcr.io/acme/app-", "ghcr.io/acme/app-b"],
            ["ghcr.io/acme/app-b/c", "ghcr.io/acme/app"],
        ),
        ("ghcr.io/*/app", ["ghcr.io/acme/app"], ["ghcr.io/a/b/app", "ghcr.io/acme/apps"]),
        ("localhost:5000/app", ["localhost:5000/app"], ["localhost:5001/app", "localhost/app"]),
    ],
)
def test_kyverno_and_policy_controller_cover_the_images_that_are_named(pattern, covered, left):
    for target, covers in ((Target.KYVERNO, _kyverno), (Target.POLICY_CONTROLLER, _controller)):
        [first, *_] = documents(written(target, images=[pattern]))
        for end in (":1.0", f"@sha256:{'0' * 64}", f":1.0@sha256:{'0' * 64}"):
            assert all(covers(first["spec"], name + end) for name in covered), (target, end)
            assert not any(covers(first["spec"], name + end) for name in left), (target, end)


def _kyverno(spec, image):
    expressions = [
        re.fullmatch(r"ref\.matches\(r'(.*)'\)", one["expression"])[1] for one in spec["matchImageReferences"]
    ]
    return any(found(one, image) for one in expressions)


def _controller(spec, image):
    """As its pkg/apis/glob makes an expression of a glob."""
    globs = [one["glob"].replace(".", r"\.").replace("**", "#").replace("*", "[^/]*") for one in spec["images"]]
    return any(re.fullmatch(one.replace("#", ".*"), image) for one in globs)


def test_connaisseur_and_ratify_cover_the_images_that_are_named():
    [values] = documents(written(Target.CONNAISSEUR))
    assert [one["pattern"] for one in values["application"]["policy"]] == [
        "ghcr.io/acme/*:*",
        "ghcr.io/zoo/app:*",
        "ghcr.io/zoo/app@*",
    ]
    [verifier] = (one for one in documents(written(Target.RATIFY)) if one["kind"] == "Verifier")
    [policy] = verifier["spec"]["parameters"]["trustPolicies"]
    assert policy["scopes"] == ["ghcr.io/acme/*", "ghcr.io/zoo/app:*", "ghcr.io/zoo/app@*"]


def test_kyverno_looks_at_containers_of_every_kind():
    for one in only(Target.KYVERNO)["spec"]["validations"]:
        assert one["expression"].startswith(
            "(images.containers + images.initContainers + images.ephemeralContainers).all("
        )


def test_of_several_trust_roots_connaisseur_asks_for_one():
    for one in only(Target.CONNAISSEUR, EXACT, KEY)["application"]["policy"]:
        assert one["with"] == {"trustRoot": "*", "threshold": 1}


def test_that_connaisseur_covers_more_with_a_star_is_said():
    assert "* matches slashes too" in head(written(Target.CONNAISSEUR, images=["ghcr.io/acme/app-*"]))
    assert "* matches slashes too" not in head(written(Target.CONNAISSEUR))


@pytest.mark.parametrize(
    "pattern",
    [
        *("", "**", "*", "app", "acme/app", "ghcr.io", "ghcr.io/", "*/acme/app", "ghcr.*/acme/app", "-ghcr.io/app"),
        *("ghcr.io/acme/app:1", f"ghcr.io/acme/app@sha256:{'0' * 64}", "ghcr.io/Acme/app", "ghcr.io/a?/app"),
        *("ghcr.io/**/app", "ghcr.io/a**/app", "ghcr.io/acme//app", "ghcr.io/acme/..", "https://ghcr.io/acme/app"),
        *("docker.io/acme/app", "docker.io/**", "index.docker.io/acme/app", "ghcr.io/a'b", "ghcr.io/acme/app\n"),
        f"ghcr.io/{'a' * 300}",
    ],
)
def test_a_pattern_that_engines_would_not_read_alike_is_refused(pattern):
    with pytest.raises(UsageError) as caught:
        written(Target.KYVERNO, images=["ghcr.io/acme/**", pattern])
    assert "\n" not in caught.value.problem
    assert caught.value.hint


def test_images_have_to_be_named():
    with pytest.raises(UsageError, match="no image is covered"):
        written(Target.KYVERNO, images=[])
    assert written(Target.KYVERNO, images=["ghcr.io/a/b"] * 3) == written(Target.KYVERNO, images=["ghcr.io/a/b"])
