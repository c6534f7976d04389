"""Verify attached evidence with cosign against trusted identities; used by `gate sign` and `gate verify`."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from gate.attestation.gathered_evidence import Gathered
from gate.attestation.identity import difference, mismatch
from gate.cosign.program import Tool
from gate.cosign.trusted_root import Roots
from gate.cosign.verify import Key, VerifyRequest, verify_claims
from gate.cosign.verify_command import TIMEOUT
from gate.io.run_context import RunContext
from gate.model.evidence import Claim, Outcome, Proof
from gate.pipeline.pieces import read_evidence
from gate.pipeline.trusted_identities import Trusted
from gate.registry import ManifestEvidence
from gate.text import one_line, plural

_MOST = 64
"""Most claims of one type about one manifest that are verified: each runs cosign, and anybody who can push adds one."""


@dataclass(frozen=True)
class EvidenceVerifier:
    """Verifies evidence with cosign; `jobs` processes at once, in the folder `workdir` of this run."""

    tool: Callable[[], Tool]
    """Finds cosign; called only when there is something to verify."""
    roots: Roots
    context: RunContext
    workdir: Path
    jobs: int = 2
    timeout: float = TIMEOUT
    """Seconds for each cosign process."""

    def gathered(self, seen: Sequence[tuple[ManifestEvidence, Collection[str]]], trusted: Trusted) -> list[Gathered]:
        """Verify each manifest's evidence of the listed predicate types; results in order.

        Claims by untrusted signers are not verified: they never count.
        """
        asked: list[VerifyRequest] = []
        plans = [_Plan(one, types, trusted, asked) for one, types in seen]
        if not asked:
            return [plan.gathered(()) for plan in plans]
        proofs = verify_claims(
            asked,
            tool=self.tool(),
            roots=self.roots,
            context=self.context,
            workdir=self.workdir,
            jobs=self.jobs,
            timeout=self.timeout,
        )
        return [plan.gathered(proofs) for plan in plans]


class _Plan:
    """Verifications needed for one manifest, and their indexes in the common batch."""

    def __init__(
        self, seen: ManifestEvidence, types: Collection[str], trusted: Trusted, asked: list[VerifyRequest]
    ) -> None:
        self._seen = seen
        self._readings = read_evidence(seen)
        self._done: list[Proof] = []
        self._waiting: list[range] = []
        self._over: Counter[str] = Counter()
        counts: Counter[str] = Counter()
        for claim in self._readings.claims:
            if claim.predicate_type not in types:
                continue
            who, why = _candidates(claim, seen.digest, trusted)
            if not who:
                self._done.append(Proof(claim, Outcome.UNTRUSTED, None, why))
                continue
            counts[claim.predicate_type] += 1
            if counts[claim.predicate_type] > _MOST:
                self._over[claim.predicate_type] += 1
                continue
            self._waiting.append(range(len(asked), len(asked) + len(who)))
            asked.extend(who)

    def gathered(self, proofs: Sequence[Proof]) -> Gathered:
        done = [*self._done, *(_best([proofs[place] for place in places]) for places in self._waiting)]
        unknown = self._seen.unknown
        if self._over and not unknown:
            unknown = f"{plural(self._over.total(), 'claim')} over the limit of {_MOST} were not verified"
        return Gathered(
            digest=self._seen.digest,
            platform=str(self._seen.platform or ""),
            proofs=tuple(done),
            unread=self._readings.unread,
            unknown=unknown,
            hint=self._seen.hint,
        )


def _best(proofs: Sequence[Proof]) -> Proof:
    """Best result of one claim verified against several keys: proven by any key, else unknown before untrusted."""
    order = (Outcome.PROVEN, Outcome.UNKNOWN, Outcome.UNTRUSTED, Outcome.TAMPERED)
    return min(proofs, key=lambda proof: order.index(proof.outcome))


def _candidates(claim: Claim, digest: str, trusted: Trusted) -> tuple[list[VerifyRequest], str]:
    """Verifications of a claim, one for each trusted signer that it may be by; or why no trusted signer matches."""
    if claim.signer is None:
        keys = [Key(name, pem) for name, pem in trusted.keys.items()]
        return [
            VerifyRequest(claim, digest, None, key) for key in keys
        ], "it is signed with a key, and the policy trusts no key"
    reasons = []
    for identity in trusted.identities:
        if identity.key:
            continue
        why = mismatch(identity, claim.signer)
        if not why:
            return [VerifyRequest(claim, digest, claim.signer, None)], ""
        reasons.append(why)
    for signer in trusted.signers:
        why = difference(signer, claim.signer)
        if not why:
            return [VerifyRequest(claim, digest, claim.signer, None)], ""
        reasons.append(why)
    message = "; ".join(dict.fromkeys(reasons[:3])) or "the policy trusts only keys"
    return [], one_line(message, 1000)
