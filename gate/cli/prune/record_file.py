"""The record of `gate prune`: a file that says what was deleted, which `--undo` reads back."""

from pathlib import Path

from pydantic import ValidationError

from gate import __version__
from gate.cli import paths
from gate.errors import InputError
from gate.io import files, strict_json
from gate.io.run_context import RunContext
from gate.maintenance.prune import Fate, IncompleteVersion, KeptVersion, PruneRecord, Recorded, Step
from gate.model.image import ImageRef
from gate.pipeline.prune import PrunePlan, PruneResult
from gate.text import one_line

_LARGEST = 64 << 20
"""Bytes of a record."""


def path(context: RunContext, file: str | None, *, yes: bool) -> Path | None:
    """Return where the record goes; None for no record. Raises `InputError` when it cannot be written."""
    if file:
        place = paths.output(context, file)
    elif yes:
        place = paths.output(context, f"gate-prune-{context.now:%Y%m%dT%H%M%SZ}.json")
    else:
        return None
    if place.exists():
        raise InputError(
            f"{one_line(str(place), 200)} exists already", hint="it may be needed for --undo: name another file"
        )
    files.check_writable(place)
    return place


def make(
    package: ImageRef, planned: PrunePlan, done: PruneResult | None, context: RunContext, *, dry_run: bool
) -> PruneRecord:
    """Return the record of what is planned (`done` is None), or of what was done."""
    deleted = {step.version.id for step in done.completed} if done else set[int]()
    spared = {spared.step.version.id: spared.why for spared in done.skipped} if done else {}

    def recorded(step: Step) -> Recorded:
        version = step.version
        fate = Fate.GONE if version.id in deleted else Fate.SPARED if version.id in spared else Fate.PLANNED
        return Recorded(
            id=version.id,
            digest=version.digest,
            tags=version.tags,
            why=step.why,
            fate=fate,
            spared=spared.get(version.id, ""),
        )

    return PruneRecord(
        gate=__version__,
        package=package.name,
        at=context.now,
        dry_run=dry_run,
        going=tuple(map(recorded, planned.plan.steps)),
        kept=tuple(
            KeptVersion(digest=kept.version.digest, tags=kept.version.tags, why=kept.why) for kept in planned.plan.kept
        ),
        incomplete=tuple(
            IncompleteVersion(
                digest=incomplete.version.digest, tags=incomplete.version.tags, missing=incomplete.missing
            )
            for incomplete in planned.plan.incomplete
        ),
        freed=planned.plan.freed,
    )


def write(place: Path, record: PruneRecord) -> None:
    """Write the record, in place of an earlier one of the same run. Raises `InputError`."""
    files.write(place, record.model_dump_json(indent=1).encode() + b"\n")


def read(context: RunContext, file: str, package: ImageRef) -> PruneRecord:
    """Read the record of what was deleted from a package. Raises `InputError`."""
    data = files.read(paths.path(context, file), limit=_LARGEST, what="the record")
    try:
        record = PruneRecord.model_validate(strict_json.loads(data, "the record"), strict=False)
    except ValidationError as exc:
        raise InputError(
            f"{one_line(file, 200)} is no record of gate prune", hint="name the file that --record wrote"
        ) from exc
    if record.package != package.name:
        raise InputError(f"the record is of {one_line(record.package, 300)}, not of {package.name}")
    if record.dry_run:
        raise InputError(
            f"{one_line(file, 200)} is the record of a dry run: nothing was deleted",
            hint="name the one that was written with --yes",
        )
    return record
