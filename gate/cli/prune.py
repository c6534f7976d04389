"""`gate prune`."""

from typing import Any

import click

from gate.cli.untyped import PATH, option


@click.command(no_args_is_help=True)
@click.argument("package", metavar="ghcr.io/OWNER/APP")
@option(
    "--keep-last", type=click.IntRange(0), metavar="N",
    help="Keep the newest N images with a tag, beside those of --keep-tag; older ones go. [default: all with a tag]",
)  # fmt: skip
@option("--keep-tag", "keep_tags", multiple=True, metavar="GLOB", help="Keep what has such a tag: 'v*'. Repeatable.")
@option("--older-than", metavar="SPAN", help="Keep what is younger: 12h, 30d, 8w. [default: 1d]")
@option("--policy", "policy_file", type=PATH, metavar="FILE", help="Policy file. [default: gate.yaml, if there]")
@option(
    "--keep-from", multiple=True, type=PATH, metavar="FILE",
    help="Keep what is deployed: Kubernetes manifests, a Compose file, or a list of images or digests. Repeatable.",
)  # fmt: skip
@click.option("--yes", is_flag=True, help="Delete. Without it nothing is changed.")
@option(
    "--record", type=PATH, metavar="FILE", help="Write what goes, as JSON. [default: gate-prune-TIME.json with --yes]"
)
@click.option("--undo", type=PATH, metavar="FILE", help="Restore what this record says was deleted, within 30 days.")
@option("--plain-http", is_flag=True, help="Speak HTTP to the registry; to this machine it is spoken anyway.")
@option("--timeout", type=click.FloatRange(1), default=3600.0, show_default=True, metavar="SECONDS", help="For all.")
@option("--quiet", "-q", is_flag=True, help="Print no table and no progress.")
def prune(package: str, **given: Any) -> int:
    """Delete old versions of a package from the GitHub Container Registry. A dry run, unless --yes is given.

    Versions without a tag go; with --keep-last also old images with a tag. What is kept keeps its platforms, signatures
    and attestations; what goes takes its own along. If anything of the package cannot be read, nothing is deleted.
    The token is GATE_GITHUB_TOKEN or GITHUB_TOKEN, a classic one with `delete:packages` or that of a job.
    """
    from gate.cli.pruning import prune as run_prune

    return run_prune(package, given)
