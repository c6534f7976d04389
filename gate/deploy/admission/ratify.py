"""Ratify 1 (stable; 2 is in beta): Policy, Store, Verifier, and a KeyManagementProvider for each key.

Fields, and how they are evaluated: github.com/notaryproject/ratify at v1.4.4, charts/ratify/crds,
pkg/verifier/cosign/trustpolicy.go and trustpolicies.go, pkg/executor/core/executor.go, library/default; and
github.com/open-policy-agent/gatekeeper at v3.23.0, charts/gatekeeper and pkg/webhook. Ratify gives a
signature to the first verifier that accepts it and uses the one trust policy of its scope, so all signers have to fit
into one trust policy.
"""

import re
from typing import Any

from gate.deploy.admission.gaps import refuse_reusable_workflows, require_signature, signature_engine_gaps
from gate.deploy.admission.header import header
from gate.deploy.admission.patterns import Images, anchored, literal, one_of
from gate.deploy.admission.requirements import Requirements
from gate.errors import InputError
from gate.io import yaml_document

_API = "config.ratify.deislabs.io/v1beta1"
_ARTIFACT = "application/vnd.dev.cosign.artifact.sig.v1+json"
_SCOPE = re.compile(r"[a-z0-9.\-:@/]*\*?")
_NOTES = (
    "use Ratify 1.4, with a Gatekeeper constraint that denies images that Ratify does not pass",
    "it reads the old format (sign.formats: [legacy] or [bundle, legacy])",
    "it refuses images outside of its scopes: have Gatekeeper ask it for these images only, or add scopes",
    "have no other Verifier for cosign signatures: set cosign.enabled: false in the values of its chart",
    "signatures have to be of the public Sigstore",
    (
        "ephemeral containers (kubectl debug) are verified when Gatekeeper's webhook has pods/ephemeralcontainers, as "
        "its chart has, and the ConstraintTemplate reads them, as Ratify's library/default does"
    ),
    (
        "Gatekeeper verifies every update of a pod, even one that changes no image or removes a finalizer: the "
        "ConstraintTemplate has to leave out updates whose images are those of input.review.oldObject, or a pod whose "
        "signature was deleted cannot be finalized; deletions are verified only if its chart has enableDeleteOperations"
    ),
)


def write(requirements: Requirements) -> str:
    """Write the resources as YAML documents. Raises `InputError` for requirements that it cannot enforce at all."""
    require_signature(requirements, "Ratify")
    refuse_reusable_workflows(requirements, "Ratify")
    keys = [signer for signer in requirements.signers if signer.key]
    policy: dict[str, Any] = {
        "name": "gate",
        "scopes": [scope for images in requirements.images for scope in _scopes(images)],
    }
    if keys:
        policy |= {"keys": [{"provider": f"gate-key-{signer.number}"} for signer in keys], "tLogVerify": False}
    if len(keys) < len(requirements.signers):
        policy["keyless"] = _keyless(requirements)
    documents = [
        *(_key_provider(signer.number, signer.key) for signer in keys),
        _resource("Store", "store-oras", {"name": "oras", "parameters": {"cosignEnabled": True}}),
        _resource(
            "Verifier",
            "verifier-cosign",
            {"name": "cosign", "artifactTypes": _ARTIFACT, "parameters": {"trustPolicies": [policy]}},
        ),
        # The type makes the signature mandatory; with `default` only, any verified artifact would be enough.
        _resource(
            "Policy",
            "ratify-policy",
            {
                "type": "config-policy",
                "parameters": {"artifactVerificationPolicies": {_ARTIFACT: "all", "default": "all"}},
            },
        ),
    ]
    gaps = signature_engine_gaps(requirements, "Ratify")
    comments = header("Ratify 1", requirements, enforced=["signature"], notes=_NOTES, gaps=gaps)
    return comments + "---\n".join(map(yaml_document.dump, documents))


def _resource(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": _API, "kind": kind, "metadata": {"name": name}, "spec": spec}


def _key_provider(number: int, pem: str) -> dict[str, Any]:
    spec = {"type": "inline", "parameters": {"contentType": "key", "value": pem}}
    return _resource("KeyManagementProvider", f"gate-key-{number}", spec)


def _keyless(requirements: Requirements) -> dict[str, Any]:
    """One issuer and one expression for all subjects."""
    issuers = {signer.issuer for signer in requirements.signers}
    if len(issuers) > 1:  # a key has none
        raise InputError(
            "Ratify accepts one issuer or keys for an image, and the policy trusts more than that",
            hint="trust one kind of signer, or export to policy-controller or kyverno",
        )
    [issuer] = issuers
    signers = requirements.signers
    if len(signers) == 1 and signers[0].subject:
        return {"certificateIdentity": signers[0].subject, "certificateOIDCIssuer": issuer}
    expressions = [literal(signer.subject) if signer.subject else signer.expression[1:-1] for signer in signers]
    return {"certificateIdentityRegExp": anchored(one_of(expressions)), "certificateOIDCIssuer": issuer}


def _scopes(images: Images) -> list[str]:
    """Prefixes of references: a `*` is allowed only at the end."""
    scopes = [f"{images.name}/*"] if images.deep else [f"{images.name}:*", f"{images.name}@*"]
    if not all(_SCOPE.fullmatch(scope) for scope in scopes):
        raise InputError(
            f"Ratify cannot express the pattern {images}",
            hint="it knows full names and everything below one (ghcr.io/acme/**), without underscores",
        )
    return scopes
