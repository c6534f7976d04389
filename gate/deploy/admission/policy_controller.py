"""Sigstore policy-controller: one ClusterImagePolicy for each required piece of evidence; all that match have to pass.

Field names, and how they are evaluated: github.com/sigstore/policy-controller at f925c0c,
pkg/apis/policy/v1beta1/clusterimagepolicy_types.go, pkg/webhook/validator.go (isDeletedOrStatusUpdate) and
cmd/webhook/main.go (crdEphemeralContainers). Within one policy one authority that
passes is enough. In bundle format an authority may have one identity, a signature is found as an attestation only, and
the policy does not see the certificate's extensions; in the old format it does.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from gate.deploy.admission.gaps import SBOM_OF_INDEX, identity_gaps
from gate.deploy.admission.header import header
from gate.deploy.admission.patterns import Images
from gate.deploy.admission.requirements import Requirements
from gate.deploy.admission.signers import Signer, Workflow, signer_names
from gate.io import yaml_document
from gate.model.evidence import CYCLONEDX, SIGNATURE, SPDX, VERDICT

_FULCIO = "https://fulcio.sigstore.dev"
_TYPES = {
    "signature": {"signature": SIGNATURE},
    "verdict": {"verdict": VERDICT},
    "sbom": {"cyclonedx": CYCLONEDX, "spdx": SPDX},
}
_REGO_HEADER = "package sigstore\n\nimport rego.v1\n\ndefault isCompliant := false\n"
_NOTES = (
    "policy-controller 0.13 or later reads the bundles of cosign 3; of signatures by key it reads only the old format",
    "it verifies only namespaces with the label policy.sigstore.dev/include=true",
    "images that match no pattern are denied, unless no-match-policy in config-policy-controller allows them",
    "keep enable-oci11 there off: with it, attestations are accepted without a check of their signature",
    "signatures have to be of the public Sigstore; for another one give each authority a trustRootRef",
    (
        "ephemeral containers (kubectl debug) are verified; deletions, the removal of finalizers from an object "
        "that is being deleted, status updates and scaling down are let through"
    ),
    "every other update of a pod is verified, even if it changes no image: it is denied once the evidence is too old",
)


def write(requirements: Requirements) -> str:
    """Write ClusterImagePolicies as YAML documents."""
    documents = [yaml_document.dump(_policy(requirements, name)) for name in _TYPES if name in requirements.evidence]
    notes = [*_NOTES]
    if called := signer_names(one for one in requirements.signers if one.workflow and one.workflow.reusable):
        notes.append(f"{called} is accepted only in the old format: bundles do not show who called the workflow")
    gaps = _gaps(requirements)
    comments = header("policy-controller", requirements, enforced=requirements.evidence, notes=notes, gaps=gaps)
    return comments + "---\n".join(documents)


def _gaps(requirements: Requirements) -> Iterator[str]:
    if "verdict" in requirements.evidence:
        yield (
            f"that the newest verdict decides: a PASSED one is valid until it is {requirements.age_text} old, even if "
            "a newer one is FAILED. Also not checked: that the verdict covers every platform of the image"
        )
    if "sbom" in requirements.evidence:
        yield SBOM_OF_INDEX
    if workflows := signer_names(one for one in requirements.signers if one.workflow and _in_bundles(one)):
        yield (
            f"for bundles, that the workflow ran in the signer's own repository ({workflows}): everybody who may call "
            "the workflow (workflow_call) signs under its name. In the old format repository, ref and event are checked"
        )
    if events := requirements.workflow_signers(with_events=True):
        yield f"for bundles, the event of the run ({events})"
    yield from identity_gaps(requirements)
    yield "vulnerabilities that became known after the image was judged"


def _policy(requirements: Requirements, evidence: str) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "mode": "enforce",
        "images": [{"glob": glob} for images in requirements.images for glob in _globs(images)],
        "authorities": [
            authority for signer in requirements.signers for authority in _authorities(requirements, signer, evidence)
        ],
    }
    if any(signer.workflow for signer in requirements.signers):
        spec["policy"] = {"type": "rego", "data": _workflow_rules(requirements, evidence)}
    return {
        "apiVersion": "policy.sigstore.dev/v1beta1",
        "kind": "ClusterImagePolicy",
        "metadata": {"name": f"gate-{evidence}"},
        "spec": spec,
    }


def _globs(images: Images) -> list[str]:
    """Globs that match `name:tag` and `name@digest`; `**` matches anything, `*` anything without a slash."""
    return [str(images)] if images.deep else [f"{images}@*", f"{images}:*"]


def _authorities(requirements: Requirements, signer: Signer, evidence: str) -> Iterator[dict[str, Any]]:
    """An authority requires all attestations that it lists, so alternatives (two SBOM formats) are two authorities."""
    for name in _TYPES[evidence]:
        if _in_bundles(signer):
            yield {
                "name": _name(signer, name, "bundle"),
                "keyless": _keyless(signer),
                "signatureFormat": "bundle",
                "attestations": [_attestation(requirements, evidence, name)],
            }
        yield {
            "name": _name(signer, name, "legacy"),
            **({"key": {"data": signer.key}} if signer.key else {"keyless": _keyless(signer)}),
            "signatureFormat": "legacy",
            **({} if evidence == "signature" else {"attestations": [_attestation(requirements, evidence, name)]}),
        }


def _keyless(signer: Signer) -> dict[str, Any]:
    return {"url": _FULCIO, "identities": [signer.identity("subjectRegExp")]}


def _attestation(requirements: Requirements, evidence: str, name: str) -> dict[str, Any]:
    attestation: dict[str, Any] = {"name": name, "predicateType": _TYPES[evidence][name]}
    if evidence == "verdict":
        attestation["policy"] = {"type": "rego", "data": _verdict(requirements)}
    return attestation


def _in_bundles(signer: Signer) -> bool:
    """Whether issuer and subject, all that is checked in a bundle, are enough: not for keys and reusable workflows."""
    return not signer.key and not (signer.workflow and signer.workflow.reusable)


def _name(signer: Signer, attestation: str, signature_format: str) -> str:
    return f"signer-{signer.number}-{attestation}-{signature_format}"


def _verdict(requirements: Requirements) -> str:
    """Rego for one attestation: whether it is a valid verdict."""
    rules = [
        f"input.predicate.verifier.id in {_set(requirements.verifiers)}",
        'input.predicate.verificationResult == "PASSED"',
    ]
    if requirements.policies is not None:
        rules.append(f"input.predicate.policy.digest.sha256 in {_set(requirements.policies)}")
    rules += [
        "age := time.now_ns() - time.parse_rfc3339_ns(input.predicate.timeVerified)",
        f"age <= {_nanoseconds(requirements.max_age)}",
        f"age >= -{_nanoseconds(requirements.clock_skew)}",
    ]
    return _REGO_HEADER + _rule(rules)


def _workflow_rules(requirements: Requirements, evidence: str) -> str:
    """Rego for what the authorities matched: whether the workflow run is one that the policy trusts."""
    text = _REGO_HEADER
    for signer in requirements.signers:
        for name in _TYPES[evidence]:
            if _in_bundles(signer):
                text += _rule([f"input.authorityMatches[{json.dumps(_name(signer, name, 'bundle'))}]"])
            matched = f"input.authorityMatches[{json.dumps(_name(signer, name, 'legacy'))}]"
            if signer.workflow:
                matches = "signatures" if evidence == "signature" else f"attestations.{name}"
                text += _rule([f"some match in {matched}.{matches}", *_workflow_conditions(signer.workflow)])
            else:
                text += _rule([matched])
    return text


def _workflow_conditions(workflow: Workflow) -> Iterator[str]:
    """Conditions on one match, whose issuer and subject were already checked."""
    yield f"regex.match({json.dumps(workflow.repository)}, match.githubWorkflowRepo)"
    if workflow.refs:
        yield f"regex.match({json.dumps(workflow.refs)}, match.githubWorkflowRef)"
    if workflow.events:
        yield f"match.githubWorkflowTrigger in {_set(workflow.events)}"
    if not workflow.reusable:
        server = json.dumps(workflow.server)
        yield f'startswith(match.subject, concat("/", [{server}, match.githubWorkflowRepo, ""]))'
        if workflow.refs:
            yield 'substring(match.subject, indexof(match.subject, "@") + 1, -1) == match.githubWorkflowRef'


def _rule(lines: list[str]) -> str:
    return "\nisCompliant if {\n" + "".join(f"  {line}\n" for line in lines) + "}\n"


def _set(words: tuple[str, ...]) -> str:
    return f"{{{', '.join(json.dumps(word) for word in words)}}}"


def _nanoseconds(span: timedelta) -> int:
    return round(span.total_seconds()) * 10**9
