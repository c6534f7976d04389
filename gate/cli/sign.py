"""`gate sign`."""

from typing import Any

import click

from gate.cli.options import PATH, option, policy_options, sign_options
from gate.cli.scan import looking_options


@click.command(no_args_is_help=True)
@click.argument("images", metavar="[IMAGE...]", nargs=-1)
@option("--verdict", type=PATH, metavar="FILE", help="A verdict of the same run, instead of judging now.")
@option(
    "--verdict-sha256",
    metavar="HEX",
    help="SHA-256 that the file of --verdict or --resume must have, as the run that wrote it said.",
)
@option("--sbom", type=PATH, metavar="FILE", help="The bill of materials that was written with that verdict.")
@option("--resume", type=PATH, metavar="FILE", help="Go on where an earlier run had to stop; names its image itself.")
@option(
    "--attest-refusal",
    is_flag=True,
    help="Attach the verdict also when it refuses, unsigned: from then on `gate verify` refuses the image.",
)
@option("--dry-run", is_flag=True, help="Say what would be pushed, and push nothing.")
@sign_options
@policy_options
@looking_options
@option("--json", "json_file", type=PATH, metavar="FILE", help="Write what was done as JSON; - is standard output.")
@option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour. [default: auto]")
@option("--quiet", "-q", is_flag=True, help="Print no table and no progress.")
def sign(images: tuple[str, ...], **given: Any) -> int:
    """Sign images that pass the policy, by digest, with their evidence.

    Each is judged now, unless --verdict names a verdict of the same run. Signature, verdict, vulnerabilities and
    bill of materials go on the index and on each platform, and are read back and proven. Exit code 0: all of it is
    on the registry; 10: it may not be signed, and nothing was pushed.
    """
    from gate.cli.signing import sign as run_sign

    return run_sign(images, given)
