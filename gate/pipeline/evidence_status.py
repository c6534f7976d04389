"""Whether images are signed and what their last verdict is: by the evidence there is, or proven for whom is trusted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from gate.attestation import predicates
from gate.attestation.predicates import PredicateError, Summary
from gate.cosign.trusted_root import Roots
from gate.errors import GateError, RegistryError
from gate.io.progress import Progress
from gate.io.run_context import World
from gate.maintenance.prune import Version
from gate.model.evidence import SIGNATURE, VERDICT, Claim
from gate.model.image import ImageRef
from gate.model.package_status import EvidenceState, EvidenceStatus
from gate.model.verification import Check, State, VerifyResult, VerifyRow
from gate.pipeline.pieces import Readings, readings
from gate.pipeline.verify import Target, VerifyRequest, verify
from gate.policy.loader import Loaded
from gate.registry import Access, ImageEvidence, ManifestEvidence, fetch_all_evidence
from gate.text import one_line

_CALLED = {SIGNATURE: "signature", VERDICT: "verdict"}
_KNOWN = {State.GOOD: EvidenceState.VERIFIED, State.MISSING: EvidenceState.NONE, State.UNKNOWN: EvidenceState.UNKNOWN}


@dataclass(frozen=True)
class Standing:
    """What is known of the evidence beside an image."""

    signed: EvidenceStatus
    verdict: EvidenceStatus

    @classmethod
    def unknown(cls, why: str) -> Self:
        """Nobody could look."""
        one = EvidenceStatus(state=EvidenceState.UNKNOWN, why=one_line(why, 600))
        return cls(one, one)

    @classmethod
    def without(cls, versions: Sequence[Version] | None, newest: Version | None) -> Self:
        """There is no image to look beside, or it is not known which."""
        if versions is None or newest:
            return cls.unknown("it is not known which image to look beside")
        none = EvidenceStatus(state=EvidenceState.NONE, why="no version has a tag")
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
        seen = fetch_all_evidence(refs, world=world, access=access)
    except GateError as exc:
        return [Standing.unknown(exc.problem)] * len(refs)
    lying = [_lying(one, trust.loaded.policy.trust.verifiers) for one in seen]
    if not trust.loaded.policy.trust.identities:
        return lying
    request = VerifyRequest(tuple(Target(str(ref)) for ref in refs), trust.loaded, trust.roots, access)
    try:
        results = verify(request, world, progress)
    except GateError as exc:  # cosign is missing, say; where nothing lies there is nothing to prove
        return [one if one == _NOTHING else Standing.unknown(exc.problem) for one in lying]
    return [_proven(result, there) for result, there in zip(results, lying, strict=True)]


def _lying(seen: ImageEvidence | RegistryError, verifiers: Sequence[str]) -> Standing:
    """What lies there, proven by nobody; summaries by other tools than gate and `verifiers` are no verdicts."""
    if isinstance(seen, RegistryError):
        return Standing.unknown(seen.problem)
    top = seen.manifests[0]
    if top.fault:
        return Standing.unknown(top.fault.problem)
    read = readings(top)
    found = [one for one in read.claims if top.digest in one.subjects]
    signatures = [one for one in found if one.predicate_type == SIGNATURE]
    summaries = [
        _summary(one)
        for one in found
        if one.predicate_type == VERDICT and not predicates.other_verifier(one.predicate, verifiers)
    ]
    verdicts = [one for one in summaries if one]
    names = ", ".join(dict.fromkeys(str(one.signer) if one.signer else "a key" for one in signatures[:3]))
    last = max(verdicts, key=lambda one: one[1].order, default=None)
    doubt = _doubt(top, read, VERDICT) or ("" if len(verdicts) == len(summaries) else "a verdict cannot be read")
    return Standing(
        _signed(f"claimed to be by {names}") if signatures else _absent(top, read, SIGNATURE),
        _verdict(last, doubt) if last else _absent(top, read, VERDICT),
    )


def _summary(claim: Claim) -> tuple[datetime, Summary] | None:
    try:
        summary = predicates.summary(claim.predicate)
    except PredicateError:
        return None
    return claim.at or summary.at, summary


def _signed(why: str) -> EvidenceStatus:
    return EvidenceStatus(state=EvidenceState.PRESENT, why=one_line(why, 600))


def _verdict(last: tuple[datetime, Summary], doubt: str) -> EvidenceStatus:
    if doubt:
        why = one_line(f"there is one, and there may be a newer: {doubt}", 600)
        return EvidenceStatus(state=EvidenceState.UNKNOWN, why=why)
    return EvidenceStatus(state=EvidenceState.PRESENT, passed=last[1].passed, at=last[0])


def _absent(sight: ManifestEvidence, read: Readings, predicate_type: str) -> EvidenceStatus:
    if doubt := _doubt(sight, read, predicate_type):
        return EvidenceStatus(state=EvidenceState.UNKNOWN, why=one_line(doubt, 600))
    return EvidenceStatus(state=EvidenceState.NONE, why=f"there is no {_CALLED[predicate_type]}")


def _doubt(sight: ManifestEvidence, read: Readings, predicate_type: str) -> str:
    """Why there may be more of that type than was read; empty when there is not."""
    unread = next((one for one in read.unread if one.predicate_type in {"", predicate_type}), None)
    return sight.unknown or (f"the evidence {unread.manifest} cannot be read: {unread.why}" if unread else "")


_NOTHING = Standing(
    EvidenceStatus(state=EvidenceState.NONE, why=f"there is no {_CALLED[SIGNATURE]}"),
    EvidenceStatus(state=EvidenceState.NONE, why=f"there is no {_CALLED[VERDICT]}"),
)


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


def _row(row: VerifyRow, *, judged: bool = False) -> EvidenceStatus:
    told = {State.GOOD: True, State.REFUSED: False}
    return EvidenceStatus(
        state=EvidenceState.VERIFIED
        if judged and row.state is State.REFUSED
        else _KNOWN.get(row.state, EvidenceState.REFUSED),
        passed=told.get(row.state) if judged else None,
        at=row.at,
        why=row.why,
    )
