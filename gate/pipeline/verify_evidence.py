"""Verify attached evidence with cosign against trusted identities; used by `gate sign` and `gate verify`."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from gate.attestation.gathered_evidence import Gathered, Unread
from gate.attestation.identity import difference, mismatch
from gate.cosign import statements
from gate.cosign.json_fields import ForeignError, UnreadableError
from gate.cosign.program import Tool
from gate.cosign.trusted_root import Roots
from gate.cosign.verify import Key, VerifyRequest, verify_claims
from gate.cosign.verify_batch import VerifySettings
from gate.cosign.verify_command import TIMEOUT
from gate.io.run_context import RunContext
from gate.model.evidence import Claim, Outcome, Proof
from gate.pipeline.trusted_identities import Trusted
from gate.registry.evidence_types import ManifestEvidence
from gate.text import one_line, plural

_MOST = 64
"""Most claims of one type about one manifest that are verified: each runs cosign, and anybody who can push adds one."""


@dataclass(frozen=True)
class EvidenceReadings:
    """Claims of the evidence attached to one manifest, unverified, and evidence that is unreadable."""

    claims: tuple[Claim, ...]
    unread: tuple[Unread, ...]


def read_evidence(evidence: ManifestEvidence) -> EvidenceReadings:
    """Read the statements of attached evidence. Statements that are not about an image are left out."""
    claims: list[Claim] = []
    unread = [
        Unread(damaged.manifest, damaged.why, missing=damaged.missing, droppable=damaged.droppable)
        for damaged in evidence.damaged
    ]
    for piece in evidence.pieces:
        try:
            claims.append(statements.read_claim(piece))
        except ForeignError:
            continue
        except UnreadableError as exc:
            unread.append(Unread(piece.manifest, exc.problem, predicate_type=statements.stated_type(piece)))
    return EvidenceReadings(tuple(claims), tuple(unread))


@dataclass(frozen=True)
class EvidenceVerifier:
    """Verifies evidence with `jobs` cosign processes at once; `workdir` is an existing folder."""

    tool: Callable[[], Tool]
    """Finds cosign; called only when there is something to verify."""
    roots: Roots
    context: RunContext
    workdir: Path
    jobs: int = 2
    timeout: float = TIMEOUT
    """Seconds for each cosign process."""

    def gathered(
        self, attached: Sequence[tuple[ManifestEvidence, Collection[str]]], trusted: Trusted
    ) -> list[Gathered]:
        """Verify each manifest's evidence of the listed predicate types; results in order.

        Claims by untrusted signers are not verified: they never count.
        """
        requests: list[VerifyRequest] = []
        plans = [_Plan(evidence, types, trusted, requests) for evidence, types in attached]
        proofs: Sequence[Proof] = ()
        if requests:
            settings = VerifySettings(self.tool(), self.roots, self.context, self.workdir, self.jobs, self.timeout)
            proofs = verify_claims(requests, settings)
        return [plan.gathered(proofs) for plan in plans]


class _Plan:
    """Verifications needed for one manifest, and their indexes in the common batch."""

    def __init__(
        self, evidence: ManifestEvidence, types: Collection[str], trusted: Trusted, requests: list[VerifyRequest]
    ) -> None:
        self._evidence = evidence
        self._readings = read_evidence(evidence)
        self._done: list[Proof] = []
        self._waiting: list[range] = []
        self._over: Counter[str] = Counter()
        counts: Counter[str] = Counter()
        for claim in self._readings.claims:
            if claim.predicate_type not in types:
                continue
            candidates, why = _candidates(claim, evidence.digest, trusted)
            if not candidates:
                self._done.append(Proof(claim, Outcome.UNTRUSTED, None, why))
                continue
            counts[claim.predicate_type] += 1
            if counts[claim.predicate_type] > _MOST:
                self._over[claim.predicate_type] += 1
                continue
            self._waiting.append(range(len(requests), len(requests) + len(candidates)))
            requests.extend(candidates)

    def gathered(self, proofs: Sequence[Proof]) -> Gathered:
        done = [*self._done, *(_best([proofs[place] for place in places]) for places in self._waiting)]
        unknown = self._evidence.unknown
        if self._over and not unknown:
            unknown = f"{plural(self._over.total(), 'claim')} over the limit of {_MOST} were not verified"
        return Gathered(
            digest=self._evidence.digest,
            platform=str(self._evidence.platform or ""),
            proofs=tuple(done),
            unread=self._readings.unread,
            unknown=unknown,
            hint=self._evidence.hint,
        )


def _best(proofs: Sequence[Proof]) -> Proof:
    """Best result of one claim verified against several keys: proven by any key, else unknown before untrusted."""
    order = (Outcome.PROVEN, Outcome.UNKNOWN, Outcome.UNTRUSTED, Outcome.TAMPERED)
    return min(proofs, key=lambda proof: order.index(proof.outcome))


def _candidates(claim: Claim, digest: str, trusted: Trusted) -> tuple[list[VerifyRequest], str]:
    """Verifications of a claim, one for each trusted signer that it may be by; or why no trusted signer matches."""
    if claim.signer is None:
        requests = [VerifyRequest(claim, digest, Key(name, pem)) for name, pem in trusted.keys.items()]
        return requests, "it is signed with a key, and the policy trusts no key"
    reasons = [mismatch(identity, claim.signer) for identity in trusted.identities if not identity.key]
    reasons += [difference(signer, claim.signer) for signer in trusted.signers]
    if not all(reasons):
        return [VerifyRequest(claim, digest, claim.signer)], ""
    message = "; ".join(dict.fromkeys(reasons[:3])) or "the policy trusts only keys"
    return [], one_line(message, 1000)
