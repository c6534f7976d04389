"""Identities that the policy trusts, with their keys, and the terms for verdicts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gate.attestation.proven_verdict import Terms
from gate.errors import InputError
from gate.model.evidence import Signer
from gate.policy import Identity
from gate.policy.loader import Loaded

_NO_IDENTITIES_HINT = (
    "name who may have signed in trust.identities of gate.yaml, or with --repository, --workflow and --ref, or --key; "
    "gate trust add IMAGE writes it there"
)


@dataclass(frozen=True)
class Trusted:
    """Trusted identities, and the PEM of the keys that they name, by that name."""

    identities: tuple[Identity, ...]
    keys: Mapping[str, bytes]
    signers: tuple[Signer, ...] = ()
    """Signers that have to match exactly, in every field of the certificate."""


def trusted(loaded: Loaded) -> Trusted:
    """Read the trusted identities of the policy. Raises `InputError` when there are none."""
    identities = loaded.policy.trust.identities
    if not identities:
        raise InputError("the policy has no trusted identities, so nothing can be verified", hint=_NO_IDENTITIES_HINT)
    keys = {identity.key: loaded.files[identity.key] for identity in identities if identity.key}
    return Trusted(identities, keys)


def terms(loaded: Loaded, now: datetime) -> Terms:
    """Terms by which verdicts count: made under this policy, or under one listed in `trust.policies`."""
    listed = loaded.policy.trust.policies
    accepted = frozenset({loaded.ref.sha256, *(listed if listed != "any" else ())})
    return Terms(loaded.policy.trust, accepted, now)
