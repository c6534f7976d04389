"""Options that several commands share."""

from dataclasses import dataclass

import click

from gate.cli.declare import PATH, option

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

    quiet: bool = option("--quiet", "-q", is_flag=True, help="Print no table and no progress.")


@dataclass(frozen=True)
class PlainHttpOption:
    """Whether the registry is spoken to without TLS."""

    plain_http: bool = option(
        "--plain-http", is_flag=True, help="Speak HTTP to the registry; to this machine it is spoken anyway."
    )


@dataclass(frozen=True)
class PolicyFileOption:
    """The policy file."""

    policy_file: str | None = option(
        "--policy", type=PATH, metavar="FILE", help="Policy file. [default: gate.yaml, if there]"
    )


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
    licences: tuple[str, ...] = option(
        "--licence", policy="fail_on.licences", multiple=True, metavar="SPDX", help="Refuse this licence. Repeatable."
    )
    limits: tuple[str, ...] = option(
        "--limit", policy="limits", multiple=True, metavar="SEVERITY=N", help="Refuse more than N. Repeatable."
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
    vex: tuple[str, ...] = option(
        "--vex",
        policy="vex",
        multiple=True,
        type=PATH,
        metavar="FILE",
        help="VEX file: OpenVEX, CycloneDX or CSAF. Repeatable.",
    )
    kev_file: str | None = option(
        "--kev-file",
        policy="feeds.known_exploited",
        type=PATH,
        metavar="FILE",
        help="CISA's catalogue, instead of fetching it.",
    )
    epss_file: str | None = option(
        "--epss-file",
        policy="feeds.epss",
        type=PATH,
        metavar="FILE",
        help="FIRST's EPSS scores, instead of fetching them.",
    )


@dataclass(frozen=True)
class OutputOptions(TerminalOptions):
    """Where the documents of a verdict go, and what is in them."""

    sarif: str | None = option("--sarif", type=PATH, metavar="FILE", help="Write SARIF for GitHub's Security tab.")
    json_file: str | None = option("--json", type=PATH, metavar="FILE", help="Write the verdict as JSON.")
    markdown: str | None = option("--markdown", type=PATH, metavar="FILE", help="Write a summary as Markdown.")
    html: str | None = option("--html", type=PATH, metavar="FILE", help="Write a self-contained page.")
    junit: str | None = option("--junit", type=PATH, metavar="FILE", help="Write JUnit XML: what refuses fails.")
    gitlab: str | None = option("--gitlab", type=PATH, metavar="FILE", help="Write GitLab's container scanning report.")
    csv: str | None = option("--csv", type=PATH, metavar="FILE", help="Write the findings as a table for spreadsheets.")
    annotations: str | None = option(
        "--annotations", type=PATH, metavar="FILE", help="Write annotations of GitHub Actions; `-` shows them."
    )
    summary: bool = option("--summary", is_flag=True, help="Add to the job summary of GitHub Actions.")
    comment: bool = option(
        "--comment", is_flag=True, help="Keep a comment on the pull request that this job is for up to date."
    )
    upload: bool = option(
        "--upload", is_flag=True, help="Upload the results to GitHub's code scanning. See `gate upload`."
    )
    name: str = option(
        "--name", default="", metavar="IMAGE", help="Image that a layout or archive is, for SARIF: ghcr.io/owner/app."
    )
    category: str = option("--category", default="", metavar="NAME", help="SARIF category. [default: gate/<image>]")
    source: str | None = option(
        "--source", type=PATH, metavar="DIR", help="Checkout that SARIF points into. [default: this folder]"
    )
    dockerfile: str | None = option(
        "--dockerfile", type=PATH, metavar="FILE", help="Dockerfile of the image. [default: found in the checkout]"
    )
    target: str = option(
        "--target", default="", metavar="STAGE", help="Stage of the Dockerfile that was built. [default: the last]"
    )


@dataclass(frozen=True)
class ScannerOptions(PlainHttpOption):
    """What is scanned for, with which database, and how."""

    platforms: tuple[str, ...] = option(
        "--platform",
        policy="platforms",
        multiple=True,
        metavar="OS/ARCH",
        help="Only this platform, or all. Repeatable. [default: all]",
    )
    scanners: tuple[str, ...] = option(
        "--scanners",
        multiple=True,
        type=click.Choice(["vuln", "secret", "misconfig", "license"]),
        help="Look for this beside what the policy judges. Repeatable.",
    )
    baseline: str = option("--baseline", default="", metavar="FILE|IMAGE", help="Refuse only what is new against this.")
    baseline_of_any_image: bool = option(
        "--baseline-of-any-image", is_flag=True, help="Take a baseline that is of another image."
    )
    offline: bool = option(
        "--offline",
        is_flag=True,
        help="Fetch no database and no feed; the image may still be pulled. Signing then needs --trivy-cache.",
    )
    trivy_cache: str | None = option(
        "--trivy-cache", type=PATH, metavar="DIR", help="Use this Trivy cache directory without updating it."
    )
    db_repositories: tuple[str, ...] = option(
        "--db-repository", multiple=True, metavar="REF", help="Where the database is. Repeatable."
    )
    java_db_repositories: tuple[str, ...] = option(
        "--java-db-repository", multiple=True, metavar="REF", help="Where the index of Java archives is. Repeatable."
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
