"""Options of `gate verify` and `gate policy export`: whose signatures are trusted, and which evidence is required."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from gate.cli import requests
from gate.cli.declare import file, option, several
from gate.cli.options import PolicyFileOption
from gate.errors import InputError, UsageError
from gate.io.run_context import RunContext

if TYPE_CHECKING:
    from gate.policy.loader import Loaded

_FORMS = ({"repository", "workflow", "refs"}, {"subject"}, {"key"})
"""The three ways to name an identity; one excludes the others."""


@dataclass(frozen=True)
class TrustOptions(PolicyFileOption):
    """Whose signatures are trusted, and which evidence is required."""

    GROUP = "Trust"

    repository: str | None = option(
        "--repository", metavar="OWNER/NAME", help="Trust only a workflow of this repository."
    )
    workflow: str | None = option("--workflow", metavar="PATH", help="Its workflow: .github/workflows/release.yml.")
    # The name of a branch may have a comma.
    refs: tuple[str, ...] = several(
        "--ref", metavar="REF", commas=False, help="Branch of its runs, or tags like 'v*'. Repeatable."
    )
    issuer: str | None = option("--issuer", metavar="URL", help="OIDC issuer. [default: GitHub Actions]")
    subject: str | None = option("--subject", metavar="NAME", help="Trust only this identity of the issuer.")
    public_key: str | None = file("--key", envvar="GATE_PUBLIC_KEY", help="Trust only this public key.")
    require: tuple[str, ...] = several(
        "--require",
        policy="trust.require",
        type=click.Choice(["signature", "verdict", "sbom"]),
        help="Require only this evidence. Repeatable. [default: all three]",
    )
    max_age: str | None = option(
        "--max-age",
        policy="trust.max_age",
        metavar="SPAN",
        help="Maximum age of the verdict: 12h, 7d. [default: 7d]",
    )
    policies: tuple[str, ...] = several(
        "--accept-policy",
        policy="trust.policies",
        metavar="SHA256|any",
        help="Accept verdicts under this policy too. Repeatable.",
    )


def load_trust_policy(
    context: RunContext, options: TrustOptions, image: str = "", *, plain_http: bool = False
) -> "Loaded":
    """Load the policy file; options override it, and an identity named by options is the only trusted one.

    When none is trusted, the error shows lines for the signer of `image`: a key, or else a workflow.
    Raises `UsageError`, `InputError`.
    """
    identity = _identity(context, options)
    loaded = requests.loaded(context, options, {"trust.identities": [identity]} if identity else {})
    if not loaded.policy.trust.identities:
        raise _nobody_is_trusted(context, image, plain_http=plain_http)
    return loaded


def _nobody_is_trusted(context: RunContext, image: str, *, plain_http: bool) -> InputError:
    from gate.pipeline.trust_suggestion import is_signed_by_key, suggest_key, suggest_trust

    problem = "the policy has no trusted identities, so nothing can be verified"
    if image and is_signed_by_key(context, image, plain_http=plain_http):
        return InputError(
            problem,
            hint="the image is signed with a key: ask the signer for the public key, and add these trust.identities to "
            "gate.yaml with its file, or name the file with --key",
            example=suggest_key(),
        )
    suggestion = suggest_trust(context)
    own = f" (put in your own {' and '.join(suggestion.unknown)})" if suggestion.unknown else ""
    return InputError(
        problem,
        hint=f"add these trust.identities to gate.yaml{own}, or run gate trust add IMAGE, which writes them, or name "
        "who may have signed with --repository, --workflow and --ref, or --key",
        example=suggestion.lines,
    )


def _identity(context: RunContext, options: TrustOptions) -> dict[str, Any]:
    """Return the identity that the options name, as in `trust.identities`; empty when they name none."""
    named = {
        "repository": options.repository,
        "workflow": options.workflow,
        "refs": list(options.refs),
        "subject": options.subject,
        # Relative to the working directory, not to the policy.
        "key": str(context.cwd / options.public_key) if options.public_key else None,
    }
    identity = {name: value for name, value in named.items() if value}
    if sum(bool(form & identity.keys()) for form in _FORMS) > 1:
        raise UsageError(
            "the options name more than one identity",
            hint="either --repository, --workflow and --ref, or --issuer and --subject, or --key; list several "
            "identities in trust.identities of gate.yaml",
        )
    if options.issuer:
        if not identity or "key" in identity:
            raise UsageError("--issuer needs an identity", hint="add --subject, or --repository, --workflow and --ref")
        identity["issuer"] = options.issuer
    return identity
