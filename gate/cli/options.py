"""Options that several commands share; each can be given as a `GATE_…` variable too."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
SEVERITIES = ("critical", "high", "medium", "low", "unknown")
THRESHOLDS = (*SEVERITIES, "none")
# A path that may be `-`; whether it can be read or written is told by the room that does it, in its words.
PATH = click.Path(path_type=str)


class Group(click.Group):
    """A command of commands; lists each with its whole first sentence."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """As click does, without cutting a sentence."""
        rows = [(name, self.commands[name].get_short_help_str(500)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def option(*names: str, **more: Any) -> Callable[[F], F]:
    """Make an option whose variable is its long name: `--fail-on` is `GATE_FAIL_ON`."""
    long = next(name for name in names if name.startswith("--")).split("/")[0]
    more.setdefault("envvar", "GATE_" + long[2:].upper().replace("-", "_"))
    return click.option(*names, **more)


def together(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Put the options on a command in the order in which its help shows them."""

    def put(command: F) -> F:
        for one in reversed(options):
            command = one(command)
        return command

    return put


policy_options = together(
    option("--policy", "policy_file", type=PATH, metavar="FILE", help="Policy file. [default: gate.yaml, if there]"),
    option("--fail-on", type=click.Choice(THRESHOLDS), help="Refuse a vulnerability this bad. [default: critical]"),
    option("--fixable-only/--no-fixable-only", default=None, help="Count only vulnerabilities that an upgrade mends."),
    option("--known-exploited/--no-known-exploited", default=None, help="Refuse any that CISA lists as exploited."),
    option("--epss", type=click.FloatRange(0, 1), metavar="P", help="Refuse from this probability of exploitation."),
    option("--secrets", type=click.Choice(THRESHOLDS), help="Refuse a secret this bad. [default: high]"),
    option("--misconfigurations", type=click.Choice(THRESHOLDS), help="Refuse a misconfiguration this bad."),
    option("--licence", "licences", multiple=True, metavar="SPDX", help="Refuse this licence. Repeatable."),
    option("--limit", "limits", multiple=True, metavar="SEVERITY=N", help="Refuse more than N. Repeatable."),
    option("--max-size", metavar="SIZE", help="Refuse a larger image: 400MB, 1GiB."),
    option("--max-database-age", metavar="SPAN", help="Refuse an older vulnerability database: 12h, 5d. [default: 5d]"),
    option("--vex", multiple=True, type=PATH, metavar="FILE", help="VEX file: OpenVEX, CycloneDX or CSAF. Repeatable."),
    option("--kev-file", type=PATH, metavar="FILE", help="CISA's catalogue, instead of fetching it."),
    option("--epss-file", type=PATH, metavar="FILE", help="FIRST's EPSS scores, instead of fetching them."),
)

output_options = together(
    option("--sarif", type=PATH, metavar="FILE", help="Write SARIF for GitHub's Security tab."),
    option("--json", "json_file", type=PATH, metavar="FILE", help="Write the verdict as JSON."),
    option("--markdown", type=PATH, metavar="FILE", help="Write a summary as Markdown."),
    option("--html", type=PATH, metavar="FILE", help="Write a self-contained page."),
    option("--junit", type=PATH, metavar="FILE", help="Write JUnit XML: what refuses fails."),
    option("--gitlab", type=PATH, metavar="FILE", help="Write GitLab's container scanning report."),
    option("--csv", type=PATH, metavar="FILE", help="Write the findings as a table for spreadsheets."),
    option("--annotations", type=PATH, metavar="FILE", help="Write annotations of GitHub Actions; `-` shows them."),
    option("--summary", is_flag=True, help="Add to the job summary of GitHub Actions."),
    option("--comment", is_flag=True, help="Keep a comment on the pull request that this job is for up to date."),
    option("--upload", is_flag=True, help="Upload the results to GitHub's code scanning. See `gate upload`."),
    option(
        "--name", default="", metavar="IMAGE", help="Image that a layout or archive is, for SARIF: ghcr.io/owner/app."
    ),
    option("--category", default="", metavar="NAME", help="SARIF category. [default: gate/<image>]"),
    option("--source", type=PATH, metavar="DIR", help="Checkout that SARIF points into. [default: this folder]"),
    option("--dockerfile", type=PATH, metavar="FILE", help="Dockerfile of the image. [default: found in the checkout]"),
    option("--target", default="", metavar="STAGE", help="Stage of the Dockerfile that was built. [default: the last]"),
    option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour. [default: auto]"),
    option("--quiet", "-q", is_flag=True, help="Print no table and no progress."),
)

sign_options = together(
    option(
        "--key",
        "signing_key",
        metavar="FILE|URI",
        help="Sign with this key: a file of cosign's, env://VARIABLE, awskms://…, gcpkms://…, azurekms://…, "
        "hashivault://…; its password is COSIGN_PASSWORD. [default: the identity of the job]",
    ),
    option("--identity-token", metavar="FILE", help="Sign as whom this OIDC token names; the variable may hold it."),
    option("--local", is_flag=True, help="Sign outside of GitHub Actions, as whoever is named."),
    option("--signing-config", type=PATH, metavar="FILE", help="Sigstore to sign with. [default: the public one]"),
    option("--public-log", is_flag=True, help="Enter what a key signs into Sigstore's public log, for all to see."),
    option("--trusted-root", type=PATH, metavar="FILE", help="Root of trust that has to vouch for what is signed."),
    option(
        "--format",
        "formats",
        multiple=True,
        type=click.Choice(["bundle", "legacy"]),
        help="How evidence is stored. Repeatable. [default: bundle]",
    ),
    option(
        "--attach",
        multiple=True,
        type=click.Choice(["verdict", "vulnerabilities", "sbom", "none"]),
        help="What is attached. Repeatable. [default: all three]",
    ),
    option(
        "--patience",
        type=click.FloatRange(0, 24 * 3600),
        default=900,
        show_default=True,
        metavar="SECONDS",
        help="How long an outage of Sigstore is waited out.",
    ),
    option(
        "--resume-file",
        type=PATH,
        metavar="FILE",
        default="gate-resume.json",
        show_default=True,
        help="Where what is still to be signed is left.",
    ),
)
