"""`gate policy`."""

from typing import Any

import click

from gate.cli.untyped import PATH, Group, option, policy_options
from gate.cli.verify import trust_options


@click.group(cls=Group, no_args_is_help=True)
def policy() -> None:
    """Check and show the policy."""


@policy.command()
@click.argument("file", metavar="[FILE]", required=False, type=PATH)
def check(file: str | None) -> int:
    """Check a policy file (gate.yaml) and the files it names.

    Exit code 3, with line and column, when something is wrong with it.
    """
    from gate.cli.documents import check_policy

    return check_policy(file)


@policy.command()
@policy_options
def show(**given: Any) -> int:
    """Show the policy as it will be applied: file, defaults, and the options given here."""
    from gate.cli.documents import show_policy

    return show_policy(given)


@policy.command()
@option(
    "--to",
    "target",
    type=click.Choice(["policy-controller", "kyverno", "connaisseur", "ratify"]),
    required=True,
    help="The engine that admits images into the cluster.",
)
@option(
    "--image", "images", multiple=True, required=True, metavar="PATTERN", help="Images: ghcr.io/acme/**. Repeatable."
)
@trust_options
def export(target: str, images: tuple[str, ...], **given: Any) -> int:
    """Write the admission policy that asks of a cluster's images what `gate verify` asks.

    What the engine cannot enforce stands in words at its top.
    """
    from gate.cli.documents import export_policy

    return export_policy(target, images, given)
