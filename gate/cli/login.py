"""`gate login`."""

from typing import Any

import click

from gate.cli.untyped import option, together

token_options = together(
    option("--username", "-u", default="", metavar="NAME", help="Whose token it is. [default: GITHUB_ACTOR]"),
    option("--token-stdin", is_flag=True, help="Read the token from standard input. [default: GATE_TOKEN]"),
)


@click.command()
@click.argument("host", default="ghcr.io", metavar="[HOST]")
@token_options
@option("--pull", "image", default="", metavar="IMAGE", help="An image that this login has to be able to pull.")
@option("--plain-http", is_flag=True, help="Speak HTTP to the registry; to this machine it is spoken anyway.")
def login(host: str, **given: Any) -> int:
    """Log in to a registry, ghcr.io if none is named, and store the login where Docker keeps it.

    The token comes from standard input or from GATE_TOKEN, never from the command line, and is checked before it is
    stored. ghcr.io takes classic tokens (ghp_…), no fine-grained ones (github_pat_…).
    """
    from gate.cli.loggingin import log_in

    return log_in(host, given)
