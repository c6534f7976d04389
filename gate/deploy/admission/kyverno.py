"""Kyverno: one ImageValidatingPolicy whose expressions ask for each thing that is required.

Field names, and how they are evaluated: github.com/kyverno/kyverno at v1.19.0,
config/crds/policies.kyverno.io/policies.kyverno.io_imagevalidatingpolicies.yaml, pkg/image/verifiers/ivpol/cosign and
pkg/image/verification/evaluator/policy.go (`matchConditions`, for digests and for validations). That release
is the first that evaluates the validations for `pods/ephemeralcontainers` (kyverno/kyverno#16663).
Where there are bundles it takes any attestation for a signature, so the signature is asked for as the attestation
that cosign 3 writes. Its field `additionalExtensions` is in the schema, and nothing reads it.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from gate.deploy.admission.heading import heading
from gate.deploy.admission.parties import Party
from gate.deploy.admission.patterns import Images, anchored, glob
from gate.deploy.admission.plain import only_own, workflow_gaps
from gate.deploy.admission.terms import Terms
from gate.io import yaml_document
from gate.model.evidence import CYCLONEDX, SIGNATURE, SPDX, VERDICT

_IMAGES = "(images.containers + images.initContainers + images.ephemeralContainers)"
_TYPES = {"signature": SIGNATURE, "verdict": VERDICT, "cyclonedx": CYCLONEDX, "spdx": SPDX}
_USED = {"signature": ("signature",), "verdict": ("verdict",), "sbom": ("cyclonedx", "spdx")}
_SAID = {
    "signature": "no signature by a trusted signer",
    "verdict": "no verdict by a trusted signer that is PASSED, recent enough and of an accepted policy",
    "sbom": "no SBOM by a trusted signer",
}
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
_NOTES = (
    (
        "Kyverno 1.19 or later: earlier ones neither pin digests nor insist that an image was verified at all, and let "
        "every ephemeral container in (kubectl debug)"
    ),
    (
        "deletions and updates that change no image (labels, finalizers) are let through, however old the evidence is; "
        "when an image changes or an ephemeral container is added, all images of the pod are verified"
    ),
    "Kyverno 1.19.0 verifies pods alone: a Deployment or a Job is accepted, and its pods are denied",
    "it reads bundles (sign.formats: [bundle]); an image that has its evidence in the old format alone is refused",
    "for private images name a secret in spec.credentials",
    "signatures are those of the public Sigstore; for another one give each attestor its trustedRoot",
)


def write(terms: Terms) -> str:
    """An ImageValidatingPolicy as YAML. Raises `InputError` for a signer that it cannot tell from others."""
    only_own(terms, "Kyverno")
    used = [name for asked, names in _USED.items() if asked in terms.require for name in names]
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
            "matchImageReferences": [{"expression": f"ref.matches({_raw(_covers(one))})"} for one in terms.images],
            "attestors": [_attestor(party) for party in terms.parties],
            "attestations": [{"name": name, "intoto": {"type": _TYPES[name]}} for name in used],
            "validations": [
                {"message": _SAID[asked], "expression": _all(terms, asked)} for asked in _USED if asked in terms.require
            ],
        },
    }
    head = heading("Kyverno", terms, enforced=terms.require, notes=_NOTES, gaps=list(_gaps(terms)))
    return head + yaml_document.dump(document)


def _gaps(terms: Terms) -> Iterator[str]:
    if "verdict" in terms.require:
        yield (
            f"that the newest verdict decides: of several by one signer Kyverno reads one, and which is not promised; "
            f"a PASSED one counts until it is {terms.age} old, and where the one that is read is another tool's "
            "summary, the image is refused. Nor that it is about every platform of the image"
        )
    if "sbom" in terms.require:
        yield (
            "a bill of materials for each platform: it is looked for beside the digest that is deployed, which of an "
            "image of several platforms is that of the index"
        )
    yield from workflow_gaps(terms, "Kyverno")
    yield "images that are mounted as volumes, and images that no pattern covers: they are not looked at"
    yield "what became known about the image after it was judged"


def _changes() -> str:
    """Whether a request brings images that the object did not have: in place, so that nothing moves unseen.

    On CREATE there is no `oldObject`, and nothing behind the first term is evaluated.
    """
    before = {name: _images(f"oldObject.spec.{name}") for name in _CONTAINERS}
    after = {name: _images(f"object.spec.{name}") for name in _CONTAINERS}
    return " || ".join(['request.operation != "UPDATE"', *(f"{after[name]} != {before[name]}" for name in _CONTAINERS)])


def _images(field: str) -> str:
    return f"(has({field}) ? {field}.map(one, one.image) : [])"


def _covers(pattern: Images) -> str:
    """For `name`, `name:tag`, `name@digest` and both."""
    name = glob(pattern.name)
    return anchored(f"{name}/.+" if pattern.deep else f"{name}(?:[:@].*)?")


def _attestor(party: Party) -> dict[str, Any]:
    if party.key:  # nothing of a key stands in a log
        return {
            "name": _name(party),
            "cosign": {"key": {"data": party.key}, "ctlog": {"insecureIgnoreTlog": True}},
        }
    subject = {"subject": party.subject} if party.subject else {"subjectRegExp": party.expression}
    return {"name": _name(party), "cosign": {"keyless": {"identities": [{"issuer": party.issuer, **subject}]}}}


def _name(party: Party) -> str:
    return f"signer{party.number}"


def _all(terms: Terms, asked: str) -> str:
    """One signer at a time: the evidence has to be whole by one of them."""
    signers = ", ".join(f"attestors.{_name(party)}" for party in terms.parties)
    found = " || ".join(
        f"verifyAttestationSignatures(image, attestations.{name}, [signer]) > 0" for name in _USED[asked]
    )
    if asked == "verdict":
        found += f" && [extractPayload(image, attestations.verdict).predicate].all(said, {_verdict(terms)})"
    return f"{_IMAGES}.all(image, [{signers}].exists(signer, {found}))"


def _verdict(terms: Terms) -> str:
    rules = [f"said.verifier.id in {json.dumps(list(terms.verifiers))}", 'said.verificationResult == "PASSED"']
    if terms.policies is not None:
        rules.append(f"said.policy.digest.sha256 in {json.dumps(list(terms.policies))}")
    rules.append(f"time.now() - timestamp(said.timeVerified) <= {_duration(terms.max_age)}")
    rules.append(f"timestamp(said.timeVerified) - time.now() <= {_duration(terms.ahead)}")
    return " && ".join(rules)


def _duration(span: timedelta) -> str:
    return f'duration("{round(span.total_seconds())}s")'


def _raw(text: str) -> str:
    """A CEL string that means what it says; patterns of images have no quotes."""
    return f"r'{text}'"
