"""Run `gate verify`: fetch and verify the evidence attached to each image."""

from collections.abc import Iterator, Mapping, Sequence
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
from gate.registry import Access, AlteredError, ImageEvidence, MissingError, fetch_all_evidence
from gate.text import one_line, plural

if TYPE_CHECKING:
    from gate.pipeline.rejudge import Rejudge

_TOP = frozenset({SIGNATURE, VERDICT})
_BILLS = frozenset({CYCLONEDX, SPDX})


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
    who = trusted(request.loaded)
    if not request.targets:
        raise UsageError("there is no image to verify", hint="name one, or a file that names some with -f")
    refs = {target.image: _parsed(target) for target in request.targets}
    accepted = terms(request.loaded, context.now)
    with run_workdir(context) as workdir:
        progress.step(f"reading {plural(len(refs), 'image')}")
        seen = dict(
            zip(refs, fetch_all_evidence(list(refs.values()), context=context, access=request.access), strict=True)
        )
        manifests = {image: one for image, one in seen.items() if isinstance(one, ImageEvidence)}
        verifier = EvidenceVerifier(cache(lambda: program.find(context)), request.roots, context, workdir, request.jobs)
        progress.step("verifying their evidence")
        found = _gathered(verifier, manifests, who, request)
        answers = {
            image: _answer(image, one, found[image], accepted)
            if isinstance(one, ImageEvidence)
            else _unseen(image, refs[image], one)
            for image, one in seen.items()
        }
        if request.rejudge:
            progress.step("judging their SBOMs with today's database")
            more = request.rejudge.rows(found, request.loaded, context, workdir / "rejudge", progress)
            answers = {image: _with(one, more.get(image, ())) for image, one in answers.items()}
        if request.explain:
            clusters = {image: _clusters(one, found[image]) for image, one in manifests.items()}
            answers = {
                image: one.model_copy(update={"clusters": clusters.get(image, ())}) for image, one in answers.items()
            }
    return tuple(_placed(answers[target.image], target) for target in request.targets)


def _parsed(target: Target) -> ImageRef:
    try:
        return ImageRef.parse(target.image)
    except UsageError as exc:
        if not target.places:
            raise
        raise InputError(f"{', '.join(target.places)}: {exc.problem}", hint=exc.hint) from exc


def _gathered(
    verifier: EvidenceVerifier, manifests: Mapping[str, ImageEvidence], who: Trusted, request: VerifyRequest
) -> dict[str, tuple[Gathered, ...]]:
    """Evidence of each image's manifests, the index first. One batch, so that cosign runs in parallel for all."""
    order = [(image, place, sight) for image, one in manifests.items() for place, sight in enumerate(one.manifests)]
    wanted = []
    for image, place, sight in order:
        alone = len(manifests[image].manifests) == 1
        types = _TOP if place == 0 else frozenset()
        types |= _BILLS if place or alone else frozenset()
        types |= {VULNERABILITIES} if request.rejudge and place == 0 else frozenset()
        wanted.append((sight, types))
    found: dict[str, list[Gathered]] = {image: [] for image in manifests}
    for (image, _, _), one in zip(order, verifier.gathered(wanted, who), strict=True):
        found[image].append(one)
    return {image: tuple(evidence) for image, evidence in found.items()}


def _answer(image: str, image_evidence: ImageEvidence, found: Sequence[Gathered], accepted: Terms) -> VerifyResult:
    rows = tuple(_faults(image_evidence))
    if not rows:
        top = found[0]
        platforms = found[1:] if image_evidence.is_index else found[:1]
        rows = evidence_checks.rows(top, platforms, accepted)
    return VerifyResult(
        image=image, name=image_evidence.ref.name, digest=image_evidence.digest, verified=concluded(rows), rows=rows
    )


def _unseen(image: str, ref: ImageRef, fault: RegistryError) -> VerifyResult:
    """Result for an image that could not be read."""
    row = _fault(fault, digest=ref.digest or "")
    return VerifyResult(image=image, name=ref.name, digest=ref.digest or "", verified=False, rows=(row,))


def _faults(image_evidence: ImageEvidence) -> Iterator[VerifyRow]:
    """Rows for manifests of the image that could not be read."""
    for sight in image_evidence.manifests:
        if sight.fault is not None:
            yield _fault(sight.fault, digest=sight.digest, platform=str(sight.platform or ""))


def _fault(fault: RegistryError, *, digest: str, platform: str = "") -> VerifyRow:
    if isinstance(fault, AlteredError):
        state = State.TAMPERED
    else:
        state = State.MISSING if isinstance(fault, MissingError) else State.UNKNOWN
    why, hint = one_line(fault.problem, 600), one_line(fault.hint, 400)
    return VerifyRow(check=Check.IMAGE, state=state, digest=digest, platform=platform, why=why, hint=hint)


def _clusters(image_evidence: ImageEvidence, found: Sequence[Gathered]) -> tuple[Cluster, ...]:
    """Which admission controllers can read the formats of the attached evidence."""
    from gate.deploy.admission import engine_support

    top = image_evidence.manifests[0]
    proven = [one.signer for one in found[0].proofs if one.signer]
    return engine_support(
        {piece.format for piece in top.pieces},
        fallback_tag=not top.api,
        keyless=not proven or any(not signer.key for signer in proven),
    )


def _with(one: VerifyResult, rows: Sequence[VerifyRow]) -> VerifyResult:
    every = (*one.rows, *rows)
    return one.model_copy(update={"rows": every, "verified": concluded(every)})


def _placed(one: VerifyResult, target: Target) -> VerifyResult:
    return one.model_copy(update={"places": target.places})
