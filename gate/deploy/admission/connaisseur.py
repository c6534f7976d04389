"""Connaisseur: values for its Helm chart, one validator with all trusted signers and the rules that use it.

Keys, and how they are evaluated: github.com/sse-secure-systems/connaisseur at v3.10.0, docs/basics.md,
docs/validators/sigstore_cosign.md, docs/features/automatic_unchanged_approval.md, internal/handler/mutate.go and
internal/config/config.go. It verifies with cosign 2: it reads signatures of the old format and no attestations.
"""

from typing import Any

from gate.deploy.admission.gaps import refuse_reusable_workflows, require_signature, signature_engine_gaps
from gate.deploy.admission.header import header
from gate.deploy.admission.patterns import Images, is_wild
from gate.deploy.admission.requirements import Requirements
from gate.deploy.admission.signers import Signer
from gate.io import yaml_document

_NOTES = (
    "use Connaisseur 3.6 or later; it reads the old format (sign.formats: [legacy] or [bundle, legacy])",
    "add your own validators and rules to this file: Helm replaces lists, and images without a rule are denied",
    "have no other rule for these images: if several rules match an image, only the most specific one applies",
    "signatures have to be of the public Sigstore; for another one set host.* of the validator",
    (
        "ephemeral containers (kubectl debug) are verified, and deletions are let through; the removal of finalizers "
        "from an object that is being deleted is let through by Connaisseur 3.10 or later"
    ),
    "an update that changes no image is verified too, unless application.features.automaticUnchangedApproval is true",
)
_STAR_NOTE = "in these rules * matches slashes too, so images further below are verified as well"
_LOG_NOTE = "signatures made with a key need an entry in the transparency log too, because certificates need one"


def write(requirements: Requirements) -> str:
    """Write values for `helm upgrade -f`. Raises `InputError` for requirements that it cannot enforce at all."""
    require_signature(requirements, "Connaisseur")
    refuse_reusable_workflows(requirements, "Connaisseur")
    rules = [
        {"pattern": pattern, "validator": "gate", "with": _options(requirements)}
        for images in requirements.images
        for pattern in _patterns(images)
    ]
    roots = [_trust_root(signer) for signer in requirements.signers]
    document = {
        "application": {"validators": [{"name": "gate", "type": "cosign", "trustRoots": roots}], "policy": rules}
    }
    notes = [*_NOTES]
    if any(is_wild(images.name) for images in requirements.images):
        notes.append(_STAR_NOTE)
    if len({bool(signer.key) for signer in requirements.signers}) > 1:
        notes.append(_LOG_NOTE)
    gaps = signature_engine_gaps(requirements, "Connaisseur")
    comments = header("Connaisseur", requirements, enforced=["signature"], notes=notes, gaps=gaps)
    return comments + yaml_document.dump(document)


def _trust_root(signer: Signer) -> dict[str, Any]:
    evidence = {"key": signer.key} if signer.key else {"keyless": signer.identity("subjectRegex")}
    return {"name": f"signer-{signer.number}", **evidence}


def _patterns(images: Images) -> list[str]:
    """Patterns that match `name:tag`, `name@digest` or both; a digest has a colon too."""
    return [f"{images.name}/*:*"] if images.deep else [f"{images.name}:*", f"{images.name}@*"]


def _options(requirements: Requirements) -> dict[str, Any]:
    """Accept any one signer: without a threshold Connaisseur requires all of them."""
    options: dict[str, Any] = {"trustRoot": "*", "threshold": 1}
    if all(signer.key for signer in requirements.signers):  # signatures by key have no entry in a log
        options |= {"verifyInTransparencyLog": False, "verifySCT": False}
    return options
