"""What an engine is to enforce, read once for all of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from gate.attestation.predicates import VERIFIER
from gate.attestation.proven_verdict import AHEAD
from gate.deploy.admission.parties import Party, parties
from gate.deploy.admission.patterns import Images, images
from gate.errors import InputError
from gate.policy import Required, Trust, spell

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Terms:
    """The part of a policy that is about trust, and the images that it is for."""

    parties: tuple[Party, ...]
    images: tuple[Images, ...]
    require: frozenset[Required]
    policies: tuple[str, ...] | None
    """SHA-256 of the policies that a verdict may be of, in order; None: any."""
    max_age: timedelta
    verifiers: tuple[str, ...] = (VERIFIER,)
    """Ids of the tools whose verification summaries are verdicts."""
    ahead: timedelta = AHEAD
    """How far a verdict's time may lie in the future."""

    @property
    def age(self) -> str:
        """The longest age of a verdict, for a person."""
        return spell(self.max_age)

    def workflows(self, *, events: bool = False) -> str:
        """Those who are workflows of GitHub Actions, for a person; with `events` only those held to some."""
        found = [one for one in self.parties if one.origin and (one.origin.events or not events)]
        return ", ".join(f"signer {one.number}" for one in found)


def read_terms(trust: Trust, patterns: Sequence[str], keys: Mapping[str, bytes], policy: str) -> Terms:
    """Raises `InputError` when it would accept nothing or nobody, `UsageError` for bad patterns of images."""
    return Terms(
        parties(trust, keys),
        images(patterns),
        frozenset(trust.require),
        _policies(trust, policy) if "verdict" in trust.require else (),
        trust.max_age,
        (VERIFIER, *trust.verifiers),
    )


def _policies(trust: Trust, policy: str) -> tuple[str, ...] | None:
    if trust.policies == "any":
        return None
    found = sorted({*trust.policies, *([policy] if policy else [])})
    if not found or not all(_SHA256.fullmatch(one) for one in found):
        raise InputError(
            "a verdict is required, and no policy is known that it may have been made under",
            hint="export from the policy file that the images are judged by, or name its SHA-256 in trust.policies",
        )
    return tuple(found)
