"""Options that several commands share."""

from dataclasses import dataclass
from typing import Any

import click

from gate.cli.declare import file, files, flag, json_file, option, parallel_jobs, seconds, several, switch, text
from gate.cli.option_types import ReportFormat, Threshold

REPORTS = ("json", "sarif", "markdown", "html", "junit", "gitlab", "csv")
"""Reports that have an option of their own, and can be chosen by --format."""
SCANNERS = {"vuln": "vulnerability", "secret": "secret", "misconfig": "misconfiguration", "license": "licence"}
"""Names of Trivy's scanners, with the kinds of findings that they find."""


@dataclass(frozen=True)
class ColorOption:
    """Whether text is printed in colour."""

    GROUP = "General"

    color: str = option(
        "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour. [default: auto]"
    )


@dataclass(frozen=True)
class TerminalOptions(ColorOption):
    """Options for what a command prints on the terminal."""

    GROUP = "General"

    quiet: bool = flag("--quiet", "-q", help="Print no table and no progress.")


@dataclass(frozen=True)
class PlainHttpOption:
    """Whether the registry is contacted without TLS."""

    GROUP = "Registry"

    plain_http: bool = flag("--plain-http", help="Use plain HTTP (always used for localhost).")


@dataclass(frozen=True)
class PolicyFileOption:
    """The policy file."""

    GROUP = "Policy"

    policy_file: str | None = file("--policy", help="Policy file. [default: gate.yaml, if it exists]")


def _threshold(*names: str, policy: str, help: str) -> Any:  # noqa: A002 click's name for it
    return option(*names, policy=policy, type=Threshold(), metavar="SEVERITY", help=help)


@dataclass(frozen=True)
class PolicyOptions(PolicyFileOption):
    """The policy file, and options that override its keys."""

    GROUP = "Policy"

    fail_on: str | None = _threshold(
        "--fail-on",
        "--severity",
        policy="fail_on.severity",
        help="Refuse vulnerabilities of this severity or worse: critical, high, medium, low, unknown (all), none. "
        "[default: critical]",
    )
    fixable_only: bool | None = switch(
        "--ignore-unfixed", policy="fail_on.fixable_only", help="Count only vulnerabilities that an upgrade fixes."
    )
    known_exploited: bool | None = switch(
        "--known-exploited",
        policy="fail_on.known_exploited",
        help="Refuse vulnerabilities in CISA's KEV catalog (known exploited).",
    )
    epss: float | None = option(
        "--epss",
        policy="fail_on.epss",
        type=click.FloatRange(0, 1),
        metavar="P",
        help="Refuse vulnerabilities with this EPSS probability (0 to 1) or more.",
    )
    secrets: str | None = _threshold(
        "--secrets", policy="fail_on.secrets", help="Refuse secrets of this severity or worse. [default: high]"
    )
    misconfigurations: str | None = _threshold(
        "--misconfigurations",
        policy="fail_on.misconfigurations",
        help="Refuse misconfigurations of this severity or worse.",
    )
    licences: tuple[str, ...] = several(
        "--license", "--licence", policy="fail_on.licences", metavar="SPDX", help="Refuse this licence. Repeatable."
    )
    limits: tuple[str, ...] = several(
        "--limit", policy="limits", metavar="SEVERITY=N", help="Refuse more than N findings of a severity. Repeatable."
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
        "--kev-file", policy="feeds.known_exploited", help="CISA's KEV catalog, instead of downloading it."
    )
    epss_file: str | None = file(
        "--epss-file", policy="feeds.epss", help="FIRST's EPSS scores, instead of downloading them."
    )


