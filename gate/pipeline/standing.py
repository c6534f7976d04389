"""Whether images are signed and what their last verdict is: by the evidence there is, or proven for whom is trusted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from gate import predicate
from gate.cosign import claims
from gate.cosign.roots import Roots
from gate.errors import GateError, RegistryError
from gate.evidence import SIGNATURE, VERDICT, Claim
from gate.image import ImageRef
from gate.pipeline.verify import Target, VerifyRequest, verify
from gate.policyfile import Loaded
from gate.predicate import PredicateError, Summary
from gate.progress import Progress
from gate.prune import Version
from gate.registry import Access, Sight, Sighted, sightings
from gate.status import EvidenceStatus, Known
from gate.text import one_line
from gate.verification import Check, Row, State, VerifyResult
from gate.world import World

_KNOWN = {State.GOOD: Known.VERIFIED, State.MISSING: Known.NONE, State.UNKNOWN: Known.UNKNOWN}


@dataclass(frozen=True)
class Standing:
    """What is known of the evidence beside an image."""

    signed: EvidenceStatus
    verdict: EvidenceStatus

    @classmethod
    def unknown(cls, why: str) -> Self:
        """Nobody could look."""
        one = EvidenceStatus(state=Known.UNKNOWN, why=one_line(why, 600))
        return cls(one, one)

    @classmethod
    def without(cls, versions: Sequence[Version] | None, newest: Version | None) -> Self:
        """There is no image to look beside, or it is not known which."""
        if versions is None or newest:
            return cls.unknown("it is not known which image to look beside")
        none = EvidenceStatus(state=Known.NONE, why="no version has a tag")
        return cls(none, none)


@dataclass(frozen=True)
class Trust:
    """By whom evidence has to be, and who vouches for that."""

    loaded: Loaded
    roots: Roots


def standings(
    refs: Sequence[ImageRef], trust: Trust, world: World, access: Access, progress: Progress
) -> list[Standing]:
    """One for each, in order; what keeps one from being told is its answer."""
    if not refs:
        return []
    try:
        seen = sightings(refs, world=world, access=access)
    except GateError as exc:
        return [Standing.unknown(exc.problem)] * len(refs)
    lying = [_lying(one) for one in seen]
    if not trust.loaded.policy.trust.identities:
        return lying
    request = VerifyRequest(tuple(Target(str(ref)) for ref in refs), trust.loaded, trust.roots, access)
    try:
        results = verify(request, world, progress)
    except GateError as exc:  # cosign is missing, say; where nothing lies there is nothing to prove
        return [one if one == _NOTHING else Standing.unknown(exc.problem) for one in lying]
    return [_proven(result, there) for result, there in zip(results, lying, strict=True)]


def _lying(seen: Sighted | RegistryError) -> Standing:
    """What lies there, proven by nobody."""
    if isinstance(seen, RegistryError):
        return Standing.unknown(seen.problem)
    top = seen.sights[0]
    if top.fault:
        return Standing.unknown(top.fault.problem)
    found = list(_claims(top))
    signatures = [one for one in found if one.predicate_type == SIGNATURE]
    verdicts = [told for one in found if one.predicate_type == VERDICT and (told := _summary(one))]
    names = ", ".join(dict.fromkeys(str(one.signer) if one.signer else "a key" for one in signatures[:3]))
    last = max(verdicts, key=lambda one: (one[0], not one[1].passed), default=None)
    return Standing(
        _present(top, f"claimed to be by {names}") if signatures else _absent(top, "signature"),
        _present(top, "", last) if last else _absent(top, "verdict"),
    )


def _claims(sight: Sight) -> Iterator[Claim]:
    """What can be read, and is about this manifest."""
    for piece in sight.pieces:
        try:
            claim = claims.read(piece)
        except claims.UnreadableError:
            continue
        if sight.digest in claim.subjects:
            yield claim


def _summary(claim: Claim) -> tuple[datetime, Summary] | None:
    try:
        summary = predicate.summary(claim.predicate)
    except PredicateError:
        return None
    return claim.at or summary.at, summary


def _present(sight: Sight, why: str, last: tuple[datetime, Summary] | None = None) -> EvidenceStatus:
    if sight.unknown and last:
        return EvidenceStatus(state=Known.UNKNOWN, why=f"there is one, and there may be a newer: {sight.unknown}")
    passed, at = (last[1].passed, last[0]) if last else (None, None)
    return EvidenceStatus(state=Known.PRESENT, passed=passed, at=at, why=one_line(why, 600))


def _absent(sight: Sight, what: str) -> EvidenceStatus:
    if sight.unknown:
        return EvidenceStatus(state=Known.UNKNOWN, why=one_line(sight.unknown, 600))
    if sight.damaged:
        return EvidenceStatus(state=Known.UNKNOWN, why=f"there is evidence that is damaged: {sight.damaged[0].why}")
    return EvidenceStatus(state=Known.NONE, why=f"there is no {what}")


_NOTHING = Standing(_absent(Sight(""), "signature"), _absent(Sight(""), "verdict"))


def _proven(result: VerifyResult, there: Standing) -> Standing:
    """The answers of `gate verify`; what the policy does not require is told as it lies there."""
    rows = {row.check: row for row in result.rows}
    if image := rows.get(Check.IMAGE):
        return Standing.unknown(image.why)
    signature, verdict = rows.get(Check.SIGNATURE), rows.get(Check.VERDICT)
    return Standing(
        _row(signature) if signature else there.signed,
        _row(verdict, judged=True) if verdict else there.verdict,
    )


def _row(row: Row, *, judged: bool = False) -> EvidenceStatus:
    told = {State.GOOD: True, State.REFUSED: False}
    return EvidenceStatus(
        state=Known.VERIFIED if judged and row.state is State.REFUSED else _KNOWN.get(row.state, Known.REFUSED),
        passed=told.get(row.state) if judged else None,
        at=row.at,
        why=row.why,
    )
