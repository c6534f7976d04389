"""`gate sarif`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from gate.cli import paths
from gate.cli.declare import PATH, Group, argument, command, json_file
from gate.cli.printing import say
from gate.errors import ExitCode, UsageError
from gate.io import files, strict_json
from gate.text import one_line, plural

if TYPE_CHECKING:
    from gate.output.sarif.diff import Alert, Diff
    from gate.output.sarif.problems import Problem


@dataclass(frozen=True)
class CheckOptions:
    """Options of `gate sarif check`."""

    files: tuple[str, ...] = argument("FILE...", nargs=-1, required=True, type=PATH)
    json_file: str | None = json_file("the problems")


@dataclass(frozen=True)
class DiffOptions:
    """Options of `gate sarif diff`."""

    old: str = argument("OLD", type=PATH)
    new: str = argument("NEW", type=PATH)
    json_file: str | None = json_file("the alerts")


@click.group(cls=Group, no_args_is_help=True)
def sarif() -> None:
    """Check and compare SARIF files of any tool as GitHub does."""


@command(CheckOptions, examples=["gate sarif check gate.sarif"])
def check(options: CheckOptions) -> int:
    """Show what GitHub will refuse, cut or ignore in SARIF files.

    Exit code 10 when GitHub will refuse one of them. --json takes one file.
    """
    from gate.output.sarif.check import check as find_problems

    if options.json_file and len(options.files) > 1:
        raise UsageError("--json checks one SARIF file", hint="call it once for each file")
    context = paths.here()
    paths.check_output(context, options.json_file)
    refused = False
    for file in options.files:
        problems = find_problems(_read(file), _name(file))
        file_refused = any(problem.kind == "refused" for problem in problems)
        if options.json_file:
            document = strict_json.dumps({"refused": file_refused, "problems": problems}, indent=2)
            paths.put(context, options.json_file, [document], json=True)
        if options.json_file != paths.STDOUT:
            _print_problems(problems, refused=file_refused, file=file if len(options.files) > 1 else "")
        refused = refused or file_refused
    return ExitCode.REFUSED if refused else ExitCode.PASSED


def _print_problems(problems: "Sequence[Problem]", *, refused: bool, file: str) -> None:
    """Print problems and the summary; `file` names the file where several are checked."""
    prefix = f"{one_line(file, 200)}: " if file else ""
    for problem in problems:
        where = f"{one_line(problem.where, 120)}: " if problem.where else ""
        say(f"{prefix}{problem.kind:<8} {where}{one_line(problem.message, 500)}", err=False)
    if refused:
        summary = "GitHub will refuse this file"
    elif problems:
        summary = f"GitHub will accept this file, with {plural(len(problems), 'remark')}"
    else:
        summary = "GitHub will accept this file completely"
    say(f"{prefix}{summary}", err=False)


@command(DiffOptions, examples=["gate sarif diff old.sarif new.sarif"])
def diff(options: DiffOptions) -> int:
    """Show which alerts GitHub opens and closes when NEW is uploaded after OLD."""
    from gate.output.sarif.diff import diff as compare

    context = paths.here()
    paths.check_output(context, options.json_file)
    change = compare(_read(options.old), _read(options.new), (_name(options.old), _name(options.new)))
    if options.json_file:
        document = {
            "opened": _rows(change.opened),
            "closed": _rows(change.closed),
            "kept": _rows(change.kept),
            "orphaned": _rows(change.orphaned),
        }
        paths.put(context, options.json_file, [strict_json.dumps(document, indent=2)], json=True)
    if options.json_file != paths.STDOUT:
        _print_change(change)
    return ExitCode.PASSED


def _rows(alerts: "Sequence[Alert]") -> list[dict[str, str]]:
    return [
        {"category": alert.category, "rule": alert.rule, "path": alert.path, "message": alert.message}
        for alert in alerts
    ]


def _print_change(change: "Diff") -> None:

    for verb, alerts in (("opens", change.opened), ("closes", change.closed)):
        for alert in alerts:
            say(f"{verb:<10} {one_line(alert.rule, 120)}  {one_line(alert.path, 120)}", err=False)
    for alert in change.orphaned:
        why = f"its category is not uploaded any more: {one_line(alert.category, 120) or 'none'}"
        say(f"stays open {one_line(alert.rule, 120)}  {one_line(alert.path, 120)}  ({why})", err=False)
    orphaned = f", {len(change.orphaned):,} stay open for ever" if change.orphaned else ""
    opened, closed, kept = (f"{len(alerts):,}" for alerts in (change.opened, change.closed, change.kept))
    noun = plural(len(change.opened), "alert").partition(" ")[2]
    say(f"{opened} {noun} will open, {closed} will close, {kept} stay{orphaned}", err=False)


def _read(file: str) -> bytes:
    from gate.output.sarif.reading import LARGEST

    return files.read(paths.source(paths.here(), file), limit=LARGEST, what="the SARIF file")


def _name(file: str) -> str:
    """Return how errors name a file."""
    return f"the SARIF file {one_line(file, 200)}"


sarif.add_command(check)
sarif.add_command(diff)
