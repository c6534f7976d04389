"""Report whether images are signed and their last verdict, verified when the policy names trusted identities."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from gate.attestation import predicates
from gate.attestation.predicates import PredicateError, Summary
from gate.cosign.trusted_root import Roots
from gate.errors import GateError, RegistryError
from gate.io.progress import Progress
from gate.io.run_context import RunContext
from gate.maintenance.prune import Version
from gate.model.evidence import SIGNATURE, VERDICT, Claim
from gate.model.image import ImageRef
from gate.model.package_status import EvidenceState, EvidenceStatus
from gate.model.verification import Check, State, VerifyResult, VerifyRow
from gate.pipeline.verify import Target, VerifyRequest, verify
from gate.pipeline.verify_evidence import EvidenceReadings, read_evidence
from gate.policy.loader import Loaded
from gate.registry.access import Access
from gate.registry.evidence import fetch_all_evidence
from gate.registry.evidence_types import ImageEvidence, ManifestEvidence
from gate.text import one_line

_CALLED = {SIGNATURE: "signature", VERDICT: "verdict"}
_KNOWN = {State.GOOD: EvidenceState.VERIFIED, State.MISSING: EvidenceState.NONE, State.UNKNOWN: EvidenceState.UNKNOWN}


@dataclass(frozen=True)
class ImageEvidenceStatus:
    """Status of an image's signature and last verdict."""

    signed: EvidenceStatus
    verdict: EvidenceStatus

    @property
    def is_none(self) -> bool:
        """Whether there is neither a signature nor a verdict."""
        return self.signed.state is self.verdict.state is EvidenceState.NONE

    @classmethod
    def unknown(cls, why: str) -> Self:
        """Status of an image whose evidence could not be read."""
        status = EvidenceStatus(state=EvidenceState.UNKNOWN, why=one_line(why, 600))
        return cls(status, status)

    @classmethod
    def without(cls, versions: Sequence[Version] | None, newest: Version | None) -> Self:
        """Status of a package without a tagged version, or whose versions are unknown."""
        if versions is None or newest:
            return cls.unknown("the newest image of the package is unknown")
        none = EvidenceStatus(state=EvidenceState.NONE, why="no version has a tag")
        return cls(none, none)


@dataclass(frozen=True)
class Trust:
    """The policy with its trusted identities, and Sigstore's trusted root."""

    loaded: Loaded
    roots: Roots


def evidence_statuses(
    refs: Sequence[ImageRef], trust: Trust, context: RunContext, access: Access, progress: Progress
) -> list[ImageEvidenceStatus]:
    """Status of each image, in order. An error about one image makes its status unknown; nothing is raised."""
    if not refs:
        return []
    try:
        seen = fetch_all_evidence(refs, context=context, access=access)
    except GateError as exc:
        return [ImageEvidenceStatus.unknown(exc.problem)] * len(refs)
    claimed = [_claimed(evidence, trust.loaded.policy.trust.verifiers) for evidence in seen]
    if not trust.loaded.policy.trust.identities:
        return claimed
    request = VerifyRequest(tuple(Target(str(ref)) for ref in refs), trust.loaded, trust.roots, access)
    try:
        results = verify(request, context, progress)
    except GateError as exc:  # such as a missing cosign; an image without evidence needs none
        return [status if status.is_none else ImageEvidenceStatus.unknown(exc.problem) for status in claimed]
    return [_verified(result, status) for result, status in zip(results, claimed, strict=True)]


def _claimed(seen: ImageEvidence | RegistryError, verifiers: Sequence[str]) -> ImageEvidenceStatus:
    """Status that the attached evidence claims, unverified.

    Verification summaries by tools other than gate and `verifiers` do not count as verdicts.
    """
    if isinstance(seen, RegistryError):
        return ImageEvidenceStatus.unknown(seen.problem)
    top = seen.manifests[0]
    if top.fault:
        return ImageEvidenceStatus.unknown(top.fault.problem)
    read = read_evidence(top)
    claims = [claim for claim in read.claims if top.digest in claim.subjects]
    signatures = [claim for claim in claims if claim.predicate_type == SIGNATURE]
    summaries = [
        _summary(claim)
        for claim in claims
        if claim.predicate_type == VERDICT and not predicates.other_verifier(claim.predicate, verifiers)
    ]
    verdicts = [verdict for verdict in summaries if verdict]
    names = ", ".join(dict.fromkeys(str(claim.signer) if claim.signer else "a key" for claim in signatures[:3]))
    last = max(verdicts, key=lambda verdict: verdict[1].order, default=None)
    doubt = _doubt(top, read, VERDICT) or ("" if len(verdicts) == len(summaries) else "a verdict cannot be read")
    return ImageEvidenceStatus(
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


def _absent(sight: ManifestEvidence, read: EvidenceReadings, predicate_type: str) -> EvidenceStatus:
    if doubt := _doubt(sight, read, predicate_type):
        return EvidenceStatus(state=EvidenceState.UNKNOWN, why=one_line(doubt, 600))
    return EvidenceStatus(state=EvidenceState.NONE, why=f"there is no {_CALLED[predicate_type]}")


def _doubt(sight: ManifestEvidence, read: EvidenceReadings, predicate_type: str) -> str:
    """Why there may be evidence of that type that was not read; empty when all was read."""
    unread = next((unread for unread in read.unread if unread.predicate_type in {"", predicate_type}), None)
    return sight.unknown or (f"the evidence {unread.manifest} cannot be read: {unread.why}" if unread else "")


def _verified(result: VerifyResult, claimed: ImageEvidenceStatus) -> ImageEvidenceStatus:
    """Status by the result of `gate verify`; for what the policy does not require, the claimed status."""
    rows = {row.check: row for row in result.rows}
    if image := rows.get(Check.IMAGE):
        return ImageEvidenceStatus.unknown(image.why)
    signature, verdict = rows.get(Check.SIGNATURE), rows.get(Check.VERDICT)
    return ImageEvidenceStatus(
        _row(signature) if signature else claimed.signed,
        _row(verdict, judged=True) if verdict else claimed.verdict,
    )


def _row(row: VerifyRow, *, judged: bool = False) -> EvidenceStatus:
    passed = {State.GOOD: True, State.REFUSED: False}
    return EvidenceStatus(
        state=EvidenceState.VERIFIED
        if judged and row.state is State.REFUSED
        else _KNOWN.get(row.state, EvidenceState.REFUSED),
        passed=passed.get(row.state) if judged else None,
        at=row.at,
        why=row.why,
    )
