"""`gate upload`, and `--upload` of `gate scan` and `gate judge`, once their words are read."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gate.cli import paths
from gate.cli.paths import here
from gate.cli.printing import fail, say
from gate.cli.sarif_options import sarif_options
from gate.errors import ExitCode, GateError
from gate.github.target import Target, target, withheld
from gate.io import files
from gate.io.run_context import World
from gate.model.verdict import Failure, Verdict, in_call_order
from gate.output.sarif.reading import LARGEST
from gate.pipeline import upload as pipeline
from gate.pipeline.upload import WAIT, Outcome, Ready
from gate.text import one_line, plural


def upload(names: Sequence[str], given: Mapping[str, Any]) -> int:
    """Carry out `gate upload`; the exit code. Raises any `GateError`."""
    world = here()
    if given["dry_run"]:
        return _checked(_ready(world, names))
    to = target(world, given["repository"], given["ref"], given["commit"])
    if why := withheld(world, given["ref"]):
        return _skipped(why)
    pipeline.check(world)
    return _uploaded(world, _ready(world, names), to, given, wait=given["wait"], quiet=False)


def _ready(world: World, names: Sequence[str]) -> list[Ready]:
    read = [(name, files.read(paths.path(world, name), limit=LARGEST, what="the SARIF file")) for name in names]
    return pipeline.prepare(read)


def _checked(ready: Sequence[Ready]) -> int:
    """Say what would be sent."""
    for one in ready:
        for note in one.part.cut:
            say(f"note: {one.name}: {one_line(note)}")
        say(f"would upload {one.name}: {plural(one.part.results, 'result')}, nothing was sent")
    return ExitCode.PASSED


def check(world: World) -> None:
    """Refuse early what cannot end well. Raises `UsageError`."""
    target(world)
    if not withheld(world):
        pipeline.check(world)


def upload_verdicts(
    world: World, verdicts: Sequence[Verdict], given: Mapping[str, Any], failures: Sequence[Failure] = ()
) -> int:
    """Upload what the verdicts are as SARIF; the exit code. Nothing is raised: the verdict counts for more."""
    if why := withheld(world):
        return _skipped(why)
    try:
        ready = pipeline.prepare(list(_documents(world, verdicts, given, failures)))
        return _uploaded(world, ready, target(world), given, wait=WAIT, quiet=given["quiet"])
    except GateError as exc:
        _bad(exc.problem, exc.hint)
        return ExitCode.REGISTRY


def _documents(
    world: World, verdicts: Sequence[Verdict], given: Mapping[str, Any], failures: Sequence[Failure]
) -> Iterator[tuple[str, bytes]]:
    """The SARIF file, or several where there are more images than one holds."""
    from gate.output import sarif
    from gate.output.sarif import limits

    options = sarif_options(world, given)
    every = in_call_order(verdicts, failures)
    names = sarif.category_names(every, options)
    for start in range(0, len(every), limits.RUNS):
        part = every[start : start + limits.RUNS]
        some = [one for one in part if isinstance(one, Verdict)]
        own = [name for one, name in zip(part, names[start:], strict=False) if isinstance(one, Verdict)]
        if not some:
            continue
        rendered = sarif.render(some, options, names=own)
        if not given["sarif"] or len(every) > limits.RUNS:  # otherwise told when that file was written
            for note in rendered.cut:
                say(f"note: {one_line(note)}")
        yield f"the results of {plural(len(some), 'image')}", sarif.to_bytes(rendered.document)


def _uploaded(  # noqa: PLR0913 what is uploaded, where to, and how it is told
    world: World, ready: Sequence[Ready], where: Target, given: Mapping[str, Any], *, wait: float, quiet: bool
) -> int:
    for one in ready:
        for note in one.part.cut:
            say(f"note: {one.name}: {one_line(note)}")
    good = True
    for outcome in pipeline.upload(ready, where, world, checkout=_checkout(world, given), wait=wait):
        good = good and outcome.good
        _tell(outcome, where, quiet=quiet)
    return ExitCode.PASSED if good else ExitCode.REGISTRY


def _checkout(world: World, given: Mapping[str, Any]) -> Path:
    """The folder that absolute paths in a file lie in; our own has none."""
    own = world.env.get("GITHUB_WORKSPACE", "") if world.in_actions else ""
    return paths.path(world, given["source"] or own or ".")


def _tell(outcome: Outcome, where: Target, *, quiet: bool) -> None:
    name, part, made = outcome.ready.name, outcome.ready.part, outcome.made
    for warning in made.warnings:
        say(f"note: {name}: GitHub says: {warning}")
    if outcome.problem:
        _bad(f"{name}: {outcome.problem}", outcome.hint)
    elif made.errors:
        _bad(f"{name}: GitHub did not take it: {made.errors[0]}", made.hint)
        for error in made.errors[1:]:
            say(f"  and: {error}", fg="red")
    else:
        if made.results is not None and made.results != part.results:
            told = f"GitHub counts {made.results:,} of {plural(part.results, 'result')}"
            say(f"note: {name}: {told}")
        if not quiet:
            what = f"{plural(part.results, 'result')} for {one_line(where.repository)} {one_line(where.ref, 200)}"
            say(f"uploaded {name}: {what}")


def _skipped(why: str) -> int:
    say(f"warning: NOTHING WAS UPLOADED to GitHub: {one_line(why, 500)}", fg="yellow", bold=True)
    hint = "the verdict stands; results of a fork are shown once a run of the repository itself uploads them"
    say(f" hint: {hint}", fg="cyan")
    return ExitCode.PASSED


def _bad(problem: str, hint: str) -> None:
    fail(problem, hint)
