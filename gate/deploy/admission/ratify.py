"""Ratify 1, the stable one (2 is in beta): Policy, Store, Verifier, and a KeyManagementProvider for each key.

Fields, and how they are evaluated: github.com/notaryproject/ratify at v1.4.4, charts/ratify/crds,
pkg/verifier/cosign/trustpolicy.go and trustpolicies.go, pkg/executor/core/executor.go, library/default; and
github.com/open-policy-agent/gatekeeper at v3.23.0, charts/gatekeeper and pkg/webhook. A signature is shown to the
first verifier that takes it and held against the one trust policy of its scope, so everybody has to fit into one.
"""

import re
from typing import Any

from gate.deploy.admission.heading import heading
from gate.deploy.admission.patterns import Images, anchored, literal, one_of
from gate.deploy.admission.plain import gaps, only_own, only_signatures
from gate.deploy.admission.terms import Terms
from gate.errors import InputError
from gate.io import yaml_document

_API = "config.ratify.deislabs.io/v1beta1"
_ARTIFACT = "application/vnd.dev.cosign.artifact.sig.v1+json"
_SCOPE = re.compile(r"[a-z0-9.\-:@/]*\*?")
_NOTES = (
    "Ratify 1.4, with a constraint of Gatekeeper's that denies what Ratify does not pass",
    "it reads the old format (sign.formats: [legacy] or [bundle, legacy])",
    "it refuses images that no scope covers: have Gatekeeper ask for these images alone, or add scopes",
    "have no other Verifier for cosign's signatures: cosign.enabled: false among the values of its chart",
    "signatures are those of the public Sigstore",
    (
        "ephemeral containers (kubectl debug) are verified when Gatekeeper's webhook has pods/ephemeralcontainers, as "
        "its chart has, and the ConstraintTemplate reads them, as Ratify's library/default does"
    ),
    (
        "Gatekeeper asks about every update of a pod, even one that changes no image or removes a finalizer: so that a "
        "pod whose signature is gone can be finalized, the ConstraintTemplate has to leave out updates whose images "
        "are those of input.review.oldObject; deletions are asked about only with enableDeleteOperations of its chart"
    ),
)


def write(terms: Terms) -> str:
    """The resources as YAML documents. Raises `InputError` for what it cannot enforce at all."""
    only_signatures(terms, "Ratify")
    only_own(terms, "Ratify")
    keys = [party for party in terms.parties if party.key]
    policy: dict[str, Any] = {"name": "gate", "scopes": [one for each in terms.images for one in _scopes(each)]}
    if keys:
        policy |= {"keys": [{"provider": f"gate-key-{party.number}"} for party in keys], "tLogVerify": False}
    if len(keys) < len(terms.parties):
        policy["keyless"] = _keyless(terms)
    documents = [
        *(_key(party.number, party.key) for party in keys),
        _resource("Store", "store-oras", {"name": "oras", "parameters": {"cosignEnabled": True}}),
        _resource(
            "Verifier",
            "verifier-cosign",
            {"name": "cosign", "artifactTypes": _ARTIFACT, "parameters": {"trustPolicies": [policy]}},
        ),
        # Named by its type the signature has to be there; under `default` alone anything verified would do.
        _resource(
            "Policy",
            "ratify-policy",
            {
                "type": "config-policy",
                "parameters": {"artifactVerificationPolicies": {_ARTIFACT: "all", "default": "all"}},
            },
        ),
    ]
    head = heading("Ratify 1", terms, enforced=["signature"], notes=_NOTES, gaps=gaps(terms, "Ratify"))
    return head + "---\n".join(map(yaml_document.dump, documents))


def _resource(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": _API, "kind": kind, "metadata": {"name": name}, "spec": spec}


def _key(number: int, pem: str) -> dict[str, Any]:
    spec = {"type": "inline", "parameters": {"contentType": "key", "value": pem}}
    return _resource("KeyManagementProvider", f"gate-key-{number}", spec)


def _keyless(terms: Terms) -> dict[str, Any]:
    """One issuer and one expression for all subjects."""
    issuers = {party.issuer for party in terms.parties}
    if len(issuers) > 1:  # a key has none
        raise InputError(
            "Ratify holds an image to one issuer, or to keys, and the policy trusts more than that",
            hint="trust one kind of signer, or export to policy-controller or kyverno",
        )
    [issuer] = issuers
    exact = [party.subject for party in terms.parties if party.subject]
    if len(exact) == len(terms.parties) == 1:
        return {"certificateIdentity": exact[0], "certificateOIDCIssuer": issuer}
    expressions = [literal(party.subject) if party.subject else party.expression[1:-1] for party in terms.parties]
    return {"certificateIdentityRegExp": anchored(one_of(expressions)), "certificateOIDCIssuer": issuer}


def _scopes(pattern: Images) -> list[str]:
    """Beginnings of references; a star stands at the end of one, and nowhere else."""
    found = [f"{pattern.name}/*"] if pattern.deep else [f"{pattern.name}:*", f"{pattern.name}@*"]
    if not all(_SCOPE.fullmatch(one) for one in found):
        raise InputError(
            f"Ratify has no scope for {pattern}",
            hint="it knows whole names and everything below one (ghcr.io/acme/**), and no underscore",
        )
    return found
