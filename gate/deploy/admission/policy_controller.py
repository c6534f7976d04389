"""Sigstore's policy-controller: one ClusterImagePolicy for each thing that is required, for all that match must pass.

Field names, and how they are evaluated: github.com/sigstore/policy-controller at f925c0c,
pkg/apis/policy/v1beta1/clusterimagepolicy_types.go, pkg/webhook/validator.go (isDeletedOrStatusUpdate) and
cmd/webhook/main.go (crdEphemeralContainers). Within one policy any one authority
suffices. In bundle format an authority may have one identity, a signature is found as an attestation only, and the
certificate's extensions are not shown to the policy; in the old format they are.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from gate.deploy.admission.heading import heading
from gate.deploy.admission.parties import Origin, Party
from gate.deploy.admission.patterns import Images
from gate.deploy.admission.plain import number_gaps
from gate.deploy.admission.terms import Terms
from gate.io import yaml_document
from gate.model.evidence import CYCLONEDX, SIGNATURE, SPDX, VERDICT

_FULCIO = "https://fulcio.sigstore.dev"
_TYPES = {
    "signature": {"signature": SIGNATURE},
    "verdict": {"verdict": VERDICT},
    "sbom": {"cyclonedx": CYCLONEDX, "spdx": SPDX},
}
_BEGIN = "package sigstore\n\nimport rego.v1\n\ndefault isCompliant := false\n"
_NOTES = (
    "policy-controller 0.13 or later reads the bundles that cosign 3 writes; of keys it reads the old format alone",
    "it looks at namespaces with the label policy.sigstore.dev/include=true, and at no other",
    "images that no pattern covers are denied, unless no-match-policy in config-policy-controller says otherwise",
    "enable-oci11 there has to stay off: with it an attestation counts without a check of its signature",
    "signatures are those of the public Sigstore; for another one give each authority a trustRootRef",
    (
        "ephemeral containers (kubectl debug) are verified; deletions, the removal of finalizers from what is marked "
        "for deletion, status updates and scaling down are let through"
    ),
    "every other update of a pod is verified, even if it changes no image: it is denied once the evidence is too old",
)


def write(terms: Terms) -> str:
    """ClusterImagePolicies as YAML documents."""
    documents = [yaml_document.dump(_policy(terms, asked)) for asked in _TYPES if asked in terms.require]
    notes = [*_NOTES]
    if called := ", ".join(f"signer {one.number}" for one in terms.parties if one.origin and one.origin.elsewhere):
        notes.append(f"{called} counts in the old format alone: who called a reusable workflow is not seen in bundles")
    head = heading("policy-controller", terms, enforced=terms.require, notes=notes, gaps=list(_gaps(terms)))
    return head + "---\n".join(documents)


def _gaps(terms: Terms) -> Iterator[str]:
    if "verdict" in terms.require:
        yield (
            f"that the newest verdict decides: a PASSED one counts until it is {terms.age} old, even beside a newer "
            "FAILED one; nor that it is about every platform of the image"
        )
    if "sbom" in terms.require:
        yield (
            "an SBOM for each platform: it is looked up at the digest that is deployed, which of an "
            "image of several platforms is that of the index"
        )
    if own := ", ".join(f"signer {one.number}" for one in terms.parties if one.origin and _in_bundles(one)):
        yield (
            f"for bundles, that the run was one of the signer's own repository ({own}): whoever may call the workflow "
            "(workflow_call) signs under its name. In the old format repository, ref and event are checked"
        )
    if events := terms.workflows(events=True):
        yield f"for bundles, the event of the run ({events})"
    yield from number_gaps(terms)
    yield "what became known about the image after it was judged"


def _policy(terms: Terms, asked: str) -> dict[str, Any]:
    authorities = [one for party in terms.parties for one in _authorities(terms, party, asked)]
    spec: dict[str, Any] = {
        "mode": "enforce",
        "images": [{"glob": one} for pattern in terms.images for one in _globs(pattern)],
        "authorities": authorities,
    }
    if any(party.origin for party in terms.parties):
        spec["policy"] = {"type": "rego", "data": _origins(terms, asked)}
    return {
        "apiVersion": "policy.sigstore.dev/v1beta1",
        "kind": "ClusterImagePolicy",
        "metadata": {"name": f"gate-{asked}"},
        "spec": spec,
    }


def _globs(pattern: Images) -> list[str]:
    """Against `name:tag` and `name@digest`; there `**` is anything, `*` anything without a slash."""
    return [str(pattern)] if pattern.deep else [f"{pattern}@*", f"{pattern}:*"]


def _authorities(terms: Terms, party: Party, asked: str) -> Iterator[dict[str, Any]]:
    """An authority asks for all attestations that it names, so what may be either of two has two."""
    for name in _TYPES[asked]:
        if _in_bundles(party):
            yield {
                "name": _name(party, name, "bundle"),
                "keyless": _keyless(party),
                "signatureFormat": "bundle",
                "attestations": [_attestation(terms, asked, name)],
            }
        yield {
            "name": _name(party, name, "legacy"),
            **({"key": {"data": party.key}} if party.key else {"keyless": _keyless(party)}),
            "signatureFormat": "legacy",
            **({} if asked == "signature" else {"attestations": [_attestation(terms, asked, name)]}),
        }


def _attestation(terms: Terms, asked: str, name: str) -> dict[str, Any]:
    known: dict[str, Any] = {"name": name, "predicateType": _TYPES[asked][name]}
    return known | ({"policy": {"type": "rego", "data": _verdict(terms)}} if asked == "verdict" else {})


def _in_bundles(party: Party) -> bool:
    """In a bundle nothing but issuer and subject is looked at, which of a reusable workflow says too little."""
    return not party.key and not (party.origin and party.origin.elsewhere)


def _name(party: Party, name: str, kind: str) -> str:
    return f"signer-{party.number}-{name}-{kind}"


def _keyless(party: Party) -> dict[str, Any]:
    subject = {"subject": party.subject} if party.subject else {"subjectRegExp": party.expression}
    return {"url": _FULCIO, "identities": [{"issuer": party.issuer, **subject}]}


def _verdict(terms: Terms) -> str:
    """For one statement: whether it is a verdict that counts."""
    rules = [
        f"input.predicate.verifier.id in {_set(terms.verifiers)}",
        'input.predicate.verificationResult == "PASSED"',
    ]
    if terms.policies is not None:
        rules.append(f"input.predicate.policy.digest.sha256 in {_set(terms.policies)}")
    rules += [
        "age := time.now_ns() - time.parse_rfc3339_ns(input.predicate.timeVerified)",
        f"age <= {_nanoseconds(terms.max_age)}",
        f"age >= -{_nanoseconds(terms.ahead)}",
    ]
    return _BEGIN + _rule(rules)


def _origins(terms: Terms, asked: str) -> str:
    """For what the authorities found: whether the run is the one that the policy means."""
    text = _BEGIN
    for party in terms.parties:
        for name in _TYPES[asked]:
            if _in_bundles(party):
                text += _rule([f"input.authorityMatches[{json.dumps(_name(party, name, 'bundle'))}]"])
            found = f"input.authorityMatches[{json.dumps(_name(party, name, 'legacy'))}]"
            if party.origin:
                matches = "signatures" if asked == "signature" else f"attestations.{name}"
                text += _rule([f"some match in {found}.{matches}", *_ran(party.origin)])
            else:
                text += _rule([found])
    return text


def _ran(origin: Origin) -> Iterator[str]:
    """Of one match, whose certificate is known to have the issuer and the subject."""
    yield f"regex.match({json.dumps(origin.repository)}, match.githubWorkflowRepo)"
    if origin.refs:
        yield f"regex.match({json.dumps(origin.refs)}, match.githubWorkflowRef)"
    if origin.events:
        yield f"match.githubWorkflowTrigger in {_set(origin.events)}"
    if not origin.elsewhere:
        server = json.dumps(origin.server)
        yield f'startswith(match.subject, concat("/", [{server}, match.githubWorkflowRepo, ""]))'
        if origin.refs:
            yield 'substring(match.subject, indexof(match.subject, "@") + 1, -1) == match.githubWorkflowRef'


def _rule(lines: list[str]) -> str:
    return "\nisCompliant if {\n" + "".join(f"  {line}\n" for line in lines) + "}\n"


def _set(words: tuple[str, ...]) -> str:
    return f"{{{', '.join(json.dumps(word) for word in words)}}}"


def _nanoseconds(span: timedelta) -> int:
    return round(span.total_seconds()) * 10**9
