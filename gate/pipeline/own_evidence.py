"""Verify evidence that is attached already: by the signer of this run, and the newest verdict by a trusted signer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from gate.attestation.gathered_evidence import UNSURE_HINT, Gathered, Unread
from gate.attestation.identity import difference
from gate.attestation.predicates import PredicateError
from gate.attestation.proven_verdict import ProvenVerdict, Terms, newest_verdict
from gate.errors import RegistryError, ToolFailedError
from gate.model.evidence import VERDICT, Claim, Outcome, Proof, Signer
from gate.model.verification import Check
from gate.pipeline.trusted_identities import Trusted
from gate.pipeline.verify_evidence import EvidenceVerifier
from gate.registry.evidence_types import ImageEvidence


@dataclass(frozen=True)
class ExistingEvidence:
    """Verified evidence, by manifest digest."""

    own: Mapping[str, Sequence[Claim]]
    """Attached by the signer of this run."""
    newest: Mapping[str, ProvenVerdict]
    """The newest verdict, by this signer or by an identity that the policy trusts."""


@dataclass(frozen=True)
class OwnEvidence:
    """Verifies the attached evidence. `own` is the signer of this run only, `policy` whom the policy trusts."""

    verifier: EvidenceVerifier
    own: Trusted
    policy: Trusted
    terms: Terms
    drops_lost: bool
    """Whether fallback tag entries that answer 404 will be dropped, so that they cannot hide evidence."""

    def verify(self, image_evidence: ImageEvidence, types: Collection[str]) -> ExistingEvidence:
        """Verify evidence of these predicate types, and verdicts. Raises `GateError` when any is unreadable."""
        others = self.verifier.gathered(
            [(one, frozenset(types) - {VERDICT}) for one in image_evidence.manifests], self.own
        )
        verdicts = self.verifier.gathered(
            [(one, frozenset({VERDICT})) for one in image_evidence.manifests], self._anybody()
        )
        own: dict[str, list[Claim]] = {}
        newest: dict[str, ProvenVerdict] = {}
        for gathered in (*others, *verdicts):
            self._check(gathered)
            proven = [one for one in gathered.proofs if one.outcome is Outcome.PROVEN and self._is_own(one)]
            own.setdefault(gathered.digest, []).extend(one.claim for one in proven)
        for gathered in verdicts:
            if found := self._newest(gathered):
                newest[gathered.digest] = found
        return ExistingEvidence(own, newest)

    def _anybody(self) -> Trusted:
        """The signer of this run first: a key that the policy trusts too is then reported under this run's name."""
        keys = dict(self.own.keys)
        for name, key in self.policy.keys.items():
            keys.setdefault(name, key)
        return Trusted((*self.own.identities, *self.policy.identities), keys, self.own.signers)

    def _is_own(self, proof: Proof) -> bool:
        signer = proof.signer or Signer()
        if signer.key:
            return signer.key in self.own.keys
        return any(not difference(one, signer) for one in self.own.signers)

    def _newest(self, gathered: Gathered) -> ProvenVerdict | None:
        try:
            return newest_verdict(gathered, self.terms)
        except PredicateError as exc:
            raise RegistryError(
                f"a trusted signer attached a verdict to {gathered.digest} that cannot be read: {exc}",
                hint="delete that verdict from the registry, then sign again",
            ) from exc

    def _check(self, one: Gathered) -> None:
        """Raise `GateError` when some evidence was not read: it could be a newer verdict."""
        if one.unknown:
            raise RegistryError(f"the evidence of {one.digest} cannot be read: {one.unknown}", hint=one.hint)
        if bad := next((proof for proof in one.proofs if proof.outcome is Outcome.UNKNOWN), None):
            raise ToolFailedError(
                f"the evidence of {one.digest} cannot be checked: {bad.why}", hint=one.hint or UNSURE_HINT
            )
        if unread := next((each for each in one.unread_for(Check.VERDICT) if not self._is_dropped(each)), None):
            raise RegistryError(
                f"the evidence {unread.manifest} cannot be read, and may be a newer refusal: {unread.why}",
                hint=unread.hint,
            )

    def _is_dropped(self, unread: Unread) -> bool:
        return unread.droppable and self.drops_lost
