"""Run Trivy on SBOMs: check the packages of an earlier scan against today's database, without the image."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gate.errors import InputError, ToolFailedError
from gate.io import files
from gate.io.run_context import RunContext
from gate.trivy import program
from gate.trivy.database_store import DatabaseStore
from gate.trivy.report import LARGEST, Report, parse_report
from gate.trivy.scan import Bounds

_QUIET = (
    "--skip-db-update", "--skip-java-db-update", "--skip-vex-repo-update", "--skip-version-check",
    "--disable-telemetry", "--offline-scan", "--format", "json", "--list-all-pkgs", "--quiet",
)  # fmt: skip


@dataclass(frozen=True)
class SbomJob:
    """One platform's SBOM, as it was attested, and a folder of its own to work in."""

    platform: str
    digest: str
    """Of the platform's manifest."""
    document: bytes
    workdir: Path

    @property
    def output(self) -> Path:
        """Where Trivy writes its report."""
        return self.workdir / "report.json"


def scan_sboms(sboms: Sequence[SbomJob], *, store: DatabaseStore, bounds: Bounds, context: RunContext) -> list[Report]:
    """A report for each, in order. Raises `ToolMissingError`, `ToolFailedError`, `InputError`."""
    commands = []
    for sbom in sboms:
        cache = sbom.workdir / "cache"
        cache.mkdir(parents=True, exist_ok=True)
        (cache / "db").symlink_to(store.folder / "db")
        files.write(sbom.workdir / "sbom.json", sbom.document)
        args = ["sbom", "--cache-dir", str(cache), *_QUIET, "--config", "/dev/null", "--ignorefile", "/dev/null"]
        args += ["--output", str(sbom.output), "--timeout", f"{bounds.timeout:.0f}s", str(sbom.workdir / "sbom.json")]
        commands.append(program.command(context, sbom.workdir, args, timeout=bounds.timeout * 1.1 + 1))
    program.run(commands, jobs=bounds.jobs)
    return [_read(sbom, store.buckets) for sbom in sboms]


def _read(sbom: SbomJob, buckets: frozenset[str]) -> Report:
    try:
        data = files.read(sbom.output, limit=LARGEST, what="Trivy's report")
        # An SBOM does not name its platform; the attestation does.
        report = parse_report(data, "Trivy's report", buckets=buckets, platform=sbom.platform, manifest=sbom.digest)
    except InputError as exc:
        raise ToolFailedError(f"Trivy exited with 0 and left no usable report: {exc.problem}") from exc
    program.check_version(report.version)
    return report
