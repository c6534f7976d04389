"""What an admission engine has to require: evidence, by whom, under which policies, for which images."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from gate.attestation.predicates import VERIFIER
from gate.attestation.proven_verdict import AHEAD
from gate.deploy.admission.patterns import Images, read_images
from gate.deploy.admission.signers import Signer, read_signers, signer_names
from gate.errors import InputError
from gate.policy import Required, Trust, spell

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Requirements:
    """The trust of a policy, and the images that it is for."""

    signers: tuple[Signer, ...]
    images: tuple[Images, ...]
    evidence: frozenset[Required]
    policies: tuple[str, ...] | None
    """SHA-256 of the policies that a verdict may be made under, sorted; None: any."""
    max_age: timedelta
    """Of a verdict."""
    verifiers: tuple[str, ...]
    """Ids of the tools whose verification summaries are verdicts."""
    clock_skew: timedelta = AHEAD
    """How far the time of a verdict may be in the future."""

    @property
    def age_text(self) -> str:
        """The maximum age of a verdict, such as `7d`."""
        return spell(self.max_age)

    def workflow_signers(self, *, with_events: bool = False) -> str:
        """The signers that are workflows of GitHub Actions; `with_events`: only those limited to some events."""
        return signer_names(
            signer for signer in self.signers if signer.workflow and (signer.workflow.events or not with_events)
        )


def read_requirements(trust: Trust, patterns: Sequence[str], keys: Mapping[str, bytes], policy: str) -> Requirements:
    """Raises `InputError` when no signer or no verdict would be accepted, `UsageError` for bad patterns of images."""
    return Requirements(
        read_signers(trust, keys),
        read_images(patterns),
        frozenset(trust.require),
        _policies(trust, policy) if "verdict" in trust.require else (),
        trust.max_age,
        (VERIFIER, *trust.verifiers),
    )


def _policies(trust: Trust, policy: str) -> tuple[str, ...] | None:
    if trust.policies == "any":
        return None
    accepted = sorted({*trust.policies, *([policy] if policy else [])})
    if not accepted or not all(_SHA256.fullmatch(digest) for digest in accepted):
        raise InputError(
            "a verdict is required, and no policy is known that it may have been made under",
            hint="export from the policy file that the images are judged by, or list its SHA-256 in trust.policies",
        )
    return tuple(accepted)
