"""`gate verify`: from names of images to an answer for each, by the evidence that lies beside it."""

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
from gate.io.run_context import World
from gate.model.evidence import CYCLONEDX, SIGNATURE, SPDX, VERDICT, VULNERABILITIES
from gate.model.image import ImageRef
from gate.model.verification import Check, Cluster, State, VerifyResult, VerifyRow, concluded
from gate.pipeline.trusted_identities import Trusted, terms, trusted
from gate.pipeline.verify_evidence import Prover
from gate.pipeline.workdir import room_of
from gate.policy.loader import Loaded
from gate.registry import Access, AlteredError, ImageEvidence, MissingError, fetch_all_evidence
from gate.text import one_line, plural

if TYPE_CHECKING:
    from gate.pipeline.rejudge import Rejudge

_TOP = frozenset({SIGNATURE, VERDICT})
_BILLS = frozenset({CYCLONEDX, SPDX})


@dataclass(frozen=True)
class Target:
    """An image to verify, as it was named, and where (`file:line`)."""

    image: str
    places: tuple[str, ...] = ()


@dataclass(frozen=True)
class VerifyRequest:
    """What to verify and how."""

    targets: tuple[Target, ...]
    loaded: Loaded
    roots: Roots
    access: Access = field(default_factory=Access)
    rejudge: "Rejudge | None" = None
    explain: bool = False
    """Say what admission controllers can read of the evidence."""
    jobs: int = 2


def verify(request: VerifyRequest, world: World, progress: Progress) -> tuple[VerifyResult, ...]:
    """An answer for each image, in order; one that cannot be reached does not keep the others from theirs.

    Raises `InputError`, `UsageError`, `ToolMissingError` for what concerns them all.
    """
    who = trusted(request.loaded)
    if not request.targets:
        raise UsageError("there is no image to verify", hint="name one, or a file that names some with -f")
    refs = {target.image: _parsed(target) for target in request.targets}
    asked = terms(request.loaded, world.now)
    with room_of(world) as room:
        progress.step(f"looking at {plural(len(refs), 'image')}")
        seen = dict(zip(refs, fetch_all_evidence(list(refs.values()), world=world, access=request.access), strict=True))
        sights = {image: one for image, one in seen.items() if isinstance(one, ImageEvidence)}
        prover = Prover(cache(lambda: program.find(world)), request.roots, world, room, request.jobs)
        progress.step("proving their evidence")
        found = _gathered(prover, sights, who, request)
        answers = {
            image: _answer(image, one, found[image], asked)
            if isinstance(one, ImageEvidence)
            else _unseen(image, refs[image], one)
            for image, one in seen.items()
        }
        if request.rejudge:
            progress.step("judging their bills of materials by today's database")
            more = request.rejudge.rows(found, request.loaded, world, room / "rejudge", progress)
            answers = {image: _with(one, more.get(image, ())) for image, one in answers.items()}
        if request.explain:
            clusters = {image: _clusters(one, found[image]) for image, one in sights.items()}
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
    prover: Prover, sights: Mapping[str, ImageEvidence], who: Trusted, request: VerifyRequest
) -> dict[str, tuple[Gathered, ...]]:
    """The evidence of each image's manifests, the index first; proven in one go, so that all of it is side by side."""
    order = [(image, place, sight) for image, one in sights.items() for place, sight in enumerate(one.manifests)]
    asked = []
    for image, place, sight in order:
        alone = len(sights[image].manifests) == 1
        types = _TOP if place == 0 else frozenset()
        types |= _BILLS if place or alone else frozenset()
        types |= {VULNERABILITIES} if request.rejudge and place == 0 else frozenset()
        asked.append((sight, types))
    found: dict[str, list[Gathered]] = {image: [] for image in sights}
    for (image, _, _), one in zip(order, prover.gathered(asked, who), strict=True):
        found[image].append(one)
    return {image: tuple(some) for image, some in found.items()}


def _answer(image: str, sighted: ImageEvidence, found: Sequence[Gathered], asked: Terms) -> VerifyResult:
    rows = tuple(_faults(sighted))
    if not rows:
        top = found[0]
        platforms = found[1:] if sighted.is_index else found[:1]
        rows = evidence_checks.rows(top, platforms, asked)
    return VerifyResult(image=image, name=sighted.ref.name, digest=sighted.digest, verified=concluded(rows), rows=rows)


def _unseen(image: str, ref: ImageRef, fault: RegistryError) -> VerifyResult:
    """The answer for an image that could not be read: its evidence is no question then."""
    row = _fault(fault, digest=ref.digest or "")
    return VerifyResult(image=image, name=ref.name, digest=ref.digest or "", verified=False, rows=(row,))


def _faults(sighted: ImageEvidence) -> Iterator[VerifyRow]:
    """What kept a part of the image from being read."""
    for sight in sighted.manifests:
        if sight.fault is not None:
            yield _fault(sight.fault, digest=sight.digest, platform=str(sight.platform or ""))


def _fault(fault: RegistryError, *, digest: str, platform: str = "") -> VerifyRow:
    if isinstance(fault, AlteredError):
        state = State.TAMPERED
    else:
        state = State.MISSING if isinstance(fault, MissingError) else State.UNKNOWN
    why, hint = one_line(fault.problem, 600), one_line(fault.hint, 400)
    return VerifyRow(check=Check.IMAGE, state=state, digest=digest, platform=platform, why=why, hint=hint)


def _clusters(sighted: ImageEvidence, found: Sequence[Gathered]) -> tuple[Cluster, ...]:
    """What each engine will make of the formats that lie beside the image."""
    from gate.deploy.admission import readers

    top = sighted.manifests[0]
    proven = [one.signer for one in found[0].proofs if one.signer]
    told = readers(
        {piece.format for piece in top.pieces},
        fallback_tag=not top.api,
        keyless=not proven or any(not signer.key for signer in proven),
    )
    return tuple(
        Cluster(engine=one.engine, reads=one.reads, since=one.since, why=one.why, source=one.source) for one in told
    )


def _with(one: VerifyResult, rows: Sequence[VerifyRow]) -> VerifyResult:
    every = (*one.rows, *rows)
    return one.model_copy(update={"rows": every, "verified": concluded(every)})


def _placed(one: VerifyResult, target: Target) -> VerifyResult:
    return one.model_copy(update={"places": target.places})
