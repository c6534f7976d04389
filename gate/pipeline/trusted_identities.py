"""Whom the policy trusts, with the keys that it names."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gate.attestation.proven_verdict import Terms
from gate.errors import InputError
from gate.model.evidence import Signer
from gate.policy import Identity
from gate.policy.loader import Loaded

_NOBODY = (
    "name who may have signed in trust.identities of gate.yaml, or with --repository, --workflow and --ref, or --key"
)


@dataclass(frozen=True)
class Trusted:
    """Who counts: identities, and the keys that some of them name, by that name."""

    identities: tuple[Identity, ...]
    keys: Mapping[str, bytes]
    signers: tuple[Signer, ...] = ()
    """Exactly these, in everything that a policy can ask about."""


def trusted(loaded: Loaded) -> Trusted:
    """Whom the policy trusts. Raises `InputError` when that is nobody."""
    identities = loaded.policy.trust.identities
    if not identities:
        raise InputError("the policy trusts nobody, so nothing can be verified", hint=_NOBODY)
    return Trusted(identities, {one.key: loaded.files[one.key] for one in identities if one.key})


def terms(loaded: Loaded, now: datetime) -> Terms:
    """Which verdicts count by the policy: those under itself, and under the policies that it accepts."""
    listed = loaded.policy.trust.policies
    accepted = frozenset({loaded.ref.sha256, *(listed if listed != "any" else ())})
    return Terms(loaded.policy.trust, accepted, now)
