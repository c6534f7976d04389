"""`gate upload`."""

from typing import Any

import click

from gate.cli.options import PATH, option


@click.command(no_args_is_help=True)
@click.argument("files", metavar="FILE.sarif...", nargs=-1, required=True, type=PATH)
@option("--repository", default="", metavar="OWNER/NAME", help="Whose results they are. [default: the job's]")
@option("--ref", default="", metavar="REF", help="In full: refs/heads/main, refs/pull/1/merge. [default: the job's]")
@option("--commit", default="", metavar="SHA", help="The commit that was looked at. [default: the job's]")
@option("--source", type=PATH, metavar="DIR", help="Checkout that absolute paths lie in. [default: the job's]")
@option(
    "--wait",
    type=click.FloatRange(1, 24 * 3600),
    default=900.0,
    show_default=True,
    metavar="SECONDS",
    help="How long sending may take, and then GitHub to look at each file.",
)
@option("--dry-run", is_flag=True, help="Check the files, say in how many parts they go, and send nothing.")
def upload(files: tuple[str, ...], **given: Any) -> int:
    """Upload SARIF files, of any tool, to GitHub's code scanning, and wait until GitHub has taken them.

    The token is GATE_GITHUB_TOKEN, or GITHUB_TOKEN; in a job it needs `security-events: write`. Exit code 0: GitHub
    took every file whole; 3: it would refuse one, and nothing was sent; 6: it refused one, or it is not known whether
    it took it.
    """
    from gate.cli.uploading import upload as run_upload

    return run_upload(files, given)
