"""Run Trivy on the private layouts of an image, twice for each platform: on its layers and on its configuration."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gate.errors import GateError, InputError, ToolFailedError
from gate.io import files
from gate.io.process import Command
from gate.io.progress import Progress
from gate.io.run_context import RunContext
from gate.model.findings import Kind
from gate.model.image import PlatformImage
from gate.trivy import database, program
from gate.trivy.database_store import DatabaseStore
from gate.trivy.identity import ScannedLayout
from gate.trivy.image_configuration import lay_out
from gate.trivy.report import LARGEST, ConfigurationReport, Report, parse_report

_SCANNERS = {
    Kind.VULNERABILITY: "vuln",
    Kind.SECRET: "secret",
    Kind.MISCONFIGURATION: "misconfig",
    Kind.LICENCE: "license",
}
_CONFIGURATION = {"secret", "misconfig"}
"""The scanners that run on an image's configuration."""
# No network access while scanning, and no settings or ignore file from the working directory.
_QUIET = (
    "--cache-backend", "memory",  # the file cache is locked for a whole scan
    "--skip-db-update", "--skip-java-db-update", "--skip-check-update", "--skip-vex-repo-update",
    "--skip-version-check", "--disable-telemetry", "--offline-scan",
    "--config", os.devnull, "--ignorefile", os.devnull,
    "--format", "json", "--list-all-pkgs", "--quiet",
)  # fmt: skip

_REPORT = "report.json"
_DISK_ANYWAY = 512 << 20
_DISK_RATIO = 4
"""Bytes that Trivy may write for each byte of the layout: it unpacks archives in archives and copies databases."""

# Go's garbage collector runs less often, which saves a tenth of the time; above the limit it runs as usual.
_RARE_GARBAGE_COLLECTION = {"GOGC": "400", "GOMEMLIMIT": "2GiB"}


@dataclass(frozen=True)
class Job:
    """One platform to scan: its private layout, and a working directory of its own."""

    image: PlatformImage
    layout: Path
    workdir: Path

    @property
    def output(self) -> Path:
        """Where Trivy writes its report."""
        return self.workdir / _REPORT


@dataclass(frozen=True)
class _Run:
    """One run of Trivy, on the layers of a platform or on its configuration."""

    layout: Path
    workdir: Path
    scanners: Sequence[str]
    configuration: ScannedLayout | None = None
    """The identity of the image that stands for the configuration; None in a run on layers."""

    @property
    def output(self) -> Path:
        """Where Trivy writes its report."""
        return self.workdir / _REPORT


@dataclass(frozen=True)
class Bounds:
    """Parallel runs of Trivy, and the timeout of each in seconds."""

    jobs: int = 2
    timeout: float = 600.0


def scan(  # noqa: PLR0913 each comes from another package
    jobs: Sequence[Job],
    kinds: Iterable[Kind],
    *,
    store: DatabaseStore,
    source: database.DatabaseSource,
    bounds: Bounds,
    context: RunContext,
    progress: Progress,
) -> list[Report]:
    """Return a report for each job, in order.

    Raises `ToolMissingError`, `ToolFailedError`, `InputError`, `RegistryError`.
    """
    selected = set(kinds)
    scanners = [scanner for kind, scanner in _SCANNERS.items() if kind in selected]
    runs = [_runs(job, scanners) for job in jobs]
    commands = [_command(run, store.folder, bounds, context) for of_job in runs for run in of_job]
    try:
        program.run(commands, jobs=bounds.jobs)
    except GateError as exc:
        if "Java DB" not in exc.problem:
            raise
        # Only a scan shows whether there is a Java archive in the image.
        database.java(context, store, source, progress)
        commands = [_command(run, store.folder, bounds, context) for of_job in runs for run in of_job]
        program.run(commands, jobs=bounds.jobs)
    return [_read(job, of_job, store) for job, of_job in zip(jobs, runs, strict=True)]


def _runs(job: Job, scanners: Sequence[str]) -> list[_Run]:
    """The run on the layers, then the one on the configuration if that has something to find."""
    runs = [_Run(job.layout, job.workdir, scanners)]
    if of_configuration := [scanner for scanner in scanners if scanner in _CONFIGURATION]:
        workdir = job.workdir / "configuration"
        scanned_layout = lay_out(job.image, job.layout, workdir / "layout")
        runs.append(_Run(workdir / "layout", workdir, of_configuration, scanned_layout))
    return runs


def _command(run: _Run, store: Path, bounds: Bounds, context: RunContext) -> Command:
    cache = run.workdir / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for part in ("db", "java-db"):
        link = cache / part
        if (store / part).is_dir() and not link.is_symlink():
            link.symlink_to(store / part)
    args = ["image", "--input", str(run.layout), "--cache-dir", str(cache), *_QUIET]
    args += ["--secret-config", "", "--scanners", ",".join(run.scanners)]
    args += ["--output", str(run.output), "--timeout", f"{bounds.timeout:.0f}s"]
    if run.configuration and "misconfig" in run.scanners:
        args += ["--image-config-scanners", "misconfig"]
    size = sum(path.stat().st_size for path in (run.layout / "blobs" / "sha256").iterdir())
    limit = _DISK_ANYWAY + _DISK_RATIO * size
    command = program.command(context, run.workdir, args, timeout=bounds.timeout * 1.1 + 1, disk_limit=limit)
    return replace(command, env={**command.env, **_RARE_GARBAGE_COLLECTION})


def _read(job: Job, runs: Sequence[_Run], store: DatabaseStore) -> Report:
    """Read the reports of a platform; they must be complete and about the scanned image."""
    what = "Trivy's report"
    try:
        report = parse_report(
            files.read(job.output, limit=LARGEST, what=what),
            what,
            scanned=job.image,
            buckets=store.buckets,
            configuration=_configuration_report(runs),
        )
    except InputError as exc:
        raise ToolFailedError(
            f"Trivy exited with 0 and left no usable report: {exc.problem}",
            hint="try again; if it stays, check which Trivy is installed",
        ) from exc
    program.check_version(report.version)
    return report


def _configuration_report(runs: Sequence[_Run]) -> ConfigurationReport | None:
    for run in runs:
        if run.configuration:
            data = files.read(run.output, limit=LARGEST, what="Trivy's report on the configuration")
            return ConfigurationReport(data, run.configuration, misconfigurations="misconfig" in run.scanners)
    return None
