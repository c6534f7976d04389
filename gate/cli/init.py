"""`gate init`."""

from typing import Any

import click

from gate.cli.untyped import option


@click.command()
@option("--repository", default="", metavar="OWNER/NAME", help="Whose images they are. [default: that of git's origin]")
@option("--branch", default="", metavar="NAME", help="What is built and signed. [default: the one of git's origin]")
@option(
    "--action",
    required=True,
    metavar="OWNER/gate@SHA",
    help="The action of gate at a commit; ' # v1.2.3' may follow.",
)
@option(
    "--platform",
    "platforms",
    multiple=True,
    metavar="OS/ARCH",
    help="Build for this platform. Repeatable. [default: linux/amd64]",
)
@option("--dry-run", is_flag=True, help="Show what would be written as a diff, and write nothing.")
@option("--force", is_flag=True, help="Write over files that are there.")
def init(**given: Any) -> int:
    """Write workflows that build, gate, sign, rescan and prune the image of this repository, its policy, Dependabot.

    What is there already is kept, unless --force is given.
    """
    from gate.cli.initializing import init as run_init

    return run_init(given)
