"""Kyverno: one ImageValidatingPolicy with one expression for each required piece of evidence.

Field names, and how they are evaluated: github.com/kyverno/kyverno at v1.19.0,
config/crds/policies.kyverno.io/policies.kyverno.io_imagevalidatingpolicies.yaml, pkg/image/verifiers/ivpol/cosign and
pkg/image/verification/evaluator/policy.go (`matchConditions`, for digests and for validations). That release
is the first that evaluates the validations for `pods/ephemeralcontainers` (kyverno/kyverno#16663).
In bundles it accepts any attestation as a signature, so the policy requires the signature as the attestation that
cosign 3 writes. The field `additionalExtensions` is in the schema, but Kyverno does not read it.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from gate.deploy.admission.gaps import SBOM_OF_INDEX, certificate_gaps, refuse_reusable_workflows
from gate.deploy.admission.header import header
from gate.deploy.admission.patterns import Images, anchored, glob
from gate.deploy.admission.requirements import Requirements
from gate.deploy.admission.signers import Signer
from gate.io import yaml_document
from gate.model.evidence import CYCLONEDX, SIGNATURE, SPDX, VERDICT

_IMAGES = "(images.containers + images.initContainers + images.ephemeralContainers)"
_TYPES = {"signature": SIGNATURE, "verdict": VERDICT, "cyclonedx": CYCLONEDX, "spdx": SPDX}
_ATTESTATIONS = {"signature": ("signature",), "verdict": ("verdict",), "sbom": ("cyclonedx", "spdx")}
_MESSAGES = {
    "signature": "no signature by a trusted signer",
    "verdict": "no verdict by a trusted signer that is PASSED, recent enough and of an accepted policy",
    "sbom": "no SBOM by a trusted signer",
}
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
_NOTES = (
    (
        "use Kyverno 1.19 or later: earlier releases do not pin digests, do not require that an image was verified "
        "at all, and let every ephemeral container in (kubectl debug)"
    ),
    (
        "deletions and updates that change no image (labels, finalizers) are let through, however old the evidence is; "
        "when an image changes or an ephemeral container is added, all images of the pod are verified"
    ),
    "Kyverno 1.19.0 verifies pods only: a Deployment or a Job is accepted, and its pods are denied",
    "it reads bundles (sign.formats: [bundle]); an image with evidence only in the old format is refused",
    "for private images name a secret in spec.credentials",
    "signatures have to be of the public Sigstore; for another one give each attestor its trustedRoot",
)


def write(requirements: Requirements) -> str:
    """Write an ImageValidatingPolicy as YAML. Raises `InputError` for a signer that it cannot tell from others."""
    refuse_reusable_workflows(requirements, "Kyverno")
    required = [evidence for evidence in _ATTESTATIONS if evidence in requirements.evidence]
    document = {
        "apiVersion": "policies.kyverno.io/v1",
        "kind": "ImageValidatingPolicy",
        "metadata": {"name": "gate"},
        "spec": {
            "validationActions": ["Deny"],
            "failurePolicy": "Fail",
            "webhookConfiguration": {"timeoutSeconds": 30},
            "matchConstraints": {
                "resourceRules": [
                    {
                        "apiGroups": [""],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE", "UPDATE"],
                        "resources": ["pods", "pods/ephemeralcontainers"],
                    }
                ]
            },
            "matchConditions": [{"name": "images-change", "expression": _changes()}],
            "validationConfigurations": {"mutateDigest": True, "verifyDigest": True, "required": True},
            "matchImageReferences": [
                {"expression": f"ref.matches({_raw(_image_expression(images))})"} for images in requirements.images
            ],
            "attestors": [_attestor(signer) for signer in requirements.signers],
            "attestations": [
                {"name": name, "intoto": {"type": _TYPES[name]}}
                for evidence in required
                for name in _ATTESTATIONS[evidence]
            ],
            "validations": [
                {"message": _MESSAGES[evidence], "expression": _validation(requirements, evidence)}
                for evidence in required
            ],
        },
    }
    gaps = _gaps(requirements)
    comments = header("Kyverno", requirements, enforced=requirements.evidence, notes=_NOTES, gaps=gaps)
    return comments + yaml_document.dump(document)


def _gaps(requirements: Requirements) -> Iterator[str]:
    if "verdict" in requirements.evidence:
        yield (
            "that the newest verdict decides: if a signer attached several, Kyverno reads one of them, and which one "
            f"is not defined; a PASSED one is valid until it is {requirements.age_text} old; if it is the summary of "
            "another tool, the image is refused. Also not checked: that the verdict covers every platform of the image"
        )
    if "sbom" in requirements.evidence:
        yield SBOM_OF_INDEX
    yield from certificate_gaps(requirements, "Kyverno")
    yield "images that are mounted as volumes, and images that match no pattern: they are not verified"
    yield "vulnerabilities that became known after the image was judged"


def _changes() -> str:
    """An expression that is true when a request changes the images of a pod, or their order.

    On CREATE there is no `oldObject`; then the first term is true and the others are not evaluated.
    """
    before = {name: _images(f"oldObject.spec.{name}") for name in _CONTAINERS}
    after = {name: _images(f"object.spec.{name}") for name in _CONTAINERS}
    return " || ".join(['request.operation != "UPDATE"', *(f"{after[name]} != {before[name]}" for name in _CONTAINERS)])


def _images(field: str) -> str:
    return f"(has({field}) ? {field}.map(container, container.image) : [])"


def _image_expression(images: Images) -> str:
    """Matches `name`, `name:tag`, `name@digest` and `name:tag@digest`."""
    name = glob(images.name)
    return anchored(f"{name}/.+" if images.deep else f"{name}(?:[:@].*)?")


def _attestor(signer: Signer) -> dict[str, Any]:
    if signer.key:  # signatures by key have no entry in a log
        cosign = {"key": {"data": signer.key}, "ctlog": {"insecureIgnoreTlog": True}}
    else:
        cosign = {"keyless": {"identities": [signer.identity("subjectRegExp")]}}
    return {"name": _name(signer), "cosign": cosign}


def _name(signer: Signer) -> str:
    return f"signer{signer.number}"


def _validation(requirements: Requirements, evidence: str) -> str:
    """An expression that is true when one signer made valid evidence of this kind for every image."""
    signers = ", ".join(f"attestors.{_name(signer)}" for signer in requirements.signers)
    valid = " || ".join(
        f"verifyAttestationSignatures(image, attestations.{name}, [signer]) > 0" for name in _ATTESTATIONS[evidence]
    )
    if evidence == "verdict":
        valid += f" && [extractPayload(image, attestations.verdict).predicate].all(verdict, {_verdict(requirements)})"
    return f"{_IMAGES}.all(image, [{signers}].exists(signer, {valid}))"


def _verdict(requirements: Requirements) -> str:
    rules = [
        f"verdict.verifier.id in {json.dumps(list(requirements.verifiers))}",
        'verdict.verificationResult == "PASSED"',
    ]
    if requirements.policies is not None:
        rules.append(f"verdict.policy.digest.sha256 in {json.dumps(list(requirements.policies))}")
    rules.append(f"time.now() - timestamp(verdict.timeVerified) <= {_duration(requirements.max_age)}")
    rules.append(f"timestamp(verdict.timeVerified) - time.now() <= {_duration(requirements.clock_skew)}")
    return " && ".join(rules)


def _duration(span: timedelta) -> str:
    return f'duration("{round(span.total_seconds())}s")'


def _raw(text: str) -> str:
    """A CEL string that means what it says; patterns of images have no quotes."""
    return f"r'{text}'"
