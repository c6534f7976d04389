"""Options that several commands share."""

from dataclasses import dataclass

import click

from gate.cli.declare import file, files, flag, option, several, text

SEVERITIES = ("critical", "high", "medium", "low", "unknown")
THRESHOLDS = (*SEVERITIES, "none")


@dataclass(frozen=True)
class ColorOption:
    """Whether text is printed with colours."""

    color: str = option(
        "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour. [default: auto]"
    )


@dataclass(frozen=True)
class TerminalOptions(ColorOption):
    """What is printed, and how."""

    quiet: bool = flag("--quiet", "-q", help="Print no table and no progress.")


@dataclass(frozen=True)
class PlainHttpOption:
    """Whether the registry is spoken to without TLS."""

    plain_http: bool = flag("--plain-http", help="Speak HTTP to the registry; to this machine it is spoken anyway.")


@dataclass(frozen=True)
class PolicyFileOption:
    """The policy file."""

    policy_file: str | None = file("--policy", help="Policy file. [default: gate.yaml, if there]")


@dataclass(frozen=True)
class PolicyOptions(PolicyFileOption):
    """The policy, and options that lie over it."""

    fail_on: str | None = option(
        "--fail-on",
        policy="fail_on.severity",
        type=click.Choice(THRESHOLDS),
        help="Refuse a vulnerability this bad. [default: critical]",
    )
    fixable_only: bool | None = option(
        "--fixable-only/--no-fixable-only",
        policy="fail_on.fixable_only",
        default=None,
        help="Count only vulnerabilities that an upgrade mends.",
    )
    known_exploited: bool | None = option(
        "--known-exploited/--no-known-exploited",
        policy="fail_on.known_exploited",
        default=None,
        help="Refuse any that CISA lists as exploited.",
    )
    epss: float | None = option(
        "--epss",
        policy="fail_on.epss",
        type=click.FloatRange(0, 1),
        metavar="P",
        help="Refuse from this probability of exploitation.",
    )
    secrets: str | None = option(
        "--secrets",
        policy="fail_on.secrets",
        type=click.Choice(THRESHOLDS),
        help="Refuse a secret this bad. [default: high]",
    )
    misconfigurations: str | None = option(
        "--misconfigurations",
        policy="fail_on.misconfigurations",
        type=click.Choice(THRESHOLDS),
        help="Refuse a misconfiguration this bad.",
    )
    licences: tuple[str, ...] = several(
        "--licence", policy="fail_on.licences", metavar="SPDX", help="Refuse this licence. Repeatable."
    )
    limits: tuple[str, ...] = several(
        "--limit", policy="limits", metavar="SEVERITY=N", help="Refuse more than N. Repeatable."
    )
    max_size: str | None = option(
        "--max-size", policy="size.max", metavar="SIZE", help="Refuse a larger image: 400MB, 1GiB."
    )
    max_database_age: str | None = option(
        "--max-database-age",
        policy="max_database_age",
        metavar="SPAN",
        help="Refuse an older vulnerability database: 12h, 5d. [default: 5d]",
    )
    vex: tuple[str, ...] = files("--vex", policy="vex", help="VEX file: OpenVEX, CycloneDX or CSAF. Repeatable.")
    kev_file: str | None = file(
        "--kev-file", policy="feeds.known_exploited", help="CISA's catalogue, instead of fetching it."
    )
    epss_file: str | None = file(
        "--epss-file", policy="feeds.epss", help="FIRST's EPSS scores, instead of fetching them."
    )


@dataclass(frozen=True)
class OutputOptions(TerminalOptions):
    """Where the documents of a verdict go, and what is in them."""

    sarif: str | None = file("--sarif", help="Write SARIF for GitHub's Security tab.")
    json_file: str | None = file("--json", help="Write the verdict as JSON.")
    markdown: str | None = file("--markdown", help="Write a summary as Markdown.")
    html: str | None = file("--html", help="Write a self-contained page.")
    junit: str | None = file("--junit", help="Write JUnit XML: what refuses fails.")
    gitlab: str | None = file("--gitlab", help="Write GitLab's container scanning report.")
    csv: str | None = file("--csv", help="Write the findings as a table for spreadsheets.")
    annotations: str | None = file("--annotations", help="Write annotations of GitHub Actions; `-` shows them.")
    summary: bool = flag("--summary", help="Add to the job summary of GitHub Actions.")
    comment: bool = flag("--comment", help="Keep a comment on the pull request that this job is for up to date.")
    upload: bool = flag("--upload", help="Upload the results to GitHub's code scanning. See `gate upload`.")
    name: str = text("--name", metavar="IMAGE", help="Image that a layout or archive is, for SARIF: ghcr.io/owner/app.")
    category: str = text("--category", metavar="NAME", help="SARIF category. [default: gate/<image>]")
    source: str | None = file("--source", metavar="DIR", help="Checkout that SARIF points into. [default: this folder]")
    dockerfile: str | None = file("--dockerfile", help="Dockerfile of the image. [default: found in the checkout]")
    target: str = text("--target", metavar="STAGE", help="Stage of the Dockerfile that was built. [default: the last]")


@dataclass(frozen=True)
class ScannerOptions(PlainHttpOption):
    """What is scanned for, with which database, and how."""

    platforms: tuple[str, ...] = several(
        "--platform",
        policy="platforms",
        metavar="OS/ARCH",
        help="Only this platform, or all. Repeatable. [default: all]",
    )
    scanners: tuple[str, ...] = several(
        "--scanners",
        type=click.Choice(["vuln", "secret", "misconfig", "license"]),
        help="Look for this beside what the policy judges. Repeatable.",
    )
    baseline: str = text("--baseline", metavar="FILE|IMAGE", help="Refuse only what is new against this.")
    baseline_of_any_image: bool = flag("--baseline-of-any-image", help="Take a baseline that is of another image.")
    offline: bool = flag(
        "--offline",
        help="Fetch no database and no feed; the image may still be pulled. Signing then needs --trivy-cache.",
    )
    trivy_cache: str | None = file(
        "--trivy-cache", metavar="DIR", help="Use this Trivy cache directory without updating it."
    )
    db_repositories: tuple[str, ...] = several(
        "--db-repository", metavar="REF", help="Where the database is. Repeatable."
    )
    java_db_repositories: tuple[str, ...] = several(
        "--java-db-repository", metavar="REF", help="Where the index of Java archives is. Repeatable."
    )
    timeout: float = option(
        "--timeout",
        type=click.FloatRange(1, 24 * 3600),
        default=600,
        show_default=True,
        metavar="SECONDS",
        help="For the public feeds, for the pull, and for each run of a tool.",
    )
    jobs: int = option(
        "--jobs",
        type=click.IntRange(1, 64),
        default=2,
        show_default=True,
        metavar="N",
        help="Platforms scanned side by side.",
    )