@dataclass(frozen=True)
class OutputOptions(TerminalOptions):
    """Which reports of a verdict are written, and where to."""

    GROUP = "Output"

    report_format: str | None = option(
        "--format",
        "-f",
        type=ReportFormat(["table", *REPORTS]),
        help="Write this report to --output, or to standard output. [default: table]",
    )
    output: str | None = file("--output", "-o", help="File for the report of --format. [default: standard output]")
    exit_code: int | None = option(
        "--exit-code",
        envvar=None,
        type=click.IntRange(0, 255),
        metavar="N",
        help="0: end with 0 when the image is refused; it is still refused, and not signed. A refusal is 10 otherwise, "
        "whatever N is.",
    )
    sarif: str | None = file("--sarif", help="Write SARIF for GitHub's Security tab.")
    json_file: str | None = json_file("the verdict")
    markdown: str | None = file("--markdown", help="Write a summary as Markdown.")
    html: str | None = file("--html", help="Write a self-contained HTML page.")
    junit: str | None = file("--junit", help="Write JUnit XML: findings that refuse are failures.")
    gitlab: str | None = file("--gitlab", help="Write GitLab's container scanning report.")
    csv: str | None = file("--csv", help="Write the findings as CSV for spreadsheets.")
    annotations: str | None = file("--annotations", help="Write annotations for GitHub Actions; - prints them.")
    all_findings: bool = flag("--all", help="List all findings in the table, not only those that refuse.")
    summary: bool = flag("--summary", help="Add to the job summary of GitHub Actions.")
    comment: bool = flag("--comment", help="Create or update a comment on the pull request of this job.")
    upload: bool = flag("--upload", help="Upload the results to GitHub's code scanning. See `gate upload`.")
    dry_run: bool = flag("--dry-run", help="Upload, comment and sign nothing; say what would be done.")
    name: str = text(
        "--name", group="Input", metavar="IMAGE", help="Name of a local image or archive in reports: ghcr.io/owner/app."
    )
    category: str = text("--category", metavar="NAME", help="SARIF category. [default: gate/<image>]")
    source: str | None = file(
        "--source",
        group="Input",
        metavar="DIR",
        help="Checkout that SARIF locations refer to. [default: this directory]",
    )
    dockerfile: str | None = file(
        "--dockerfile", group="Input", help="Dockerfile of the image. [default: found in the checkout]"
    )
    target: str = text(
        "--target", group="Input", metavar="STAGE", help="Target stage of the Dockerfile. [default: the last]"
    )


@dataclass(frozen=True)
class ScannerOptions(PlainHttpOption):
    """Options of a scan: platforms, scanners, database, limits."""

    GROUP = "Scanners"

    platforms: tuple[str, ...] = several(
        "--platform",
        group="Input",
        policy="platforms",
        metavar="OS/ARCH",
        help="Scan only this platform, or all. Repeatable. [default: all]",
    )
    scanners: tuple[str, ...] = several(
        "--scanners",
        type=click.Choice([*SCANNERS]),
        help="Scan for this too, in addition to what the policy judges. Repeatable.",
    )
    baseline: str = text(
        "--baseline", group="Policy", metavar="FILE|IMAGE", help="Refuse only findings that are new since this."
    )
    baseline_of_any_image: bool = flag(
        "--baseline-of-any-image", group="Policy", help="Allow a baseline of another image."
    )
    offline: bool = flag(
        "--offline",
        group="Network",
        help="Download no database and no feeds; the image may still be pulled. Signing then needs --trivy-cache.",
    )
    trivy_cache: str | None = file(
        "--trivy-cache", metavar="DIR", help="Use this Trivy cache directory without updating it."
    )
    db_repositories: tuple[str, ...] = several(
        "--db-repository", metavar="REF", help="Repository of the vulnerability database. Repeatable."
    )
    java_db_repositories: tuple[str, ...] = several(
        "--java-db-repository", metavar="REF", help="Repository of the Java database. Repeatable."
    )
    timeout: float = seconds(
        "--timeout", group="Network", default=600, help="For the feeds, for the pull, and for each run of a tool."
    )
    jobs: int = parallel_jobs(group="Network", help="Platforms scanned at the same time.")
