"""Run `gate verify`: fetch and verify the evidence attached to each image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from gate.attestation import evidence_checks
from gate.attestation.gathered_evidence import Gathered
from gate.attestation.proven_verdict import Terms
from gate.cosign import program
from gate.cosign.trusted_root import Roots
from gate.errors import InputError, RegistryError, UsageError
from gate.io.progress import Progress
from gate.io.run_context import RunContext
from gate.model.evidence import CYCLONEDX, SIGNATURE, SPDX, VERDICT, VULNERABILITIES
from gate.model.image import ImageRef
from gate.model.verification import Check, Cluster, State, VerifyResult, VerifyRow, concluded
from gate.pipeline.trusted_identities import Trusted, terms, trusted
from gate.pipeline.verify_evidence import EvidenceVerifier
from gate.pipeline.workdir import run_workdir
from gate.policy.loader import Loaded
from gate.registry.access import Access
from gate.registry.errors import AlteredError, MissingError
from gate.registry.evidence import fetch_all_evidence
from gate.registry.evidence_types import ImageEvidence
from gate.text import one_line, plural

if TYPE_CHECKING:
    from gate.pipeline.rejudge import Rejudge

_OF_IMAGE = frozenset({SIGNATURE, VERDICT})
_SBOMS = frozenset({CYCLONEDX, SPDX})


@dataclass(frozen=True)
class Target:
    """An image to verify, and where it is referenced (`file:line`)."""

    image: str
    places: tuple[str, ...] = ()


@dataclass(frozen=True)
class VerifyRequest:
    """Options of `gate verify`."""

    targets: tuple[Target, ...]
    loaded: Loaded
    roots: Roots
    access: Access = field(default_factory=Access)
    rejudge: "Rejudge | None" = None
    explain: bool = False
    """Report which admission controllers can read the evidence."""
    jobs: int = 2


def verify(request: VerifyRequest, context: RunContext, progress: Progress) -> tuple[VerifyResult, ...]:
    """Verify the images; one result each, in order. An unreachable image is a result, not an error.

    Raises `InputError`, `UsageError`, `ToolMissingError` for errors that concern all images.
    """
    identities, accepted = trusted(request.loaded), terms(request.loaded, context.now)
    if not request.targets:
        raise UsageError("there is no image to verify", hint="name one, or a file that names some with -f")
    refs = {target.image: _parsed(target) for target in request.targets}
    with run_workdir(context) as workdir:
        progress.step(f"reading {plural(len(refs), 'image')}")
        fetched = fetch_all_evidence(list(refs.values()), context=context, access=request.access)
        attached = dict(zip(refs, fetched, strict=True))
        verifier = EvidenceVerifier(cache(lambda: program.find(context)), request.roots, context, workdir, request.jobs)
        progress.step("verifying their evidence")
        verified = _verify_attached(verifier, attached, identities, rejudge=request.rejudge is not None)
        rejudged: Mapping[str, tuple[VerifyRow, ...]] = {}
        if request.rejudge:
            progress.step("judging their SBOMs with today's database")
            rejudged = request.rejudge.rows(verified, request.loaded, context, workdir / "rejudge", progress)
    results = []
    for target in request.targets:
        evidence, gathered = attached[target.image], verified.get(target.image, ())
        digest = evidence.digest if isinstance(evidence, ImageEvidence) else refs[target.image].digest or ""
        rows = (*_rows(evidence, gathered, digest, accepted), *rejudged.get(target.image, ()))
        results.append(
            VerifyResult(
                image=target.image,
                name=refs[target.image].name,
                digest=digest,
                verified=concluded(rows),
                rows=rows,
                places=target.places,
                clusters=_clusters(evidence, gathered) if request.explain else (),
            )
        )
    return tuple(results)


def _parsed(target: Target) -> ImageRef:
    try:
        return ImageRef.parse(target.image)
    except UsageError as exc:
        if not target.places:
            raise
        raise InputError(f"{', '.join(target.places)}: {exc.problem}", hint=exc.hint) from exc


def _verify_attached(
    verifier: EvidenceVerifier,
    attached: Mapping[str, ImageEvidence | RegistryError],
    identities: Trusted,
    *,
    rejudge: bool,
) -> dict[str, list[Gathered]]:
    """Verify the evidence of each image's manifests, the index first. One batch, so that cosign runs in parallel."""
    images = {image: one.manifests for image, one in attached.items() if isinstance(one, ImageEvidence)}
    batch = []
    for manifests in images.values():
        for index, manifest in enumerate(manifests):
            types = _OF_IMAGE if index == 0 else frozenset()
            types |= _SBOMS if index or len(manifests) == 1 else frozenset()
            types |= {VULNERABILITIES} if rejudge and index == 0 else frozenset()
            batch.append((manifest, types))
    verified = iter(verifier.gathered(batch, identities))
    return {image: [next(verified) for _ in manifests] for image, manifests in images.items()}


def _rows(
    evidence: ImageEvidence | RegistryError, gathered: Sequence[Gathered], digest: str, accepted: Terms
) -> tuple[VerifyRow, ...]:
    """Rows for an image: what could not be read, or else one for each required check."""
    if isinstance(evidence, RegistryError):
        return (_fault(evidence, digest=digest),)
    faults = tuple(
        _fault(manifest.fault, digest=manifest.digest, platform=str(manifest.platform or ""))
        for manifest in evidence.manifests
        if manifest.fault is not None
    )
    return faults or evidence_checks.rows(gathered[0], gathered[1:] if evidence.is_index else gathered[:1], accepted)


def _fault(fault: RegistryError, *, digest: str, platform: str = "") -> VerifyRow:
    if isinstance(fault, AlteredError):
        state = State.TAMPERED
    else:
        state = State.MISSING if isinstance(fault, MissingError) else State.UNKNOWN
    why, hint = one_line(fault.problem, 600), one_line(fault.hint, 400)
    return VerifyRow(check=Check.IMAGE, state=state, digest=digest, platform=platform, why=why, hint=hint)


def _clusters(evidence: ImageEvidence | RegistryError, gathered: Sequence[Gathered]) -> tuple[Cluster, ...]:
    """Which admission controllers can read the formats of the attached evidence; empty for an unreadable image."""
    from gate.deploy.admission import engine_support

    if isinstance(evidence, RegistryError):
        return ()
    top = evidence.manifests[0]
    proven = [proof.signer for proof in gathered[0].proofs if proof.signer]
    return engine_support(
        {piece.format for piece in top.pieces},
        fallback_tag=not top.api,
        keyless=not proven or any(not signer.key for signer in proven),
    )
