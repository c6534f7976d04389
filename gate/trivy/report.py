"""Read one JSON report of Trivy without trust: findings, packages and gaps of one platform."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from gate.errors import InputError
from gate.io.strict_json.typed import decode
from gate.model.findings import Advisory, Database, Finding, Gap, GapKind, Kind, OperatingSystem, PlatformScan
from gate.model.image import Platform, PlatformImage
from gate.text import one_line
from gate.trivy import report_schema
from gate.trivy.convert import HINT, Converter
from gate.trivy.coverage import Coverage, gaps
from gate.trivy.database_store import stamp
from gate.trivy.identity import ScannedLayout, identified
from gate.trivy.layer_lookup import LayerLookup, layers_of

LARGEST = 1 << 30
"""Bytes of a report; 100,000 findings make 263 MB."""
# Trivy's words for what it gathers from all over the image: then the target is no file.
_GATHERED = {"Python", "Node.js", "Java", "Ruby", "PHP", "Conda", "OS Packages", "Julia", "Kubernetes"}
_KINDS = {
    "secret": Kind.SECRET,
    "config": Kind.MISCONFIGURATION,
    "license": Kind.LICENCE,
    "license-file": Kind.LICENCE,
}


@dataclass(frozen=True)
class Report:
    """One platform's report; `created` is UTC."""

    artifact: str
    artifact_type: str
    """Trivy's `ArtifactType`; empty when the report does not name it."""
    metadata: report_schema.ImageMetadata
    version: str
    created: datetime | None
    database: Database | None
    """Only named in a report by a Trivy server."""
    platform: PlatformScan
    kinds: frozenset[Kind]
    """The kinds of findings that the report shows; which kinds were requested is not in a report."""
    findings: tuple[Finding, ...]
    advisories: Mapping[str, Advisory]


@dataclass(frozen=True)
class ConfigurationReport:
    """The report on an image's configuration, which is scanned by itself (`gate.trivy.image_configuration`)."""

    data: bytes
    scanned_layout: ScannedLayout
    misconfigurations: bool
    """Whether it had to look for them."""


def parse_report(  # noqa: PLR0913 what is known about the scan
    data: bytes,
    what: str,
    *,
    scanned: PlatformImage | None = None,
    buckets: frozenset[str] | None = None,
    configuration: ConfigurationReport | None = None,
    platform: str = "",
    manifest: str = "",
) -> Report:
    """Read a report.

    `scanned` is the image that was handed to Trivy: the report must be about it, and its layers carry the digests
    of the manifest. `buckets` are the names of what the vulnerability database knows; None when they are unknown.
    `configuration` is the report on the image's configuration. `platform` and `manifest` (a digest) are of an SBOM,
    whose report names neither. Raises `InputError` naming `what`.
    """
    report = decode(data, report_schema.Report, what, hint=HINT)
    metadata = identified(report, ScannedLayout.of(scanned) if scanned else None, what)
    platform = str(scanned.platform) if scanned else platform or _platform(metadata)
    manifest = scanned.digest if scanned else manifest
    layers = scanned.layers if scanned else layers_of(metadata)
    metadata.ImageConfig = None  # its environment and history hold secrets in clear
    advisories: dict[str, Advisory] = {}
    artifact = report.ArtifactName or ""
    reader = _Reader(artifact, Converter(LayerLookup(platform, layers, manifest), advisories))
    for result in report.Results or ():
        reader.result(result or report_schema.Result())
    unread = _configuration(configuration, reader, platform) if configuration else ()
    coverage = reader.coverage(metadata)
    producer = report.Trivy or report_schema.Producer()
    server = producer.Server.VulnerabilityDB if producer.Server else None
    return Report(
        artifact=artifact,
        artifact_type=report.ArtifactType or "",
        metadata=metadata,
        version=producer.Version,
        database=stamp(server) if server else None,
        created=_time(report.CreatedAt, what),
        platform=PlatformScan(
            platform=platform,
            digest=manifest or None,
            os_version=scanned.platform.os_version if scanned else "",
            image_id=scanned.config_digest if scanned else metadata.ImageID,
            os=coverage.os,
            packages=coverage.packages,
            layers=layers,
            gaps=(*gaps(coverage, platform, buckets), *unread),
        ),
        kinds=frozenset(reader.kinds),
        findings=tuple(reader.findings),
        advisories=advisories,
    )


