"""Run `gate trust add`: find out who signed an image, as the identities that a policy would trust."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from gate.attestation.identity import identity_fields, mismatch
from gate.cosign import program
from gate.cosign.trusted_root import Roots
from gate.errors import InputError, RegistryError
from gate.io.progress import Progress
from gate.io.run_context import RunContext
from gate.model.evidence import SIGNATURE, VERDICT, Outcome, Signer
from gate.model.image import ImageRef
from gate.pipeline.trusted_identities import Trusted
from gate.pipeline.verify_evidence import EvidenceVerifier, read_evidence
from gate.pipeline.workdir import run_workdir
from gate.policy.loader import Loaded
from gate.registry.access import Access
from gate.registry.evidence import fetch_all_evidence
from gate.registry.evidence_types import ImageEvidence
from gate.text import one_line

_TYPES = frozenset({SIGNATURE, VERDICT})
_MOST = 16
"""Signers of one image that are verified; each takes a run of cosign, and anybody who can push adds one."""


@dataclass(frozen=True)
class TrustRequest:
    """Options of `gate trust add`."""

    image: str
    loaded: Loaded
    roots: Roots
    access: Access = field(default_factory=Access)


@dataclass(frozen=True)
class ImageSigner:
    """A signer whose signature of the image was verified."""

    signer: Signer
    identity: Mapping[str, Any]
    """As in `trust.identities` of the policy."""
    trusted: bool
    """Whether the policy trusts it already."""


@dataclass(frozen=True)
class ImageSigners:
    """The verified signers of an image, and why other signatures do not count."""

    reference: str
    """With the digest."""
    signers: tuple[ImageSigner, ...]
    rejected: tuple[str, ...] = ()
    by_key: bool = False
    """Whether a signature is by a key, which no certificate names."""


def find_signers(request: TrustRequest, context: RunContext, progress: Progress) -> ImageSigners:
    """Verify the signatures and verdicts attached to an image, each for the identity in its own certificate.

    Raises `RegistryError` when the evidence cannot be read, `UsageError` for a malformed reference.
    """
    ref = ImageRef.parse(request.image)
    progress.step("reading the evidence")
    [evidence] = fetch_all_evidence([ref], context=context, access=request.access)
    if not isinstance(evidence, ImageEvidence):
        raise evidence
    manifest = evidence.manifests[0]
    if manifest.fault is not None:
        raise manifest.fault
    if manifest.unknown:
        raise RegistryError(f"not all evidence could be read: {manifest.unknown}", hint=manifest.hint)
    claims = [claim for claim in read_evidence(manifest).claims if claim.predicate_type in _TYPES]
    signers = tuple(dict.fromkeys(claim.signer for claim in claims if claim.signer))
    if len({str(identity_fields(signer)) for signer in signers}) > _MOST:
        raise InputError(
            f"more than {_MOST} different identities signed this image",
            hint="add the one that you know to trust.identities of gate.yaml by hand: gate inspect IMAGE lists them",
        )
    rejected: list[str] = []
    with run_workdir(context) as workdir:
        progress.step("verifying the signatures")
        verifier = EvidenceVerifier(cache(lambda: program.find(context)), request.roots, context, workdir)
        [gathered] = verifier.gathered([(manifest, _TYPES)], Trusted((), {}, signers))
    found: dict[str, ImageSigner] = {}
    for proof in gathered.proofs:
        if proof.outcome is not Outcome.PROVEN or not proof.signer:
            if proof.claim.signer:
                rejected.append(f"{one_line(str(proof.claim.signer), 300)}: {one_line(proof.why, 300)}")
            continue
        identity = identity_fields(proof.signer)
        if identity is None:
            rejected.append(f"{one_line(str(proof.signer), 300)}: no identity of a policy can name this signer")
            continue
        trusted = any(not mismatch(known, proof.signer) for known in request.loaded.policy.trust.identities)
        found[str(identity)] = ImageSigner(proof.signer, identity, trusted)
    return ImageSigners(
        f"{ref.name}@{evidence.digest}",
        tuple(found.values()),
        tuple(dict.fromkeys(rejected)),
        by_key=any(not claim.signer for claim in claims),
    )
