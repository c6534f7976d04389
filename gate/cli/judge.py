"""`gate judge`."""

from typing import Any

import click

from gate.cli.options import PATH, option, output_options, policy_options


@click.command(no_args_is_help=True)
@click.argument("reports", metavar="REPORT...", nargs=-1, required=True, type=PATH)
@policy_options
@option("--database", type=PATH, metavar="FILE", help="The database's metadata.json, or `trivy version -f json`.")
@option(
    "--scanners",
    multiple=True,
    type=click.Choice(["vuln", "secret", "misconfig", "license"]),
    help="What the reports looked for, if unseen. Repeatable.",
)
@option("--baseline", default="", metavar="FILE", help="Refuse only what is new against a verdict or a SARIF file.")
@option("--baseline-of-any-image", is_flag=True, help="Take a baseline that is of another image.")
@option("--offline", is_flag=True, help="Fetch no feed and no root of trust.")
@option("--trusted-root", type=PATH, metavar="FILE", help="Root of trust for VEX that has to be signed.")
@output_options
def judge(reports: tuple[str, ...], **given: Any) -> int:
    """Judge reports that `trivy image --format json` wrote; no Trivy is needed.

    REPORT is a file, or - for standard input, on a container image or its SBOM (`trivy sbom`). Reports of one image,
    one a platform, are judged together. A report does not say how old its vulnerability database was: name it with
    --database, or the policy's max_database_age refuses.
    """
    from gate.cli.scan_run import judge as run_judge

    return run_judge(reports, given)
