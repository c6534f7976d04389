"""`gate explain`."""

import click

from gate.cli.untyped import PATH, option


@click.command(no_args_is_help=True)
@click.argument("identity", metavar="ID")
@option("--verdict", type=PATH, required=True, metavar="FILE", help="A verdict that `gate scan --json` wrote.")
@option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour. [default: auto]")
def explain(identity: str, verdict: str, color: str) -> int:
    """Explain a finding: where it is, what brought it in, what mends it, and what the policy makes of it.

    ID is a vulnerability or an alias of it, a rule, or a licence. Exit code 3 when the verdict does not have it.
    """
    from gate.cli.documents import explain as run_explain

    return run_explain(identity, verdict, color)
