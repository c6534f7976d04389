"""`gate trend`."""

from typing import Any

import click

from gate.cli.untyped import PATH, option


@click.command(no_args_is_help=True)
@click.argument("verdicts", metavar="PATH...", nargs=-1, required=True, type=PATH)
@option("--json", "json_file", type=PATH, metavar="FILE", help="Write the trend as JSON.")
@option("--html", type=PATH, metavar="FILE", help="Write a self-contained page.")
@option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour. [default: auto]")
@option("--quiet", "-q", is_flag=True, help="Print no table.")
def trend(verdicts: tuple[str, ...], **given: Any) -> int:
    """Tell how images did over time, from verdicts that `gate scan --json` wrote.

    PATH is a verdict, or a folder in which they are looked for. It only tells: exit code 0, whatever the verdicts
    were; 3 when one of them cannot be used.
    """
    from gate.cli.trending import trend as run_trend

    return run_trend(verdicts, given)
