"""Choose the verdict that counts among those attached to an image: the newest that is proven, by an accepted policy."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gate.attestation import predicates
from gate.attestation.gathered_evidence import Gathered, of_type
from gate.attestation.predicates import Summary
from gate.model.evidence import Outcome, Proof
from gate.model.verification import Check
from gate.policy import Trust

AHEAD = timedelta(minutes=5)
"""How far clocks may differ."""


@dataclass(frozen=True)
class Terms:
    """Which verdicts count."""

    trust: Trust
    policies: frozenset[str]
    """SHA-256 of the accepted policies; not used with `trust.policies: any`."""
    now: datetime


@dataclass(frozen=True)
class ProvenVerdict:
    """A verdict whose signer is trusted."""

    proof: Proof
    summary: Summary

    @property
    def signed_at(self) -> datetime:
        """Signing time by a log or timestamp authority, or else the time of judgement that it states."""
        return self.proof.claim.at or self.summary.at

    def impossible(self, now: datetime) -> str:
        """Why its times are impossible; empty when they are not."""
        for moment in (self.summary.at, self.signed_at):
            if moment - now > AHEAD:
                return f"the verdict is of {moment:%Y-%m-%d %H:%M} UTC, which is yet to come"
        if self.summary.at - self.signed_at > AHEAD:
            return "the verdict says that it was made after it was signed"
        return ""


def newest_verdict(where: Gathered, terms: Terms) -> ProvenVerdict | None:
    """The proven verdict that decides by `terms`; None when none counts.

    Raises `PredicateError` for one that cannot be read.
    """
    decisive = counting([read_verdict(one) for one in proven_claims(where, terms)], terms)
    return newest_of(decisive) if decisive else None


def proven_claims(where: Gathered, terms: Terms) -> list[Proof]:
    """The verdicts of a manifest by trusted signers."""
    return [one for one in verdict_claims(where, terms) if one.outcome is Outcome.PROVEN]


def verdict_claims(where: Gathered, terms: Terms) -> list[Proof]:
    """The verdicts of a manifest, without summaries by other tools.

    The content of altered or unproven evidence is not relied on: it may be a verdict.
    """
    read = {Outcome.PROVEN, Outcome.UNTRUSTED}
    return [
        one
        for one in of_type(where.proofs, Check.VERDICT)
        if one.outcome not in read or not predicates.other_verifier(one.claim.predicate, terms.trust.verifiers)
    ]


def read_verdict(proof: Proof) -> ProvenVerdict:
    """Read a proven verdict. Raises `PredicateError`."""
    return ProvenVerdict(proof, predicates.summary(proof.claim.predicate))


def counting(verdicts: Sequence[ProvenVerdict], terms: Terms) -> list[ProvenVerdict]:
    """Verdicts that count: FAILED under any policy, PASSED under an accepted policy only."""
    return [one for one in verdicts if not one.summary.passed or accepted(one.summary, terms)]


def newest_of(verdicts: Sequence[ProvenVerdict]) -> ProvenVerdict:
    """The verdict judged last, whenever it was signed: an old PASSED never overrides a newer FAILED."""
    return max(verdicts, key=lambda one: one.summary.order)


def accepted(summary: Summary, terms: Terms) -> bool:
    """Whether a verdict was made under an accepted policy."""
    return terms.trust.policies == "any" or (bool(summary.policy) and summary.policy in terms.policies)
