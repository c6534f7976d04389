"""Options of `gate sign` and `gate scan --sign`."""

from dataclasses import dataclass

import click

from gate.cli.declare import PATH, file, flag, option, seconds, several
from gate.cli.options import ScannerOptions, TerminalOptions


@dataclass(frozen=True)
class SigningOptions:
    """Signing identity or key, and what is attached."""

    GROUP = "Signing"

    signing_key: str | None = option(
        "--key",
        envvar="GATE_SIGNING_KEY",
        metavar="FILE|URI",
        help="Sign with this key: a file of cosign's, env://VARIABLE, awskms://…, gcpkms://…, azurekms://…, "
        "hashivault://…; its password is COSIGN_PASSWORD. [default: the identity of the job]",
    )
    identity_token: str | None = option(
        "--identity-token", metavar="FILE", help="Sign as the identity in this OIDC token; the variable may hold it."
    )
    local: bool = flag("--local", help="Allow signing outside of GitHub Actions.")
    signing_config: str | None = file(
        "--signing-config", help="Sigstore signing configuration. [default: the public one]"
    )
    public_log: bool = flag("--public-log", help="Record signatures by a key in Sigstore's public log.")
    trusted_root: str | None = file("--trusted-root", help="Root of trust that signatures are verified with.")
    formats: tuple[str, ...] = several(
        "--evidence-format",
        policy="sign.formats",
        type=click.Choice(["bundle", "legacy"]),
        help="Storage format of evidence. Repeatable. [default: bundle]",
    )
    attach: tuple[str, ...] = several(
        "--attach",
        policy="sign.attach",
        type=click.Choice(["verdict", "vulnerabilities", "sbom", "none"]),
        help="Evidence to attach. Repeatable. [default: all three]",
    )
    patience: float = seconds("--patience", least=0, default=900, help="How long to retry when Sigstore is down.")
    resume_file: str = option(
        "--resume-file",
        type=PATH,
        metavar="FILE",
        default="gate-resume.json",
        show_default=True,
        help="Where unfinished work is saved for --resume.",
    )


@dataclass(frozen=True)
class SignerOptions(SigningOptions, ScannerOptions, TerminalOptions):
    """All options of a scan that may be followed by signing."""
