"""What the engines make of an export, said anew: who would be let in.

Go's RE2 searches anywhere in a text, and its `$` is the end of it and not of a line: `\\Z` in Python. Of the Rego only
the few shapes that are written can be read here; anything else is an error.
"""

import json
import re
from functools import lru_cache

import cel as language
from ruamel.yaml import YAML

from gate.deploy.admission import Target, export
from tests.deploy.admission.signers import IMAGES, KEYS, POLICY


def documents(text):
    """As Kubernetes reads them."""
    return list(YAML(typ="safe", pure=True).load_all(text))


@lru_cache
def exported(trust, target):
    return documents(export(trust, target, IMAGES, KEYS, policy=POLICY))


def found(expression, text):
    """Whether RE2 finds it."""
    assert expression[:1] == "^"
    assert expression[-1:] == "$"
    assert not re.search(r"\(\?(?!:)|\\[A-Za-z0-9]", expression), "more than RE2 and Python read alike"
    return bool(re.search(f"{expression[:-1]}\\Z", text))


def lets_in(trust, target, signer, *, kind="legacy"):
    """Whether the signature of somebody would pass. `kind` tells policy-controller's two formats apart."""
    first, *_ = given = exported(trust, target)
    if target == Target.KYVERNO:
        identities = [one["cosign"]["keyless"]["identities"] for one in first["spec"]["attestors"]]
        return any(holds_identity(one, signer) for several in identities for one in several)
    if target == Target.CONNAISSEUR:
        [validator] = first["application"]["validators"]
        return any(holds_identity(root["keyless"], signer) for root in validator["trustRoots"])
    if target == Target.RATIFY:
        [verifier] = (one for one in given if one["kind"] == "Verifier")
        [policy] = verifier["spec"]["parameters"]["trustPolicies"]
        return holds_identity(policy["keyless"], signer)
    return _controller(first, signer, kind)


def holds_identity(identity, signer):
    names = {name.lower().removeprefix("certificate").replace("identity", "subject"): name for name in identity}
    issuer = identity[names.get("issuer", names.get("oidcissuer"))]
    if issuer != signer.issuer:
        return False
    if "subject" in names:
        return identity[names["subject"]] == signer.subject
    return found(identity[names.get("subjectregexp", names.get("subjectregex"))], signer.subject)


def _controller(policy, signer, kind):
    matches = {}
    for authority in policy["spec"]["authorities"]:
        [identity] = authority["keyless"]["identities"]
        if authority["signatureFormat"] == kind and holds_identity(identity, signer):
            matches[authority["name"]] = authority_match(authority, signer)
    rego = policy["spec"].get("policy", {}).get("data")
    return bool(matches) and (rego is None or compliant(rego, {"authorityMatches": matches}))


def authority_match(authority, signer):
    """What policy-controller shows of a match: nothing of who signed when it came in a bundle."""
    told = {
        "subject": signer.subject,
        "issuer": signer.issuer,
        "githubWorkflowRepo": signer.repository.removeprefix("https://github.com/"),
        "githubWorkflowRef": signer.ref,
        "githubWorkflowTrigger": signer.event,
    }
    shown = (
        {"id": "1"} if authority["signatureFormat"] == "bundle" else {"id": "1", **{k: v for k, v in told.items() if v}}
    )
    if names := [one["name"] for one in authority.get("attestations", [])]:
        return {"attestations": {name: [shown] for name in names}}
    return {"signatures": [shown]}


def compliant(rego, given):
    """Whether one of the rules holds."""
    return any(
        _holds(body.strip().splitlines(), given) for body in re.findall(r"(?s)isCompliant if \{\n(.*?)\n\}", rego)
    )


def _holds(lines, given):
    name = json.loads(re.match(r'(?:  )?(?:some match in )?input\.authorityMatches\[(".*?")\]', lines[0])[1])
    match = given["authorityMatches"].get(name)
    if match is None or len(lines) == 1:
        return match is not None
    for key in lines[0].rpartition("]")[2].strip(".").split("."):
        match = match[key]
    return any(all(_is_true(line.strip(), one) for line in lines[1:]) for one in match)


def _is_true(line, match):
    if shape := re.fullmatch(r'regex\.match\((".*"), match\.(\w+)\)', line):
        return shape[2] in match and found(json.loads(shape[1]), match[shape[2]])
    if shape := re.fullmatch(r"match\.(\w+) in \{(.*)\}", line):
        return match.get(shape[1]) in json.loads(f"[{shape[2]}]")
    if shape := re.fullmatch(
        r'startswith\(match\.subject, concat\("/", \[(".*"), match\.githubWorkflowRepo, ""\]\)\)', line
    ):
        return match["subject"].startswith(f"{json.loads(shape[1])}/{match['githubWorkflowRepo']}/")
    assert line == 'substring(match.subject, indexof(match.subject, "@") + 1, -1) == match.githubWorkflowRef'
    return match["subject"][match["subject"].find("@") + 1 :] == match["githubWorkflowRef"]


def asks_kyverno(policy, request):
    """Whether an admission request reaches the validations of an ImageValidatingPolicy: rules, then `matchConditions`.

    An error is a refusal (`failurePolicy: Fail`), so it is no skipping.
    """
    spec = policy["spec"]
    resource = "/".join(filter(None, ("pods", request.get("subResource"))))
    rules = spec["matchConstraints"]["resourceRules"]
    if not any(request["operation"] in one["operations"] and resource in one["resources"] for one in rules):
        return False
    context = language.Context()
    context.add_variable("request", {"operation": request["operation"], "subResource": request.get("subResource", "")})
    context.add_variable("object", request.get("object"))
    context.add_variable("oldObject", request.get("oldObject"))
    return all(language.evaluate(one["expression"], context) for one in spec["matchConditions"])