def _configuration(configuration: ConfigurationReport, reader: "_Reader", platform: str) -> tuple[Gap, ...]:
    """Read the report on the image's configuration; return what was not scanned. Raises `InputError`."""
    what = "Trivy's report on the configuration"
    report = decode(configuration.data, report_schema.Report, what, hint=HINT)
    identified(report, configuration.scanned_layout, what)
    reader.artifact = report.ArtifactName or ""
    results = [result or report_schema.Result() for result in report.Results or ()]
    for result in results:
        reader.result(result)
    if configuration.misconfigurations and all(result.Class != "config" for result in results):
        message = "Trivy cannot read the image's history as a Dockerfile, so it was not checked for misconfigurations"
        return (Gap(kind=GapKind.NOT_SCANNED, platform=platform, message=message),)
    return ()


class _Reader:
    """Reads the results of one report."""

    def __init__(self, artifact: str, convert: Converter) -> None:
        self.findings: list[Finding] = []
        self.kinds: set[Kind] = set()
        self.artifact = artifact
        """The name under which Trivy reports what is in no file of the image."""
        self._convert = convert
        self._packages = 0
        self._os_packages: int | None = None
        self._ecosystems: set[str] = set()

    def result(self, result: report_schema.Result) -> None:
        kind, ecosystem, convert = result.Class or "", result.Type or "", self._convert
        convert.enter(ecosystem or kind, self._path(kind, result.Target or ""))
        packages = result.Packages or ()
        for package in packages:
            convert.package(package)
        findings = [convert.vulnerability(entry) for entry in result.Vulnerabilities or ()]
        vulnerable = len(findings)
        # Trivy's own order of many secrets that look alike is arbitrary.
        findings += sorted(map(convert.secret, result.Secrets or ()), key=_by_line)
        findings += map(convert.licence, result.Licenses or ())
        checks = map(convert.misconfiguration, result.Misconfigurations or ())
        muted = map(convert.modified, result.ExperimentalModifiedFindings or ())
        self.findings += [*findings, *(finding for finding in (*checks, *muted) if finding)]
        if vulnerable:
            # A list of packages proves nothing: Trivy writes it whatever it scans for.
            self.kinds.add(Kind.VULNERABILITY)
        if kind in {"os-pkgs", "lang-pkgs"}:
            self._packages += len(packages) or vulnerable
            self._ecosystems.add(ecosystem)
            if kind == "os-pkgs":
                self._os_packages = (self._os_packages or 0) + (len(packages) or vulnerable)
        if kind in _KINDS:
            self.kinds.add(_KINDS[kind])

    def _path(self, kind: str, target: str) -> str:
        """A file in the image, relative to its root; empty where the target is not one."""
        if kind == "os-pkgs" or target in _GATHERED or target == self.artifact:
            return ""
        return target.lstrip("/")

    def coverage(self, metadata: report_schema.ImageMetadata) -> Coverage:
        system = metadata.OS
        return Coverage(
            os=OperatingSystem(family=system.Family, name=system.Name, end_of_life=system.EOSL)
            if system and system != report_schema.System()
            else None,
            packages=self._packages,
            os_packages=self._os_packages,
            ecosystems=frozenset(self._ecosystems),
        )


def _by_line(finding: Finding) -> tuple[str, str, int, int]:
    return finding.id, finding.message, finding.start_line, finding.end_line


def _platform(metadata: report_schema.ImageMetadata) -> str:
    config = metadata.ImageConfig
    if not config or not config.os or not config.architecture:
        return "unknown"
    return one_line(str(Platform(os=config.os, architecture=config.architecture, variant=config.variant or None)), 100)


def _time(value: object, what: str) -> datetime | None:
    if value is None:
        return None
    try:
        return datetime.fromisoformat(str(value)).astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise InputError(f"{what}: CreatedAt is no time: {one_line(str(value), 60)!r}") from exc
