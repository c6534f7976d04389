"""Upload SARIF to GitHub's code scanning: for `gate upload`, and for `--upload` of `gate scan` and `gate judge`."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gate.cli import paths
from gate.cli.options import OutputOptions
from gate.cli.outputs import documents
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
    """Print what would be uploaded; the exit code."""
    _say_cuts(ready)
    for document in ready:
        say(f"would upload {document.name}: {plural(document.part.results, 'result')}, nothing was sent")
    return ExitCode.PASSED


def _say_cuts(ready: Sequence[Ready]) -> None:
    """Print what was left out of each file."""
    for document in ready:
        for note in document.part.cut:
            say(f"note: {document.name}: {one_line(note)}")


def check(context: RunContext) -> None:
    """Check that results can be uploaded. Raises `UsageError`."""
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
    """Upload the verdicts as SARIF; the exit code. Errors are printed, not raised: the verdict takes precedence."""
    if why := withheld(context):
        return skipped(why)
    try:
        to_sarif = sarif_options(context, options, platforms)
        parts = _documents(verdicts, failures, to_sarif, written="sarif" in dict(documents(options)))
        ready = pipeline.prepare(list(parts))
        return send(context, ready, target(context), source=options.source, wait=WAIT, quiet=options.quiet)
    except GateError as exc:
        fail(exc.problem, exc.hint)
        return ExitCode.REGISTRY


def _documents(
    verdicts: Sequence[Verdict], failures: Sequence[Failure], options: "Options", *, written: bool
) -> Iterator[tuple[str, bytes]]:
    """Yield SARIF files with as many images as they can hold; `written`: notes on a single file are printed already."""
    from gate.output import sarif
    from gate.output.sarif import limits

    images = in_call_order(verdicts, failures)
    named = list(zip(images, sarif.category_names(images, options), strict=True))
    for start in range(0, len(named), limits.RUNS):
        part = [(image, name) for image, name in named[start : start + limits.RUNS] if isinstance(image, Verdict)]
        if not part:
            continue
        rendered = sarif.render([verdict for verdict, _ in part], options, names=[name for _, name in part])
        if not written or len(images) > limits.RUNS:
            for note in rendered.cut:
                say(f"note: {one_line(note)}")
        yield f"the results of {plural(len(part), 'image')}", sarif.to_bytes(rendered.document)


def send(  # noqa: PLR0913 what is uploaded, where to, and how it is reported
    context: RunContext, ready: Sequence[Ready], where: Target, *, source: str | None, wait: float, quiet: bool
) -> int:
    """Upload the files and print the result of each; the exit code. `wait` is in seconds."""
    _say_cuts(ready)
    good = True
    for outcome in pipeline.upload(ready, where, context, checkout=_checkout(context, source), wait=wait):
        good = good and outcome.good
        _report(outcome, where, quiet=quiet)
    return ExitCode.PASSED if good else ExitCode.REGISTRY


def _checkout(context: RunContext, source: str | None) -> Path:
    """Return the directory that absolute paths in a file are in; our own files have none."""
    own = context.env.get("GITHUB_WORKSPACE", "") if context.in_actions else ""
    return paths.path(context, source or own or ".")


def _report(outcome: Outcome, where: Target, *, quiet: bool) -> None:
    name, part, made = outcome.ready.name, outcome.ready.part, outcome.made
    for warning in made.warnings:
        say(f"note: {name}: GitHub says: {warning}")
    if outcome.problem:
        fail(f"{name}: {outcome.problem}", outcome.hint)
    elif made.errors:
        fail(f"{name}: GitHub refused it: {made.errors[0]}", made.hint)
        for error in made.errors[1:]:
            say(f"  and: {error}", fg="red")
    else:
        if made.results is not None and made.results != part.results:
            say(f"note: {name}: GitHub counts {made.results:,} of {plural(part.results, 'result')}")
        if not quiet:
            what = f"{plural(part.results, 'result')} for {one_line(where.repository)} {one_line(where.ref, 200)}"
            say(f"uploaded {name}: {what}")


def skipped(why: str) -> int:
    """Print why nothing was uploaded; the exit code."""
    hint = "the verdict is unchanged; results of a fork are shown once a run of the repository itself uploads them"
    warn(f"NOTHING WAS UPLOADED to GitHub: {one_line(why, 500)}", hint)
    return ExitCode.PASSED
