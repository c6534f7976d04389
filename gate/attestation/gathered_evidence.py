"""The evidence of one manifest, as far as it could be read and proven. Values only."""

from collections.abc import Iterable
from dataclasses import dataclass

from gate.attestation import predicates
from gate.attestation.sbom_subject import describes
from gate.model.evidence import CYCLONEDX, SIGNATURE, SPDX, VERDICT, Outcome, Proof
from gate.model.verification import Check

_TYPES = {
    Check.SIGNATURE: frozenset({SIGNATURE}),
    Check.VERDICT: frozenset({VERDICT}),
    Check.SBOM: frozenset({CYCLONEDX, SPDX}),
}


@dataclass(frozen=True)
class Unread:
    """Listed evidence that could not be read whole."""

    manifest: str
    """Digest of the manifest that carries it."""
    why: str
    predicate_type: str = ""
    """As far as it could be read; empty: it may be of any type."""
    missing: bool = False
    """Whether the registry does not have it any more."""
    droppable: bool = False
    """Whether `gate sign` can take it out of the list."""

    @property
    def hint(self) -> str:
        """What to do about it."""
        if self.droppable:
            return "scan and sign the image again: gate sign IMAGE drops lost entries from the list"
        what = "repair the registry's list, or delete" if self.missing else "delete"
        return f"{what} the manifest {self.manifest}, then scan and sign the image again: gate sign IMAGE"


@dataclass(frozen=True)
class Gathered:
    """The evidence of one manifest, proven as far as that could be done."""

    digest: str
    platform: str = ""
    """Empty for an index."""
    proofs: tuple[Proof, ...] = ()
    unread: tuple[Unread, ...] = ()
    """Listed evidence that could not be read: altered, malformed or lost."""
    unknown: str = ""
    """Why there may be more evidence than was read; empty when all was read."""
    hint: str = ""

    def unread_for(self, check: Check) -> tuple[Unread, ...]:
        """Those that may answer `check`."""
        return tuple(one for one in self.unread if one.predicate_type in {"", *_TYPES[check]})


UNSURE_HINT = "run again, with more --timeout if time ran out; `gate doctor` says whether cosign is as it should be"
"""What to do where cosign gave no answer about evidence that can be read."""


def doubt(check: Check, where: Gathered) -> tuple[str, str]:
    """Why there may be newer evidence for `check` than was proven, and what to do; two empty texts when there is none.

    Listed evidence that cannot be read counts: it may be the newest.
    """
    if where.unknown:
        return where.unknown, where.hint
    if unsure := next((one for one in of_type(where.proofs, check) if one.outcome is Outcome.UNKNOWN), None):
        return unsure.why, where.hint or UNSURE_HINT
    if unread := next(iter(where.unread_for(check)), None):
        return f"the evidence {unread.manifest} cannot be read: {unread.why}", unread.hint
    return "", ""


def newest(proofs: Iterable[Proof]) -> Proof | None:
    """Of proven claims the one that was made last by its own word; where they do not say, the one signed last."""
    return max(
        (one for one in proofs if one.outcome is Outcome.PROVEN),
        key=lambda one: (predicates.made_at(one.claim.predicate), one.claim.at.timestamp() if one.claim.at else 0.0),
        default=None,
    )


def of_type(proofs: Iterable[Proof], check: Check) -> list[Proof]:
    """Those whose claim is of the type that answers `check`."""
    return [one for one in proofs if one.claim.predicate_type in _TYPES[check]]


def sboms_of(where: Gathered) -> list[Proof]:
    """The SBOMs of a manifest that name it, and nothing else, as what they describe."""
    claims = of_type(where.proofs, Check.SBOM)
    return [one for one in claims if describes(one.claim.predicate, where.digest)]
