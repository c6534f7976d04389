"""`gate policy`."""

from typing import Any

import click

from gate.cli.options import PATH, policy_options


@click.group(no_args_is_help=True)
def policy() -> None:
    """Check and show the policy."""


@policy.command()
@click.argument("file", metavar="[FILE]", required=False, type=PATH)
def check(file: str | None) -> int:
    """Check a policy file (gate.yaml) and the files it names.

    Exit code 3, with line and column, when something is wrong with it.
    """
    from gate.cli.looking import check_policy

    return check_policy(file)


@policy.command()
@policy_options
def show(**given: Any) -> int:
    """Show the policy as it will be applied: file, defaults, and the options given here."""
    from gate.cli.looking import show_policy

    return show_policy(given)
