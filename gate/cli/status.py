"""`gate status`."""

from typing import Any

import click

from gate.cli.untyped import PATH, option


@click.command(no_args_is_help=True)
@click.argument("owner")
@option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=20,
    show_default=True,
    metavar="N",
    help="Ask about the N packages that changed last.",
)
@option("--policy", "policy_file", type=PATH, metavar="FILE", help="Policy file. [default: gate.yaml, if there]")
@option("--trusted-root", type=PATH, metavar="FILE", help="Root of trust, instead of fetching Sigstore's.")
@option("--offline", is_flag=True, help="Fetch no root of trust.")
@option("--json", "json_file", type=PATH, metavar="FILE", help="Write it as JSON; - is standard output.")
@option("--registry", default="ghcr.io", show_default=True, metavar="HOST", help="Where the owner's images are.")
@option("--plain-http", is_flag=True, help="Speak HTTP to the registry; to this machine it is spoken anyway.")
@option(
    "--timeout",
    type=click.FloatRange(1, 24 * 3600),
    default=600.0,
    show_default=True,
    metavar="SECONDS",
    help="For GitHub, for the registry, and for each run of a tool.",
)
@option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour. [default: auto]")
@option("--quiet", "-q", is_flag=True, help="Print no list and no progress.")
def status(owner: str, **given: Any) -> int:
    """List the container packages of a user or an organization: tags, size, signature, verdict, and what built them.

    Evidence is proven where the policy trusts somebody (`trust`); elsewhere it is told as present. The token is
    GATE_GITHUB_TOKEN or GITHUB_TOKEN, a classic one with `read:packages` or that of a job. Exit code 6: something
    could not be told; the list is whole all the same.
    """
    from gate.cli.standing import status as run_status

    return run_status(owner, given)
