"""`gate doctor`."""

from typing import Any

import click

from gate.cli.untyped import PATH, option


@click.command()
@click.argument("image", default="", metavar="[IMAGE]")
@option(
    "--from-log",
    type=PATH,
    metavar="FILE",
    help="Log of docker, buildx, cosign, Trivy or kubelet that ended in an error; - is standard input.",
)
@option("--push", is_flag=True, help="Try whether the login may push: an upload is begun, and left to expire.")
@option("--offline", is_flag=True, help="Ask nobody: look at this machine and this checkout alone.")
@option("--policy", "policy_file", type=PATH, metavar="FILE", help="Policy file. [default: gate.yaml, if there]")
@option(
    "--db-repository",
    "db_repositories",
    multiple=True,
    metavar="NAME",
    help="Where the vulnerability database is fetched. Repeatable. [default: Trivy's own]",
)
@option(
    "--timeout",
    type=click.FloatRange(1, 3600),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long each question may take.",
)
@option("--plain-http", is_flag=True, help="Speak HTTP to the registry; to this machine it is spoken anyway.")
@option("--json", "json_file", type=PATH, metavar="FILE", help="Write the rows as JSON.")
@option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour. [default: auto]")
def doctor(image: str, **given: Any) -> int:
    """Say what is wrong, and how to mend it: programs, database, logins, tokens, packages, workflows.

    Exit code 3 when something is broken, 6 when something could not be told. With --from-log the cause of a failure
    is looked for in its log; 3 when it has no error that is known.
    """
    from gate.cli.doctoring import examine

    return examine(image, given)
