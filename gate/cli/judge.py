"""`gate judge`."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gate.cli import paths, requests
from gate.cli.declare import PATH, argument, command, file, flag, several, text
from gate.cli.options import SCANNERS, OutputOptions, PolicyOptions
from gate.cli.printing import say, warn
from gate.errors import UsageError
from gate.io.run_context import RunContext
from gate.text import one_line

if TYPE_CHECKING:
    from gate.pipeline import Outcome


@dataclass(frozen=True)
class JudgeOptions(OutputOptions, PolicyOptions):
    """Options of `gate judge`."""

    reports: tuple[str, ...] = argument("REPORT...", nargs=-1, required=True, type=PATH)
    database: str | None = file(
        "--database", group="Scanners", help="The database's metadata.json, or `trivy version -f json`."
    )
    scanners: tuple[str, ...] = several(
        "--scanners",
        group="Scanners",
        type=click.Choice([*SCANNERS]),
        help="A scanner that the reports were made with, if they have no such finding. Repeatable.",
    )
    baseline: str = text(
        "--baseline", group="Policy", metavar="FILE", help="Refuse only findings not in this verdict or SARIF file."
    )
    baseline_of_any_image: bool = flag(
        "--baseline-of-any-image", group="Policy", help="Allow a baseline of another image."
    )
    offline: bool = flag("--offline", group="Network", help="Download no feeds and no root of trust.")
    trusted_root: str | None = file("--trusted-root", group="Policy", help="Root of trust for signed VEX documents.")


@command(
    JudgeOptions,
    no_args_is_help=True,
    examples=[
        "trivy image --format json -o report.json app:1 && gate judge report.json",
        "gate judge report.json --severity high --sarif gate.sarif",
    ],
)
def judge(options: JudgeOptions) -> int:
    """Judge reports that `trivy image --format json` wrote, without running Trivy.

    REPORT is a file, or - for standard input, about a container image or its SBOM (`trivy sbom`). Reports about
    several platforms of one image are judged together. A report does not say how old its vulnerability database was,
    nor which scanners found nothing: name the database with --database and the scanners with --scanners, or the policy
    refuses. Secrets that only the default policy asks for are not required.
    """
    from gate.cli.after_judging import check_github, code, explain_failures, reporting, upload_results
    from gate.cli.outputs import Outputs

    context = paths.here()
    outputs = Outputs(context, options)
    check_github(context, options)
    outcome = _judged(context, options)
    outputs.write(outcome.verdicts, {}, outcome.failures)
    explain_failures(outcome.failures, sign=False)
    if outcome.failures and options.comment and not (options.name or options.category):
        say(
            "note: it is unknown which image an unreadable report is about, so an earlier comment about it stays: "
            "--category names the comment"
        )
    if not options.quiet:
        for note in _notes(context, outcome):
            say(f"note: {note}")
    with reporting(context, options, outcome) as ending:
        if outcome.failures and options.upload:
            # The unreadable report may be about one of the other images, whose alerts would be closed.
            warn(
                "NOTHING WAS UPLOADED to GitHub: not every report could be read",
                "it is unknown which image such a report is about; fix it or leave it out",
            )
            return code(outcome)
        return upload_results(context, outcome, options, ending)


def _notes(context: RunContext, outcome: "Outcome") -> Iterator[str]:
    """Yield what to do when a report does not say what the policy asks for: scanners, packages, database."""
    from gate.model.findings import GapKind, Kind

    refused = [verdict for verdict in outcome.verdicts if not verdict.passed]
    unscanned = [verdict for verdict in refused if any(one.rule == "fail_on.unscanned" for one in verdict.reasons)]
    if any(Kind.VULNERABILITY not in verdict.kinds for verdict in unscanned):
        yield (
            "a report without vulnerabilities does not say whether Trivy looked for any: if it did, as it does by "
            "default, add --scanners vuln,secret"
        )
    if any(gap.kind is GapKind.NO_PACKAGES for verdict in unscanned for one in verdict.platforms for gap in one.gaps):
        yield "a report made with --list-all-pkgs=false has no packages: make it with --list-all-pkgs"
    if any(verdict.scanner.database is None for verdict in refused):
        yield f"name the database that the reports were made with: --database {_database_file(context)}"


def _database_file(context: RunContext) -> str:
    """Return the description of Trivy's own database in its cache on this machine; else a placeholder."""
    caches = context.env.get("XDG_CACHE_HOME") or str(Path(context.env.get("HOME", "~"), ".cache"))
    path = Path(context.env.get("TRIVY_CACHE_DIR") or Path(caches, "trivy"), "db", "metadata.json")
    return one_line(shlex.quote(str(path)), 300) if path.is_file() else "FILE"


def _judged(context: RunContext, options: JudgeOptions) -> "Outcome":
    from gate.model.reported_name import parse_name
    from gate.pipeline.judge import JudgeRequest, ReportJudge
    from gate.trivy.report_files import read_database

    loaded = requests.loaded(context, options)
    request = JudgeRequest(
        reports=tuple(paths.source(context, report) for report in options.reports),
        loaded=loaded,
        kinds=requests.kinds(options.scanners),
        baseline=options.baseline,
        baseline_of_any_image=options.baseline_of_any_image,
        name=parse_name(options.name) if options.name else "",
        database=read_database(paths.path(context, options.database)) if options.database else None,
        offline=options.offline,
        roots=requests.roots(context, options.trusted_root, offline=options.offline),
    )
    if options.reports.count(paths.STDOUT) > 1:
        raise UsageError("standard input is one report", hint="give the others as files")
    return ReportJudge(request, requests.with_tools(context, loaded)).outcome()
