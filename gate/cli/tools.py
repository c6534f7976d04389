"""`gate tools`."""

from typing import Any

import click

from gate.cli.untyped import PATH, option, together

_NAMES = click.Choice(["trivy", "cosign"])

lock_option = option(
    "--tools-lock", type=PATH, metavar="FILE", help="Lock, for scans too when it is a variable. [default: ours]"
)
source_options = together(
    option(
        "--mirror",
        metavar="URL",
        help="What stands in for https://github.com before /OWNER/NAME/releases/download/….",
    ),
    option(
        "--releases-root",
        type=PATH,
        metavar="FILE",
        help="Root of trust for the signatures of releases. [default: the public one]",
    ),
    option(
        "--timeout",
        type=click.FloatRange(1, 24 * 3600),
        default=1800.0,
        show_default=True,
        metavar="SECONDS",
        help="How long everything that is fetched may take.",
    ),
    option("--quiet", "-q", is_flag=True, help="Print no progress."),
)


@click.group(no_args_is_help=True)
def tools() -> None:
    """Bring Trivy and cosign, pinned by hash, and see which are used."""


@tools.command()
@click.argument("names", metavar="[trivy|cosign]...", nargs=-1, type=_NAMES)
@option(
    "--from",
    "folder",
    type=PATH,
    metavar="DIR",
    help="Folder with the files of the releases, instead of a network.",
)
@source_options
@lock_option
def install(names: tuple[str, ...], **given: Any) -> int:
    """Fetch the programs of the lock, check them, and keep them in the cache.

    Nothing is run or made executable before its SHA-256 is the one of the lock.
    """
    from gate.cli.tooling import install as run

    return run(names, given)


@tools.command(name="list")
@option("--policy", "policy_file", type=PATH, metavar="FILE", help="Policy file. [default: gate.yaml, if there]")
@lock_option
def show(**given: Any) -> int:
    """Say which programs would be used, from where, and what is known of them. None is run."""
    from gate.cli.tooling import show as run

    return run(given)


@tools.command()
@click.argument("names", metavar="[trivy|cosign]...", nargs=-1, type=_NAMES)
@lock_option
def verify(names: tuple[str, ...], **given: Any) -> int:
    """Hold what is installed against the lock.

    Exit code 5 when a program differs, 4 when one is missing.
    """
    from gate.cli.tooling import verify as run

    return run(names, given)


@tools.command()
@click.argument("releases", metavar="NAME=VERSION...", nargs=-1, required=True)
@option(
    "--output",
    "-o",
    type=PATH,
    metavar="FILE",
    required=True,
    help="Where the new lock is written.",
)
@source_options
@lock_option
def lock(releases: tuple[str, ...], **given: Any) -> int:
    """Write a lock with other releases: signed, a week old, and not on the deny list."""
    from gate.cli.tooling import lock as run

    return run(releases, given)
