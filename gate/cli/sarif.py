"""`gate sarif`."""

import click

from gate.cli.untyped import PATH, Group, option


@click.group(cls=Group, no_args_is_help=True)
def sarif() -> None:
    """Look at SARIF files, ours or another tool's, as GitHub will."""


@sarif.command()
@click.argument("file", type=PATH)
@option("--json", "as_json", is_flag=True, envvar=None, help="Print the problems as JSON.")
def check(file: str, as_json: bool) -> int:  # noqa: FBT001 click hands options over by name
    """Say what GitHub will refuse, cut or ignore in a SARIF file.

    Exit code 10 when GitHub will refuse it.
    """
    from gate.cli.documents import check as run_check

    return run_check(file, as_json=as_json)


@sarif.command()
@click.argument("old", type=PATH)
@click.argument("new", type=PATH)
@option("--json", "as_json", is_flag=True, envvar=None, help="Print the alerts as JSON.")
def diff(old: str, new: str, as_json: bool) -> int:  # noqa: FBT001 click hands options over by name
    """Say which alerts GitHub will open and close when NEW follows OLD."""
    from gate.cli.documents import diff as run_diff

    return run_diff(old, new, as_json=as_json)
