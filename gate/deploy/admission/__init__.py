"""What a cluster will say of the evidence: a policy that holds it to the same trust, and what each engine can read."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from gate.deploy.admission import connaisseur, kyverno, policy_controller, ratify
from gate.deploy.admission.readers import Reader, readers
from gate.deploy.admission.terms import Terms, read_terms
from gate.policy import Trust

__all__ = ["Reader", "Target", "export", "readers"]


class Target(StrEnum):
    """An engine that a policy can be written for."""

    POLICY_CONTROLLER = "policy-controller"
    KYVERNO = "kyverno"
    CONNAISSEUR = "connaisseur"
    RATIFY = "ratify"


_WRITERS: Mapping[Target, Callable[[Terms], str]] = {
    Target.POLICY_CONTROLLER: policy_controller.write,
    Target.KYVERNO: kyverno.write,
    Target.CONNAISSEUR: connaisseur.write,
    Target.RATIFY: ratify.write,
}


def export(trust: Trust, target: Target, images: Sequence[str], keys: Mapping[str, bytes], *, policy: str = "") -> str:
    """An admission policy as YAML that asks of `images` (patterns: `ghcr.io/acme/**`) what `gate verify` asks.

    `keys` are the files that `trust` names; `policy` is the SHA-256 of the policy itself, which `trust.policies` leaves
    out. What the engine does not enforce stands in words at the top. Raises `InputError` when nobody is trusted, when
    no verdict would be accepted, or for a signer whom the engine could not tell from others; `UsageError` for bad
    patterns.
    """
    return _WRITERS[target](read_terms(trust, images, keys, policy))
