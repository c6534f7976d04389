"""Trivy run over the private layouts of an image, one run a platform, side by side."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from gate import cores, files
from gate.errors import GateError, InputError, ToolFailedError
from gate.findings import Kind
from gate.image import PlatformImage
from gate.process import Command
from gate.progress import Progress
from gate.trivy import database, program
from gate.trivy.ahead import LARGEST
from gate.trivy.joined import joined
from gate.trivy.pieces import Cut, Part, cut
from gate.trivy.report import Report, parse
from gate.world import World

_SCANNERS = {
    Kind.VULNERABILITY: "vuln",
    Kind.SECRET: "secret",
    Kind.MISCONFIGURATION: "misconfig",
    Kind.LICENCE: "license",
}
# Nothing may be fetched, reported or looked up while scanning; nothing may be muted by the place it runs in.
_QUIET = (
    "--cache-backend", "memory",  # the file cache is locked for a whole scan
    "--skip-db-update", "--skip-java-db-update", "--skip-check-update", "--skip-vex-repo-update",
    "--skip-version-check", "--disable-telemetry", "--offline-scan",
    "--config", os.devnull, "--ignorefile", os.devnull,
    "--format", "json", "--list-all-pkgs", "--quiet",
)  # fmt: skip

# Go tidies its memory up while it works. Doing so less often is a tenth quicker; from the limit on it is thorough.
_UNTIDY = {"GOGC": "400", "GOMEMLIMIT": "2GiB"}


@dataclass(frozen=True)
class Job:
    """One platform to scan: its private layout, and a folder of its own to work in."""

    image: PlatformImage
    layout: Path
    room: Path

    @property
    def output(self) -> Path:
        """Where Trivy writes its report."""
        return self.room / "report.json"


@dataclass(frozen=True)
class _Run:
    """What one run of Trivy looks for, and where; `settings` are of its search for secrets."""

    job: Job
    scanners: Sequence[str]
    settings: Path | None = None


@dataclass(frozen=True)
class Bounds:
    """How many platforms at a time, how long one run may take in seconds, and on how many cores all of it is done."""

    jobs: int = 2
    timeout: float = 600.0
    cores: int = field(default_factory=cores.usable)


def scan(  # noqa: PLR0913 each is another room's
    jobs: Sequence[Job],
    kinds: Iterable[Kind],
    *,
    store: database.Store,
    source: database.Source,
    bounds: Bounds,
    world: World,
    progress: Progress,
) -> list[Report]:
    """A report for each job, in order. Raises `ToolMissingError`, `ToolFailedError`, `InputError`, `RegistryError`."""
    wanted = [_SCANNERS[kind] for kind in _SCANNERS if kind in set(kinds)]
    cuts = [cut(job.image, job.layout, job.room, _to_spare(jobs, wanted, bounds)) for job in jobs]
    runs = [_Run(job, wanted, one.settings) for job, one in zip(jobs, cuts, strict=True)]
    runs += [_Run(_job(part), ["secret"]) for one in cuts for part in one.parts]
    at_once = bounds.jobs if len(runs) == len(jobs) else len(jobs) + bounds.cores
    try:
        program.run([_command(one, store.folder, bounds, world) for one in runs], jobs=at_once)
    except GateError as exc:
        if "Java DB" not in exc.problem:
            raise
        # Only a scan tells whether there is a Java archive in the image.
        database.java(world, store, source, progress)
        program.run([_command(one, store.folder, bounds, world) for one in runs], jobs=at_once)
    return [_read(job, one, store) for job, one in zip(jobs, cuts, strict=True)]


def _to_spare(jobs: Sequence[Job], scanners: Sequence[str], bounds: Bounds) -> int:
    """How many cores each platform has to itself: where platforms wait for each other, there is nothing to spare."""
    return bounds.cores // len(jobs) if "secret" in scanners and len(jobs) <= bounds.jobs else 1


def _job(part: Part) -> Job:
    return Job(part.image, part.layout, part.room)


def _command(run: _Run, store: Path, bounds: Bounds, world: World) -> Command:
    job, scanners = run.job, run.scanners
    cache = job.room / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for part in ("db", "java-db"):
        link = cache / part
        if (store / part).is_dir() and not link.is_symlink():
            link.symlink_to(store / part)
    args = ["image", "--input", str(job.layout), "--cache-dir", str(cache), *_QUIET]
    args += ["--secret-config", str(run.settings or "")]
    args += ["--scanners", ",".join(scanners), "--output", str(job.output), "--timeout", f"{bounds.timeout:.0f}s"]
    if "misconfig" in scanners:
        args += ["--image-config-scanners", "misconfig"]
    command = program.command(world, job.room, args, timeout=bounds.timeout * 1.1 + 1)
    return replace(command, env={**command.env, **_UNTIDY})


def _read(job: Job, pieces: Cut, store: database.Store) -> Report:
    """The report, if it is whole and about the image that was handed in, with what was found in the pieces of it."""
    what = "Trivy's report"
    try:
        parts = ((part, files.read(_job(part).output, limit=LARGEST, what=what)) for part in pieces.parts)
        apart = joined(parts, job.image, what)
        data = files.read(job.output, limit=LARGEST, what=what)
        report = parse(data, what, scanned=job.image, buckets=store.buckets, apart=apart)
    except InputError as exc:
        raise ToolFailedError(
            f"Trivy exited with 0 and left no usable report: {exc.problem}",
            hint="try again; if it stays, check which Trivy is installed",
        ) from exc
    program.check_version(report.version)
    return report
