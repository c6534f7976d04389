"""Policies for admission controllers, and which of them can read the evidence of an image.

`export` writes the trust of a policy as a policy of the Sigstore policy-controller, Kyverno, Connaisseur or Ratify: one
module for each. All start from `requirements` (which evidence by which signer, for which images) and put a header of
comments above what they write: what the engine enforces and what it does not. `engine_support` knows which formats of
evidence each engine reads.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from gate.deploy.admission import connaisseur, kyverno, policy_controller, ratify
from gate.deploy.admission.engine_support import engine_support
from gate.deploy.admission.requirements import Requirements, read_requirements
from gate.policy import Trust

__all__ = ["Target", "engine_support", "export"]


class Target(StrEnum):
    """An engine that a policy can be written for."""

    POLICY_CONTROLLER = "policy-controller"
    KYVERNO = "kyverno"
    CONNAISSEUR = "connaisseur"
    RATIFY = "ratify"


_WRITERS: Mapping[Target, Callable[[Requirements], str]] = {
    Target.POLICY_CONTROLLER: policy_controller.write,
    Target.KYVERNO: kyverno.write,
    Target.CONNAISSEUR: connaisseur.write,
    Target.RATIFY: ratify.write,
}


def export(trust: Trust, target: Target, images: Sequence[str], keys: Mapping[str, bytes], *, policy: str = "") -> str:
    """Write an admission policy (YAML) that requires for `images` what `gate verify` requires.

    `images` are patterns such as `ghcr.io/acme/**`; `keys` holds the content of the key files that `trust` names;
    `policy` is the SHA-256 of the policy file itself, which `trust.policies` does not list. Comments at the top list
    what the engine does not enforce.

    Raises `InputError` when `trust` has no identities, when no verdict would be accepted, and for a signer whom the
    engine cannot distinguish from others; `UsageError` for bad patterns.
    """
    return _WRITERS[target](read_requirements(trust, images, keys, policy))
