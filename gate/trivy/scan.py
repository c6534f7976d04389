"""Run Trivy on the private layouts of an image, twice for each platform: on its layers and on its configuration."""

import os
from collections.abc import Iterable, Iterator, Sequence
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
from gate.trivy.configuration import Configuration, lay_out
from gate.trivy.database_store import DatabaseStore
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
        return _report_in(self.workdir)


@dataclass(frozen=True)
class _Run:
    """One run of Trivy: its layout and scanners."""

    layout: Path
    workdir: Path
    scanners: Sequence[str]
    is_configuration: bool = False

    @property
    def output(self) -> Path:
        """Where Trivy writes its report."""
        return _report_in(self.workdir)


@dataclass(frozen=True)
class _Platform:
    """The parts of one platform that are scanned: its layers, and its configuration."""

    job: Job
    configuration: Configuration | None = None


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
    wanted = [_SCANNERS[kind] for kind in _SCANNERS if kind in set(kinds)]
    platforms = [_platform(job, wanted) for job in jobs]
    runs = [run for one in platforms for run in _runs(one, wanted)]
    try:
        program.run([_command(one, store.folder, bounds, context) for one in runs], jobs=bounds.jobs)
    except GateError as exc:
        if "Java DB" not in exc.problem:
            raise
        # Only a scan shows whether there is a Java archive in the image.
        database.java(context, store, source, progress)
        program.run([_command(one, store.folder, bounds, context) for one in runs], jobs=bounds.jobs)
    return [_read(one, wanted, store) for one in platforms]


def _platform(job: Job, scanners: Sequence[str]) -> _Platform:
    if not _CONFIGURATION.intersection(scanners):
        return _Platform(job)
    return _Platform(job, lay_out(job.image, job.layout, _configuration_in(job) / "layout"))


def _runs(platform: _Platform, scanners: Sequence[str]) -> Iterator[_Run]:
    job = platform.job
    yield _Run(job.layout, job.workdir, scanners)
    if platform.configuration:
        some = [one for one in scanners if one in _CONFIGURATION]
        yield _Run(platform.configuration.layout, _configuration_in(job), some, is_configuration=True)


def _configuration_in(job: Job) -> Path:
    return job.workdir / "configuration"


def _report_in(folder: Path) -> Path:
    return folder / "report.json"


def _command(run: _Run, store: Path, bounds: Bounds, context: RunContext) -> Command:
    cache = run.workdir / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for part in ("db", "java-db"):
        link = cache / part
        if (store / part).is_dir() and not link.is_symlink():
            link.symlink_to(store / part)
    args = ["image", "--input", str(run.layout), "--cache-dir", str(cache), *_QUIET]
    args += [
        "--secret-config",
        "",
        "--scanners",
        ",".join(run.scanners),
        "--output",
        str(run.output),
        "--timeout",
        f"{bounds.timeout:.0f}s",
    ]
    if run.is_configuration and "misconfig" in run.scanners:
        args += ["--image-config-scanners", "misconfig"]
    limit = _DISK_ANYWAY + _DISK_RATIO * sum(
        path.stat().st_size for path in (run.layout / "blobs" / "sha256").iterdir()
    )
    command = program.command(context, run.workdir, args, timeout=bounds.timeout * 1.1 + 1, disk_limit=limit)
    return replace(command, env={**command.env, **_RARE_GARBAGE_COLLECTION})


def _read(platform: _Platform, scanners: Sequence[str], store: DatabaseStore) -> Report:
    """Read the report; it must be complete and about the scanned image."""
    what, job = "Trivy's report", platform.job
    try:
        data = files.read(job.output, limit=LARGEST, what=what)
        report = parse_report(
            data,
            what,
            scanned=job.image,
            buckets=store.buckets,
            configuration=_configuration(platform, scanners),
        )
    except InputError as exc:
        raise ToolFailedError(
            f"Trivy exited with 0 and left no usable report: {exc.problem}",
            hint="try again; if it stays, check which Trivy is installed",
        ) from exc
    program.check_version(report.version)
    return report


def _configuration(platform: _Platform, scanners: Sequence[str]) -> ConfigurationReport | None:
    if platform.configuration is None:
        return None
    what = "Trivy's report on the configuration"
    data = files.read(_report_in(_configuration_in(platform.job)), limit=LARGEST, what=what)
    return ConfigurationReport(data, platform.configuration.scanned_layout, misconfigurations="misconfig" in scanners)
