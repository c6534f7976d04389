"""Trivy run over the private layouts of an image, one run a platform, side by side."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gate import files
from gate.errors import GateError, InputError, ToolFailedError
from gate.findings import Kind
from gate.image import PlatformImage
from gate.process import Command
from gate.progress import Progress
from gate.trivy import database, program
from gate.trivy.ahead import LARGEST
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
    "--config", os.devnull, "--ignorefile", os.devnull, "--secret-config", "",
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
class Bounds:
    """How much at a time, and how long one run may take in seconds."""

    jobs: int = 2
    timeout: float = 600.0


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
    commands = [_command(job, wanted, store.folder, bounds, world) for job in jobs]
    try:
        program.run(commands, jobs=bounds.jobs)
    except GateError as exc:
        if "Java DB" not in exc.problem:
            raise
        # Only a scan tells whether there is a Java archive in the image.
        database.java(world, store, source, progress)
        program.run([_command(job, wanted, store.folder, bounds, world) for job in jobs], jobs=bounds.jobs)
    return [_read(job, store) for job in jobs]


def _command(job: Job, scanners: Sequence[str], store: Path, bounds: Bounds, world: World) -> Command:
    cache = job.room / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for part in ("db", "java-db"):
        link = cache / part
        if (store / part).is_dir() and not link.is_symlink():
            link.symlink_to(store / part)
    args = ["image", "--input", str(job.layout), "--cache-dir", str(cache), *_QUIET]
    args += ["--scanners", ",".join(scanners), "--output", str(job.output), "--timeout", f"{bounds.timeout:.0f}s"]
    if "misconfig" in scanners:
        args += ["--image-config-scanners", "misconfig"]
    command = program.command(world, job.room, args, timeout=bounds.timeout * 1.1 + 1)
    return replace(command, env={**command.env, **_UNTIDY})


def _read(job: Job, store: database.Store) -> Report:
    """The report, if it is whole and about the image that was handed in."""
    try:
        data = files.read(job.output, limit=LARGEST, what="Trivy's report")
        report = parse(data, "Trivy's report", scanned=job.image, buckets=store.buckets)
    except InputError as exc:
        raise ToolFailedError(
            f"Trivy exited with 0 and left no usable report: {exc.problem}",
            hint="try again; if it stays, check which Trivy is installed",
        ) from exc
    program.check_version(report.version)
    return report
