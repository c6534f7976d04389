"""Options of `gate verify` and `gate policy export`: whose signatures are trusted, and which evidence is required."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from gate.cli.declare import file, option, several
from gate.cli.options import PolicyFileOption

if TYPE_CHECKING:
    from gate.io.run_context import RunContext
    from gate.policy.loader import Loaded

_FORMS = ({"repository", "workflow", "refs"}, {"subject"}, {"key"})
"""The three ways to name an identity; one excludes the others."""


@dataclass(frozen=True)
class TrustOptions(PolicyFileOption):
    """Whose signatures are trusted, and which evidence is required."""

    repository: str | None = option(
        "--repository", metavar="OWNER/NAME", help="Trust a workflow of this repository alone."
    )
    workflow: str | None = option("--workflow", metavar="PATH", help="That workflow: .github/workflows/release.yml.")
    refs: tuple[str, ...] = several("--ref", metavar="REF", help="On this branch, or tags like 'v*'. Repeatable.")
    issuer: str | None = option("--issuer", metavar="URL", help="Who vouches for it. [default: GitHub Actions]")
    subject: str | None = option("--subject", metavar="NAME", help="Trust this identity of the issuer alone, exactly.")
    public_key: str | None = file("--key", help="Trust this public key alone.")
    require: tuple[str, ...] = several(
        "--require",
        policy="trust.require",
        type=click.Choice(["signature", "verdict", "sbom"]),
        help="Ask for this alone. Repeatable. [default: all three]",
    )
    max_age: str | None = option(
        "--max-age",
        policy="trust.max_age",
        metavar="SPAN",
        help="Take an older verdict for stale: 12h, 7d. [default: 7d]",
    )
    policies: tuple[str, ...] = several(
        "--accept-policy",
        policy="trust.policies",
        metavar="SHA256|any",
        help="Take verdicts under this policy too. Repeatable.",
    )


def load_trust_policy(context: "RunContext", options: TrustOptions) -> "Loaded":
    """The policy file with the options over it; an identity named by options is the only one that is trusted.

    Raises `UsageError`, `InputError`.
    """
    from gate.cli import requests

    identity = _identity(context, options)
    return requests.loaded(context, options, {"trust.identities": [identity]} if identity else {})


def _identity(context: "RunContext", options: TrustOptions) -> dict[str, Any]:
    """The identity that the options name, as the policy writes one; empty when they name none."""
    from gate.errors import UsageError

    named = {
        "repository": options.repository,
        "workflow": options.workflow,
        "refs": list(options.refs),
        "subject": options.subject,
        # A file named on the command line lies where the command was typed, not beside the policy.
        "key": str(context.cwd / options.public_key) if options.public_key else None,
    }
    identity = {name: value for name, value in named.items() if value}
    if sum(bool(form & identity.keys()) for form in _FORMS) > 1:
        raise UsageError(
            "the options name more than one identity",
            hint="either --repository, --workflow and --ref, or --issuer and --subject, or --key; several at once "
            "stand in trust.identities of gate.yaml",
        )
    if options.issuer:
        if not identity or "key" in identity:
            raise UsageError("--issuer alone trusts nobody", hint="say whom: --subject, or --repository and the rest")
        identity["issuer"] = options.issuer
    return identity
