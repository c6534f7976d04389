"""`gate prune` once its words are read."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from gate import __version__
from gate.cli import paths, requests, untyped
from gate.cli.outputs import check_writable, width
from gate.cli.paths import here
from gate.cli.printing import fail, say, show
from gate.errors import ExitCode, InputError, UsageError
from gate.github import api
from gate.io import files, strict_json
from gate.io.run_context import World
from gate.maintenance.prune import Fate, Incomplete, IncompleteVersion, KeptVersion, PruneRecord, Recorded, Rules
from gate.model.image import ImageRef, is_digest
from gate.pipeline import prune as pipeline
from gate.pipeline.prune import Done, Planned, PruneRequest
from gate.text import one_line, plural

if TYPE_CHECKING:
    from gate.deploy.manifests import Settled

_GHCR = "ghcr.io"
_LARGEST = 64 << 20
_QUESTIONS = 16


def prune(package: str, given: Mapping[str, Any]) -> int:
    """Carry out `gate prune`; the exit code. Raises any `GateError`."""
    from gate.output.progress_bar import watching
    from gate.registry import Access

    world = here()
    ref = _package(package, world)
    access = Access(plain_http=given["plain_http"], deadline=given["timeout"], jobs=_QUESTIONS)
    color = not requests.no_color(world, "auto", err=True)
    with watching(quiet=given["quiet"], color=color, say=say) as progress:
        if given["undo"]:
            return _undo(ref, given, world, progress)
        policy = untyped.loaded(world, given).policy
        digests, tags, perhaps = _deployed(ref, given["keep_from"], world, policy.manifests)
        terms = policy.prune
        rules = Rules(terms.older_than, terms.keep_last, terms.keep_tags, digests)
        record = _record_path(given, world)
        planned = pipeline.prepare(PruneRequest(ref, rules, tags, perhaps, access, given["timeout"]), world, progress)
        done = None
        if not digests & {one.digest for one in planned.versions} and not tags and digests:
            say(f"note: none of the digests that are deployed is in {ref.name}")
        if given["yes"] and planned.plan.steps:
            _write(record, _record(ref, planned, None, world, dry=False))  # before: a run may be cut off
            done = pipeline.carry_out(planned, world, progress, deadline=given["timeout"])
    if record and (done or not given["yes"]):
        _write(record, _record(ref, planned, done, world, dry=not given["yes"]))
    for incomplete in planned.plan.incomplete:
        _note_incomplete(incomplete)
    _tell(ref, planned, done, given, world)
    if done and record:
        undo = f"gate prune {ref.name} --undo {one_line(str(record), 300)}"
        say(f"to take it back within 30 days: {undo}")
    return _ended(done)


def _note_incomplete(found: Incomplete) -> None:
    names = ", ".join(one_line(tag, 140) for tag in found.version.tags)
    missing = plural(len(found.missing), "platform")
    lost = ", ".join(found.missing[:3])
    say(f"note: {names} stays, and {missing} of it is gone ({lost}): build and push it again")


def _ended(done: Done | None) -> int:
    if not done or not done.problem:
        return ExitCode.PASSED
    fail(done.problem, done.hint)
    return ExitCode.REGISTRY


def _package(text: str, world: World) -> ImageRef:
    """The package as it was named. Raises `UsageError`."""
    ref = ImageRef.parse(text)
    if text != ref.name:
        raise UsageError("a package is named without tag and digest", hint=f"like {ref.name}")
    if ref.registry != _GHCR and api.base(world) == "https://api.github.com":
        raise UsageError(f"{ref.name} is no package of GitHub", hint="it is like ghcr.io/owner/app")
    api.token(world)
    return ref


def _deployed(
    ref: ImageRef, names: Sequence[str], world: World, settled: "Settled"
) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """What files say is deployed: digests, wherever they are pulled from; tags of the package; tags of a mirror of it.

    Raises `InputError`, too for a file that names nothing, and for files that name nothing of this package.
    """
    digests, tags, perhaps = set[str](), set[str](), set[str]()
    named = [text for name in names for text in _named(ref, name, world, settled)]
    for text in named:
        if is_digest(text):
            digests.add(text)
            continue
        image = ImageRef.parse(text)
        if image.digest:
            digests.add(image.digest)
        elif image.tag and image.name.replace(":443/", "/", 1) == ref.name:
            tags.add(image.tag)
        elif image.tag and image.repository.rpartition("/")[2] == ref.repository.rpartition("/")[2]:
            perhaps.add(image.tag)
    if names and not (digests or tags or perhaps):
        raise InputError(
            f"the files of what is deployed name nothing of {ref.name}",
            hint="if it is not deployed, leave --keep-from out; else list what runs, by digest",
        )
    return frozenset(digests), frozenset(tags), frozenset(perhaps)


def _named(ref: ImageRef, name: str, world: World, settled: "Settled") -> Sequence[str]:
    """What a file names: images, as a deployment or a list has them, or bare digests. Raises `InputError`."""
    from gate.deploy.manifests import LARGEST, parse, settling_lines

    path = files.STDIN if name == "-" else paths.path(world, name)
    raw = files.read(path, limit=LARGEST, what="the file of what is deployed")
    lines = [line.strip() for line in raw.decode("utf-8", "replace").splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if lines and all(is_digest(line) for line in lines):
        return lines
    deployment = parse(raw, name, settled)
    if deployment.unread:
        one = deployment.unread[0]
        lines = settling_lines([deployment])
        raise InputError(
            f"what runs cannot be told: {one_line(name, 200)}:{one.line}:{one.column}: {one.path}: {one.why}",
            hint=f"list what runs, by digest, or say in gate.yaml: {_in_one_line(lines)}" if lines else one.hint,
        )
    for note in deployment.notes:
        if ref.repository in note:
            raise InputError(f"what runs cannot be told: {one_line(note, 400)}", hint="list what runs, by digest")
        say(f"note: {one_line(note, 400)}")
    if not deployment.images:
        raise InputError(f"{one_line(name, 200)} names no image", hint="is it the whole of what is deployed?")
    return [one.image for one in deployment.images]


def _in_one_line(lines: Sequence[str]) -> str:
    """The last of the lines that settle it, as `manifests: {example.com/Widget: none}`."""
    return f"manifests: {{{lines[-1].partition('  #')[0].strip()}}}"


def _record_path(given: Mapping[str, Any], world: World) -> Path | None:
    """Where the record goes. Raises `InputError` when it cannot be written: then nothing is deleted."""
    if given["record"]:
        path = paths.output(world, given["record"])
    elif given["yes"]:
        path = paths.output(world, f"gate-prune-{world.now:%Y%m%dT%H%M%SZ}.json")
    else:
        return None
    if path.exists():
        raise InputError(
            f"there is a record in {one_line(str(path), 200)}", hint="it can still undo something: name another file"
        )
    check_writable(path)
    return path


def _record(ref: ImageRef, planned: Planned, done: Done | None, world: World, *, dry: bool) -> PruneRecord:
    gone = {step.version.id for step in done.gone} if done else set()
    spared = {one.step.version.id: one.why for one in done.spared} if done else {}
    going = []
    for step in planned.plan.steps:
        one = step.version
        fate = Fate.GONE if one.id in gone else Fate.SPARED if one.id in spared else Fate.PLANNED
        going.append(
            Recorded(
                id=one.id, digest=one.digest, tags=one.tags, why=step.why, fate=fate, spared=spared.get(one.id, "")
            )
        )
    kept = tuple(KeptVersion(digest=o.version.digest, tags=o.version.tags, why=o.why) for o in planned.plan.kept)
    return PruneRecord(
        gate=__version__,
        package=ref.name,
        at=world.now,
        dry_run=dry,
        going=tuple(going),
        kept=kept,
        incomplete=tuple(
            IncompleteVersion(digest=one.version.digest, tags=one.version.tags, missing=one.missing)
            for one in planned.plan.incomplete
        ),
        freed=planned.plan.freed,
    )


def _write(path: Path | None, record: PruneRecord) -> None:
    if path:
        files.write(path, record.model_dump_json(indent=1).encode() + b"\n")


def _undo(ref: ImageRef, given: Mapping[str, Any], world: World, progress: Any) -> int:
    """Restore what a record says, the last deleted first."""
    raw = files.read(paths.path(world, given["undo"]), limit=_LARGEST, what="the record")
    try:
        record = PruneRecord.model_validate(strict_json.loads(raw, "the record"), strict=False)
    except ValidationError as exc:
        raise InputError(
            f"{one_line(given['undo'], 200)} is no record of gate prune", hint="name the file that --record wrote"
        ) from exc
    if record.package != ref.name:
        raise InputError(f"the record is of {one_line(record.package, 300)}, not of {ref.name}")
    if record.dry_run:
        raise InputError(
            f"{one_line(given['undo'], 200)} is the record of a dry run: nothing was deleted",
            hint="name the one that was written with --yes",
        )
    digests = {one.id: one.digest for one in reversed(record.going) if one.fate is not Fate.SPARED}
    package, versions = pipeline.restorable(ref, digests, world, deadline=given["timeout"])
    lost = sum(one.fate is Fate.GONE and one.id not in {two.id for two in versions} for one in record.going)
    if lost:
        say(f"note: {plural(lost, 'version')} cannot be restored any more, or is there again")
    if not given["yes"]:
        for one in versions:
            say(f"would restore {one.digest} {' '.join(one_line(tag, 140) for tag in one.tags)}".rstrip(), err=False)
        say(f"{plural(len(versions), 'version')} would be restored; add --yes to do it")
        return ExitCode.PASSED
    done = pipeline.restore(package, versions, world, progress, given["timeout"])
    if not given["quiet"]:
        say(f"{plural(len(done.gone), 'version')} restored", err=False)
    for spared in done.spared:
        say(f"note: {spared.step.version.digest} was not restored: {one_line(spared.why, 300)}")
    return _ended(done)


def _tell(ref: ImageRef, planned: Planned, done: Done | None, given: Mapping[str, Any], world: World) -> None:
    from gate.output import prune_terminal

    if given["quiet"]:
        return
    record = _record(ref, planned, done, world, dry=not given["yes"])
    color = not requests.no_color(world, "auto", err=False)
    text = prune_terminal.show(record, total=len(planned.versions), color=color, width=width())
    show(text, color=color)
