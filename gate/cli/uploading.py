"""Upload SARIF to GitHub's code scanning: for `gate upload`, and for `--upload` of `gate scan` and `gate judge`."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gate.cli import paths
from gate.cli.options import OutputOptions
from gate.cli.printing import fail, say, warn
from gate.cli.sarif_options import sarif_options
from gate.errors import ExitCode, GateError
from gate.github.target import Target, target, withheld
from gate.io import files
from gate.io.run_context import RunContext
from gate.model.verdict import Failure, Verdict, in_call_order
from gate.output.sarif.reading import LARGEST
from gate.pipeline import upload as pipeline
from gate.pipeline.upload import WAIT, Outcome, Ready
from gate.text import one_line, plural

if TYPE_CHECKING:
    from gate.output.sarif import Options


def read_files(context: RunContext, names: Sequence[str]) -> list[Ready]:
    """Read SARIF files and check them. Raises `InputError`."""
    read = [(name, files.read(paths.path(context, name), limit=LARGEST, what="the SARIF file")) for name in names]
    return pipeline.prepare(read)


def explain_parts(ready: Sequence[Ready]) -> int:
    """Say what would be sent."""
    for one in ready:
        for note in one.part.cut:
            say(f"note: {one.name}: {one_line(note)}")
        say(f"would upload {one.name}: {plural(one.part.results, 'result')}, nothing was sent")
    return ExitCode.PASSED


def check(context: RunContext) -> None:
    """Refuse early what cannot end well. Raises `UsageError`."""
    target(context)
    if not withheld(context):
        pipeline.check(context)


def upload_verdicts(
    context: RunContext,
    verdicts: Sequence[Verdict],
    options: OutputOptions,
    failures: Sequence[Failure] = (),
    *,
    platforms: Sequence[str] = (),
) -> int:
    """Upload what the verdicts are as SARIF; the exit code. Nothing is raised: the verdict counts for more."""
    if why := withheld(context):
        return skipped(why)
    try:
        to_sarif = sarif_options(context, options, platforms)
        parts = _documents(verdicts, failures, to_sarif, written=bool(options.sarif))
        ready = pipeline.prepare(list(parts))
        return send(context, ready, target(context), source=options.source, wait=WAIT, quiet=options.quiet)
    except GateError as exc:
        fail(exc.problem, exc.hint)
        return ExitCode.REGISTRY


def _documents(
    verdicts: Sequence[Verdict], failures: Sequence[Failure], options: "Options", *, written: bool
) -> Iterator[tuple[str, bytes]]:
    """The SARIF file, or several where there are more images than one holds; `written` says whether a file of it is."""
    from gate.output import sarif
    from gate.output.sarif import limits

    every = in_call_order(verdicts, failures)
    names = sarif.category_names(every, options)
    for start in range(0, len(every), limits.RUNS):
        part = every[start : start + limits.RUNS]
        some = [one for one in part if isinstance(one, Verdict)]
        own = [name for one, name in zip(part, names[start:], strict=False) if isinstance(one, Verdict)]
        if not some:
            continue
        rendered = sarif.render(some, options, names=own)
        if not written or len(every) > limits.RUNS:  # otherwise said when that file was written
            for note in rendered.cut:
                say(f"note: {one_line(note)}")
        yield f"the results of {plural(len(some), 'image')}", sarif.to_bytes(rendered.document)


def send(  # noqa: PLR0913 what is uploaded, where to, and how it is reported
    context: RunContext, ready: Sequence[Ready], where: Target, *, source: str | None, wait: float, quiet: bool
) -> int:
    """Send the files and say what became of each; the exit code."""
    for one in ready:
        for note in one.part.cut:
            say(f"note: {one.name}: {one_line(note)}")
    good = True
    for outcome in pipeline.upload(ready, where, context, checkout=_checkout(context, source), wait=wait):
        good = good and outcome.good
        _tell(outcome, where, quiet=quiet)
    return ExitCode.PASSED if good else ExitCode.REGISTRY


def _checkout(context: RunContext, source: str | None) -> Path:
    """The folder that absolute paths in a file lie in; our own has none."""
    own = context.env.get("GITHUB_WORKSPACE", "") if context.in_actions else ""
    return paths.path(context, source or own or ".")


def _tell(outcome: Outcome, where: Target, *, quiet: bool) -> None:
    name, part, made = outcome.ready.name, outcome.ready.part, outcome.made
    for warning in made.warnings:
        say(f"note: {name}: GitHub says: {warning}")
    if outcome.problem:
        fail(f"{name}: {outcome.problem}", outcome.hint)
    elif made.errors:
        fail(f"{name}: GitHub did not take it: {made.errors[0]}", made.hint)
        for error in made.errors[1:]:
            say(f"  and: {error}", fg="red")
    else:
        if made.results is not None and made.results != part.results:
            told = f"GitHub counts {made.results:,} of {plural(part.results, 'result')}"
            say(f"note: {name}: {told}")
        if not quiet:
            what = f"{plural(part.results, 'result')} for {one_line(where.repository)} {one_line(where.ref, 200)}"
            say(f"uploaded {name}: {what}")


def skipped(why: str) -> int:
    """Say why nothing was uploaded; the exit code."""
    hint = "the verdict stands; results of a fork are shown once a run of the repository itself uploads them"
    warn(f"NOTHING WAS UPLOADED to GitHub: {one_line(why, 500)}", hint)
    return ExitCode.PASSED
