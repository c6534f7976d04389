"""The options that say who is trusted, as keys of the policy."""

from collections.abc import Mapping
from typing import Any

from gate.errors import UsageError
from gate.io.run_context import World

_FORMS = ({"repository", "workflow", "refs"}, {"subject"}, {"key"})


def trust_overrides(world: World, given: Mapping[str, Any]) -> dict[str, Any]:
    """What lies over the policy file. An identity that is named here is the only one. Raises `UsageError`."""
    overrides: dict[str, Any] = {}
    if identity := _identity(world, given):
        overrides["trust.identities"] = [identity]
    if given["require"]:
        overrides["trust.require"] = list(given["require"])
    if given["max_age"]:
        overrides["trust.max_age"] = given["max_age"]
    if given["policies"]:
        overrides["trust.policies"] = "any" if "any" in given["policies"] else list(given["policies"])
    return overrides


def _identity(world: World, given: Mapping[str, Any]) -> dict[str, Any]:
    named = {
        "repository": given["repository"],
        "workflow": given["workflow"],
        "refs": list(given["refs"]),
        "subject": given["subject"],
        # A file named on the command line stands where the command was typed, not beside the policy.
        "key": str(world.cwd / given["public_key"]) if given["public_key"] else None,
    }
    identity = {name: value for name, value in named.items() if value}
    if sum(bool(form & identity.keys()) for form in _FORMS) > 1:
        raise UsageError(
            "the options name more than one identity",
            hint="either --repository, --workflow and --ref, or --issuer and --subject, or --key; several at once "
            "stand in trust.identities of gate.yaml",
        )
    if given["issuer"]:
        if not identity or "key" in identity:
            raise UsageError("--issuer alone trusts nobody", hint="say whom: --subject, or --repository and the rest")
        identity["issuer"] = given["issuer"]
    return identity
