"""`gate pull-secret`."""

from typing import Any

import click

from gate.cli.login import token_options
from gate.cli.untyped import PATH, option


@click.command("pull-secret")
@click.argument("host", default="ghcr.io", metavar="[HOST]")
@token_options
@option("--name", default="ghcr-secret", show_default=True, metavar="NAME", help="Name of the Secret.")
@option("--namespace", "-n", default="", metavar="NAME", help="Its namespace. [default: wherever it is applied]")
@option("--service-account", default="", metavar="NAME", help="Have this service account pull with it, too.")
@option("--pod", default="", metavar="NAME", help="Have this pod pull with it, too: a patch for its manifest.")
@option(
    "--as",
    "form",
    type=click.Choice(["secret", "external-secret", "sealed-secret"]),
    default="secret",
    show_default=True,
    help="The Secret itself, what External Secrets makes it of, or what kubeseal takes.",
)
@option("--store", default="", metavar="NAME", help="Of an external secret: the SecretStore that keeps the token.")
@option("--cluster-store", is_flag=True, help="Of an external secret: it is a ClusterSecretStore.")
@option(
    "--key", "remote_key", default="", metavar="NAME", help="Of an external secret: what the store calls the token."
)
@option("--output", "-o", type=PATH, metavar="FILE", help="Write there, for nobody else to read. [default: print it]")
def pull_secret(host: str, **given: Any) -> int:
    """Make the Secret with which Kubernetes pulls private images of a registry, ghcr.io if none is named.

    The token comes from standard input or from GATE_TOKEN, never from the command line. It needs read:packages and
    nothing else; a warning tells when it can do more.
    """
    from gate.cli.pulling import make_secret

    return make_secret(host, given)
