"""`gate tags`."""

from typing import Any

import click

from gate.cli.untyped import PATH, option


@click.command()
@click.argument("image", metavar="[IMAGE]", required=False)
@option("--git-ref", default="", metavar="REF", help="What is built: refs/heads/main. [default: that of the job]")
@option("--commit", default="", metavar="SHA", help="The commit that is built. [default: that of the job]")
@option("--policy", "policy_file", type=PATH, metavar="FILE", help="Policy file. [default: gate.yaml, if there]")
@option(
    "--known-tags", type=PATH, metavar="FILE",
    help="Tags that there are, one a line, instead of asking the registry; - is standard input.",
)  # fmt: skip
@option("--version-prefix", metavar="TEXT", help="What stands before the version in a Git tag: api/ for api/v1.0.0.")
@option("--github-output", is_flag=True, help="Write the outputs `tags` and `version` of this step.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@option("--plain-http", is_flag=True, help="Speak HTTP to the registry; to this machine it is spoken anyway.")
def tags(image: str | None, **given: Any) -> int:
    """Print the tags that this event gives an image, one a line; with IMAGE as references.

    A release is `latest` only when it is the newest: IMAGE is asked for the tags that there are.
    """
    from gate.cli.tagging import print_tags

    return print_tags(image or "", given)
