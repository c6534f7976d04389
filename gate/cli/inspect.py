"""`gate inspect`."""

from typing import Any

import click

from gate.cli.untyped import PATH, option


@click.command(no_args_is_help=True)
@click.argument("image")
@option("--against", default="", metavar="IMAGE", help="Tell how much it grew beside this image.")
@option("--policy", "policy_file", type=PATH, metavar="FILE", help="Policy file. [default: gate.yaml, if there]")
@option("--max-size", metavar="SIZE", help="Refuse a larger image: 400MB, 1GiB.")
@option("--max-growth", metavar="SHARE|SIZE", help="Refuse more growth than that beside --against: 10%, 20MB.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@option("--markdown", type=PATH, metavar="FILE", help="Write a summary as Markdown; `-` shows it.")
@option("--summary", is_flag=True, help="Add to the job summary of GitHub Actions.")
@option("--plain-http", is_flag=True, help="Speak HTTP to the registry; to this machine it is spoken anyway.")
@option(
    "--timeout",
    type=click.FloatRange(1, 24 * 3600),
    default=900.0,
    show_default=True,
    metavar="SECONDS",
    help="For the registry.",
)
@option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour. [default: auto]")
@option("--quiet", "-q", is_flag=True, help="Print no progress.")
def inspect(image: str, **given: Any) -> int:
    """Tell what an image is made of: platforms, layers, labels, packages, evidence, and what could be smaller.

    Nothing of the evidence is proven here: that is what `gate verify` is for. Exit code 10: it is larger, or grew more,
    than the policy allows.
    """
    from gate.cli.inspecting import inspect_image

    return inspect_image(image, given)
