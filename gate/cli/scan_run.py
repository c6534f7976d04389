"""`gate scan` and `gate judge` once their words are read."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gate.cli import paths, requests
from gate.cli.outputs import Outputs
from gate.cli.paths import STDOUT, here
from gate.cli.printing import fail, say
from gate.cli.reports import summarize
from gate.errors import ExitCode, UsageError
from gate.io.run_context import World
from gate.model.reported_name import parse_name
from gate.model.verdict import Failure
from gate.pipeline import Outcome
from gate.text import one_line

if TYPE_CHECKING:
    from gate.model.sign_result import SignResult


def scan(images: Sequence[str], given: Mapping[str, Any]) -> int:
    """Carry out `gate scan`; the exit code. Raises any `GateError`."""
    from gate.output.progress_bar import watching
    from gate.pipeline.scan import scan as run
    from gate.trivy.sbom import Format

    world = here()
    outputs = Outputs(world, given)
    _check_github(world, given)
    loaded = requests.loaded(world, given)
    world = requests.with_tools(world, loaded)
    formats = [Format(name) for name in dict.fromkeys(given["sbom_format"])]
    first = formats[0]
    if given["sign"]:
        from gate.cli.signing import check

        first = check(loaded, given, Format.CYCLONEDX if Format.CYCLONEDX in formats else first)
    more = [form for form in formats if form is not first] if given["sbom"] else []
    asked = requests.scan_request(
        world, loaded, images, given, first if given["sbom"] or given["sign"] else None, more_sboms=more
    )
    color = not requests.no_color(world, given["color"], err=True)
    with watching(quiet=given["quiet"], color=color, say=say) as progress:
        outcome = run(asked, world, progress)
    bills = dict(zip([first, *more], [outcome.sboms, *outcome.more_sboms], strict=True))
    outputs.write(
        outcome.verdicts, {form: bills[form] for form in formats} if given["sbom"] else {}, failures=outcome.failures
    )
    _explain(outcome.failures, sign=given["sign"])
    if sha256 := outputs.verdict_sha256():
        said = f"the SHA-256 of {one_line(given['json_file'], 200)} is {sha256}"
        say(f"note: {said}; bind it with: gate sign --verdict-sha256")
    signed: Sequence[SignResult] = ()
    try:
        decided = _uploaded(world, outcome, given)
        if given["sign"] and decided == ExitCode.PASSED:
            from gate.cli import signing

            signed = signing.sign_all(world, loaded, outcome.verdicts, outcome.sboms, given)
            decided = signing.code(signed)
    finally:
        _tell(world, given, outcome, signed)
    return decided


def _explain(failures: Sequence[Failure], *, sign: bool) -> None:
    """Name each image that has no verdict, and why."""
    for one in failures:
        fail(f"{one.image}: {one.problem}", one.hint)
    if failures and sign:
        text = "warning: NOTHING WAS SIGNED: images of one call are signed when all of them pass"
        say(text, fg="yellow", bold=True)


def judge(reports: Sequence[str], given: Mapping[str, Any]) -> int:
    """Carry out `gate judge`; the exit code. Raises any `GateError`."""
    from gate.pipeline.judge import JudgeRequest, Judging
    from gate.trivy.report_files import read_database

    world = here()
    outputs = Outputs(world, given)
    _check_github(world, given)
    loaded = requests.loaded(world, given)
    asked = JudgeRequest(
        reports=tuple(paths.source(world, report) for report in reports),
        loaded=loaded,
        kinds=requests.kinds(given),
        baseline=given["baseline"],
        baseline_of_any_image=given["baseline_of_any_image"],
        name=parse_name(given["name"]) if given["name"] else "",
        database=read_database(paths.path(world, given["database"])) if given["database"] else None,
        offline=given["offline"],
        roots=requests.roots(world, given),
    )
    if reports.count(STDOUT) > 1:
        raise UsageError("standard input is one report", hint="give the others as files")
    outcome = Judging(asked, requests.with_tools(world, loaded)).outcome()
    outputs.write(outcome.verdicts, {}, outcome.failures)
    _explain(outcome.failures, sign=False)
    if outcome.failures and given["comment"] and not (given["name"] or given["category"]):
        what = "it is unknown which image an unreadable report is about, so an earlier comment about it stays"
        say(f"note: {what}: --category names the comment")
    undated = [one for one in outcome.verdicts if one.scanner.database is None]
    if not given["quiet"] and any(reason.rule == "max_database_age" for one in undated for reason in one.reasons):
        say("note: name the database that the reports were made with: --database FILE")
    try:
        if outcome.failures and given["upload"]:
            return _not_uploaded(outcome)
        return _uploaded(world, outcome, given)
    finally:
        _tell(world, given, outcome)


def _not_uploaded(outcome: Outcome) -> int:
    """Upload nothing: a report that cannot be read may be of one of the other images, whose alerts would be closed."""
    say("warning: NOTHING WAS UPLOADED to GitHub: not every report could be read", fg="yellow", bold=True)
    say(" hint: it is unknown which image such a report is about; mend or leave it out", fg="cyan")
    return code(outcome)


def _check_github(world: World, given: Mapping[str, Any]) -> None:
    if given["upload"]:
        from gate.cli.uploading import check

        check(world)
    if given["comment"]:
        from gate.cli import pr_comment

        pr_comment.check(world)


def _tell(world: World, given: Mapping[str, Any], outcome: Outcome, signed: "Sequence[SignResult]" = ()) -> None:
    """Where people of GitHub look. Raises `InputError` when the summary cannot be written."""
    if given["comment"]:
        from gate.cli.pr_comment import comment

        comment(world, given, outcome, signed)
    summarize(world, given, outcome, signed)


def _uploaded(world: World, outcome: Outcome, given: Mapping[str, Any]) -> int:
    """The exit code, once the results are with GitHub if that was asked for: a refusal counts for more than that."""
    decided = code(outcome)
    if not given["upload"]:
        return decided
    from gate.cli.uploading import upload_verdicts

    uploaded = upload_verdicts(world, outcome.verdicts, given, outcome.failures)
    return decided or uploaded


def code(outcome: Outcome) -> int:
    """0 when every image passed; the lowest code of the images that failed, if any; else 10. No verdict is no pass."""
    if outcome.failures:
        return min(one.code for one in outcome.failures)
    passed = bool(outcome.verdicts) and all(one.passed for one in outcome.verdicts)
    return ExitCode.PASSED if passed else ExitCode.REFUSED
