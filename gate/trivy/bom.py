"""Trivy run over bills of materials: what was installed then, under today's database, without the image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gate.errors import InputError, ToolFailedError
from gate.io import files
from gate.io.run_context import World
from gate.trivy import program
from gate.trivy.database_store import Store
from gate.trivy.report import LARGEST, Report, parse
from gate.trivy.scan import Bounds

_QUIET = (
    "--skip-db-update", "--skip-java-db-update", "--skip-vex-repo-update", "--skip-version-check",
    "--disable-telemetry", "--offline-scan", "--format", "json", "--list-all-pkgs", "--quiet",
)  # fmt: skip


@dataclass(frozen=True)
class Bill:
    """One platform's SBOM, as it was attested, and a folder of its own to work in."""

    platform: str
    digest: str
    """Of the platform's manifest."""
    document: bytes
    room: Path

    @property
    def output(self) -> Path:
        """Where Trivy writes its report."""
        return self.room / "report.json"


def scan_bills(bills: Sequence[Bill], *, store: Store, bounds: Bounds, world: World) -> list[Report]:
    """A report for each, in order. Raises `ToolMissingError`, `ToolFailedError`, `InputError`."""
    commands = []
    for bill in bills:
        cache = bill.room / "cache"
        cache.mkdir(parents=True, exist_ok=True)
        (cache / "db").symlink_to(store.folder / "db")
        files.write(bill.room / "sbom.json", bill.document)
        args = ["sbom", "--cache-dir", str(cache), *_QUIET, "--config", "/dev/null", "--ignorefile", "/dev/null"]
        args += ["--output", str(bill.output), "--timeout", f"{bounds.timeout:.0f}s", str(bill.room / "sbom.json")]
        commands.append(program.command(world, bill.room, args, timeout=bounds.timeout * 1.1 + 1))
    program.run(commands, jobs=bounds.jobs)
    return [_read(bill, store.buckets) for bill in bills]


def _read(bill: Bill, buckets: frozenset[str]) -> Report:
    try:
        data = files.read(bill.output, limit=LARGEST, what="Trivy's report")
        report = parse(data, "Trivy's report", buckets=buckets)
    except InputError as exc:
        raise ToolFailedError(f"Trivy exited with 0 and left no usable report: {exc.problem}") from exc
    program.check_version(report.version)
    named: Mapping[str, object] = {"platform": bill.platform, "digest": bill.digest}
    platform = report.platform.model_copy(
        update={
            **named,
            "gaps": tuple(gap.model_copy(update={"platform": bill.platform}) for gap in report.platform.gaps),
        }
    )
    # A bill of materials does not say what it runs on: that is the attestation's to tell.
    findings = tuple(
        replace(
            one,
            occurrences=tuple(
                replace(place, platform=bill.platform, manifest=bill.digest) for place in one.occurrences
            ),
        )
        for one in report.findings
    )
    return replace(report, platform=platform, findings=findings)
