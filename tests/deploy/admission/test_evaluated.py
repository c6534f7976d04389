"""The expressions of an export, evaluated by interpreters of their languages: Rego (regorus) and CEL."""

import json
from datetime import UTC, datetime, timedelta

import cel as language
import pytest
import regorus

from gate.attestation.identity import mismatch
from gate.attestation.predicates import VERIFIER
from gate.deploy.admission import Target
from tests.deploy.admission.engines import authority_match, exported, holds_identity
from tests.deploy.admission.signers import (
    CALLED,
    CALLERS,
    EXACT,
    KEY,
    MAIL,
    MANY,
    OWN,
    POLICY,
    PUSHED,
    SIGNERS,
    SUBJECT,
    trust,
)

NOW = datetime.now(UTC).replace(microsecond=0)


def at(**ago):
    return f"{NOW - timedelta(**ago):%Y-%m-%dT%H:%M:%SZ}"


def summary(**more):
    known = {
        "verifier": {"id": VERIFIER},
        "verificationResult": "PASSED",
        "timeVerified": at(),
        "policy": {"digest": {"sha256": POLICY}},
    }
    return {"predicateType": "https://slsa.dev/verification_summary/v1", "predicate": known | more}


VERDICTS = {
    "good": (summary(), True),
    "almost too old": (summary(timeVerified=at(days=6, hours=23)), True),
    "too old": (summary(timeVerified=at(days=7, hours=1)), False),
    "by a clock that is ahead": (summary(timeVerified=at(minutes=-3)), True),
    "of the future": (summary(timeVerified=at(hours=-12)), False),
    "failed": (summary(verificationResult="FAILED"), False),
    "without a result": (summary(verificationResult=None), False),
    "of another policy": (summary(policy={"digest": {"sha256": "0" * 64}}), False),
    "of no policy": (summary(policy={}), False),
    "of no time": (summary(timeVerified=None), False),
    "of no time that can be read": (summary(timeVerified="yesterday"), False),
    "by another tool": (summary(verifier={"id": "https://example.org/other"}), False),
    "by no tool": (summary(verifier={}), False),
    "by a list of tools": (summary(verifier={"id": [VERIFIER]}), False),
    "nothing": ({"predicate": {}}, False),
}


def rego(text, given):
    engine = regorus.Engine()
    engine.set_rego_v0(True)  # as policy-controller's cosign sets it
    engine.add_policy("sigstore.rego", text)
    engine.set_input_json(json.dumps(given))
    try:
        return engine.eval_rule("data.sigstore.isCompliant") is True
    except RuntimeError:
        return False  # an error is no yes


@pytest.mark.parametrize(("given", "expected"), VERDICTS.values(), ids=VERDICTS)
def test_policy_controller_takes_a_verdict_that_counts(given, expected):
    _, second, _ = exported(trust(EXACT), Target.POLICY_CONTROLLER)
    for authority in second["spec"]["authorities"]:
        [attestation] = authority["attestations"]
        assert rego(attestation["policy"]["data"], given) == expected


@pytest.mark.parametrize("identity", [OWN, EXACT, PUSHED, MANY, CALLED, SUBJECT])
def test_policy_controller_sees_where_the_run_was(identity):
    known = SIGNERS | CALLERS
    for policy in exported(trust(identity, KEY), Target.POLICY_CONTROLLER):
        answers = {}
        for name, signer in known.items():
            found = {
                one["name"]: authority_match(one, signer)
                for one in policy["spec"]["authorities"]
                if one["signatureFormat"] == "legacy" and "keyless" in one
                if holds_identity(one["keyless"]["identities"][0], signer)
            }
            answers[name] = bool(found) and rego(policy["spec"]["policy"]["data"], {"authorityMatches": found})
        assert answers == {name: not mismatch(identity, signer) for name, signer in known.items()}


@pytest.mark.parametrize("asked", [0, 1, 2])
def test_policy_controller_lets_keys_and_bundles_through_to_the_same_answer(asked):
    policy = exported(trust(EXACT, KEY, MAIL), Target.POLICY_CONTROLLER)[asked]
    text = policy["spec"]["policy"]["data"]
    for authority in policy["spec"]["authorities"]:
        match = {"authorityMatches": {authority["name"]: authority_match(authority, SIGNERS["another branch"])}}
        own = authority["name"].startswith("signer-1-") and authority["signatureFormat"] == "legacy"
        assert rego(text, match) == (not own)
    assert not rego(text, {"authorityMatches": {}})


def cel(expression, verified, payload=None, images=("ghcr.io/acme/app",)):
    """`verified` are the attestations and attestors that hold, as Kyverno's functions would find."""
    context = language.Context()
    context.add_function(
        "verifyAttestationSignatures", lambda _, name, known: sum((name, one) in verified for one in known)
    )
    context.add_function("extractPayload", lambda _image, _name: payload)
    context.add_variable("images", {"containers": [], "initContainers": [*images], "ephemeralContainers": []})
    context.add_variable("attestors", {"signer1": "signer1", "signer2": "signer2"})
    context.add_variable("attestations", {name: name for name in ("signature", "verdict", "cyclonedx", "spdx")})
    try:
        return language.evaluate(expression.replace("time.now()", f'timestamp("{at()}")'), context)
    except (ValueError, RuntimeError, KeyError):
        return False  # an error denies: failurePolicy is Fail


@pytest.mark.parametrize(("given", "expected"), VERDICTS.values(), ids=VERDICTS)
def test_kyverno_takes_a_verdict_that_counts(given, expected):
    [policy] = exported(trust(EXACT, KEY), Target.KYVERNO)
    expression = policy["spec"]["validations"][1]["expression"]
    assert cel(expression, [("verdict", "signer2")], given) == expected
    assert not cel(expression, [("signature", "signer2")], given)


def test_kyverno_takes_each_thing_by_any_one_signer_for_every_image():
    [policy] = exported(trust(EXACT, KEY), Target.KYVERNO)
    signed, _, listed = (one["expression"] for one in policy["spec"]["validations"])
    for signer in ("signer1", "signer2"):
        assert cel(signed, [("signature", signer)], images=("a", "b"))
        assert not cel(signed, [("verdict", signer), ("spdx", signer)])
        assert cel(listed, [("cyclonedx", signer)])
        assert cel(listed, [("spdx", signer)])
        assert not cel(listed, [("signature", signer)])
    assert not cel(signed, [])
