"""Options of `gate sign` and `gate scan --sign`."""

from dataclasses import dataclass

import click

from gate.cli.declare import PATH, file, flag, option, several
from gate.cli.options import ScannerOptions, TerminalOptions


@dataclass(frozen=True)
class SigningOptions:
    """Who signs, with what, and what is attached."""

    signing_key: str | None = option(
        "--key",
        metavar="FILE|URI",
        help="Sign with this key: a file of cosign's, env://VARIABLE, awskms://…, gcpkms://…, azurekms://…, "
        "hashivault://…; its password is COSIGN_PASSWORD. [default: the identity of the job]",
    )
    identity_token: str | None = option(
        "--identity-token", metavar="FILE", help="Sign as whom this OIDC token names; the variable may hold it."
    )
    local: bool = flag("--local", help="Sign outside of GitHub Actions, as whoever is named.")
    signing_config: str | None = file("--signing-config", help="Sigstore to sign with. [default: the public one]")
    public_log: bool = flag("--public-log", help="Enter what a key signs into Sigstore's public log, for all to see.")
    trusted_root: str | None = file("--trusted-root", help="Root of trust that has to vouch for what is signed.")
    formats: tuple[str, ...] = several(
        "--format",
        policy="sign.formats",
        type=click.Choice(["bundle", "legacy"]),
        help="How evidence is stored. Repeatable. [default: bundle]",
    )
    attach: tuple[str, ...] = several(
        "--attach",
        policy="sign.attach",
        type=click.Choice(["verdict", "vulnerabilities", "sbom", "none"]),
        help="What is attached. Repeatable. [default: all three]",
    )
    patience: float = option(
        "--patience",
        type=click.FloatRange(0, 24 * 3600),
        default=900,
        show_default=True,
        metavar="SECONDS",
        help="How long an outage of Sigstore is waited out.",
    )
    resume_file: str = option(
        "--resume-file",
        type=PATH,
        metavar="FILE",
        default="gate-resume.json",
        show_default=True,
        help="Where what is still to be signed is left.",
    )


@dataclass(frozen=True)
class SignerOptions(SigningOptions, ScannerOptions, TerminalOptions):
    """Everything that signing goes by."""
