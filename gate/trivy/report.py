"""One report of Trivy's, read without trust: what was looked at on one platform, and what was found."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import TypeAdapter

from gate.cores import beside
from gate.errors import InputError
from gate.findings import Advisory, Database, Finding, Gap, GapKind, Kind, OperatingSystem, PlatformScan
from gate.image import Platform, PlatformImage
from gate.strictjson import Members
from gate.strictjson import check as hold_to_standard
from gate.text import one_line
from gate.trivy import wire
from gate.trivy.ahead import BIG
from gate.trivy.convert import Converter
from gate.trivy.coverage import Looked, gaps
from gate.trivy.identity import Handed, identified
from gate.trivy.outline import OUTLINE
from gate.trivy.places import Places, layers_of
from gate.trivy.stamp import stamp

T = TypeVar("T")

# Trivy's words for what it gathers from all over the image: then the target is no file.
_GATHERED = {"Python", "Node.js", "Java", "Ruby", "PHP", "Conda", "OS Packages", "Julia", "Kubernetes"}
_BEFORE_SECRETS = {"os-pkgs", "lang-pkgs", "config"}
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
    """What kind of thing was scanned, in Trivy's word (`ArtifactType`); empty when the report does not say."""
    metadata: wire.Metadata
    version: str
    created: datetime | None
    database: Database | None
    """Only a report that a Trivy server answered tells it."""
    platform: PlatformScan
    kinds: frozenset[Kind]
    """The kinds that it shows signs of; what was asked for is known only to who ran it."""
    findings: tuple[Finding, ...]
    advisories: Mapping[str, Advisory]


@dataclass(frozen=True)
class ConfigurationReport:
    """The report on an image's configuration, which is scanned apart from its layers (`gate.trivy.configuration`)."""

    data: bytes
    handed: Handed
    misconfigurations: bool
    """Whether it had to look for them."""


def parse(  # noqa: PLR0913 what is known of a report differs with who has it
    data: bytes | memoryview,
    what: str,
    *,
    scanned: PlatformImage | None = None,
    buckets: frozenset[str] | None = None,
    apart: Mapping[str, bytes] | None = None,
    configuration: ConfigurationReport | None = None,
    under_check: Callable[[], object] | None = None,
) -> Report:
    """Read a report.

    `scanned` is the image that was handed to Trivy: the report must be about it, and its layers carry the digests
    of the manifest. `buckets` are the names of what the vulnerability database knows; None when nobody knows.
    `apart` are results on files that were searched for secrets by themselves, by target; `configuration` is the report
    on the image's configuration; `under_check` waits for the check that was begun `ahead`. Raises `InputError` naming
    `what`.
    """

    def check() -> tuple[()]:
        hold_to_standard(data, what, OUTLINE)
        return ()

    checking: AbstractContextManager[Callable[[], object]]
    checking = nullcontext(under_check) if under_check else beside(check, worth=len(data) > BIG)
    with checking as checked:
        report = _read(
            Members.known(data, what, OUTLINE, wire.LISTED),
            what,
            scanned,
            buckets,
            apart=apart or {},
            configuration=configuration,
        )
        checked()
    return report


def _read(  # noqa: PLR0913 as above
    report: Members,
    what: str,
    scanned: PlatformImage | None,
    buckets: frozenset[str] | None,
    *,
    apart: Mapping[str, bytes],
    configuration: ConfigurationReport | None,
) -> Report:
    metadata, producer = identified(report, Handed.of(scanned) if scanned else None, what)
    artifact = wire.read(wire.TEXT, report.parsed("ArtifactName", ""), f"{what}: ArtifactName")
    platform = str(scanned.platform) if scanned else _platform(metadata)
    layers = scanned.layers if scanned else layers_of(metadata)
    metadata.pop("ImageConfig", None)  # its environment and history hold secrets in clear
    advisories: dict[str, Advisory] = {}
    manifest = scanned.digest if scanned else ""
    reader = _Reader(artifact, Converter(Places(platform, layers, manifest), advisories))
    for result in _complete(report.objects("Results"), apart, what):
        reader.result(result, what)
    unread = _configuration(configuration, reader, platform) if configuration else ()
    looked = reader.looked(metadata)
    server = producer.get("Server", {}).get("VulnerabilityDB")
    return Report(
        artifact=artifact,
        artifact_type=wire.read(wire.TEXT, report.parsed("ArtifactType", ""), f"{what}: ArtifactType"),
        metadata=metadata,
        version=producer.get("Version", ""),
        database=stamp(server) if server else None,
        created=_time(report.parsed("CreatedAt"), what),
        platform=PlatformScan(
            platform=platform,
            digest=scanned.digest if scanned else None,
            os_version=scanned.platform.os_version if scanned else "",
            image_id=scanned.config_digest if scanned else metadata.get("ImageID", ""),
            os=looked.os,
            packages=looked.packages,
            layers=layers,
            gaps=(*gaps(looked, platform, buckets), *unread),
        ),
        kinds=frozenset(reader.kinds),
        findings=tuple(reader.findings),
        advisories=advisories,
    )


def _configuration(configuration: ConfigurationReport, reader: "_Reader", platform: str) -> tuple[Gap, ...]:
    """Read what was found in the image's configuration; gives what was not looked at. Raises `InputError`."""
    what = "Trivy's report on the configuration"
    report = Members(configuration.data, what)
    identified(report, configuration.handed, what)
    reader.artifact = wire.read(wire.TEXT, report.parsed("ArtifactName", ""), f"{what}: ArtifactName")
    classes = set()
    for result in report.objects("Results"):
        classes.add(result.parsed("Class", ""))
        reader.result(result, what)
    if configuration.misconfigurations and "config" not in classes:
        said = "Trivy cannot read the image's history as a Dockerfile, so it was not checked for misconfigurations"
        return (Gap(kind=GapKind.NOT_SCANNED, platform=platform, message=said),)
    return ()


class _Reader:
    """Goes through the results of one report."""

    def __init__(self, artifact: str, convert: Converter) -> None:
        self.findings: list[Finding] = []
        self.kinds: set[Kind] = set()
        self.artifact = artifact
        """The name under which Trivy reports what is in no file of the image."""
        self._convert = convert
        self._packages = 0
        self._os_packages: int | None = None
        self._ecosystems: set[str] = set()

    def result(self, result: Members, what: str) -> None:
        kind = wire.read(wire.TEXT, result.parsed("Class", ""), f"{what}: Class")
        ecosystem = wire.read(wire.TEXT, result.parsed("Type", ""), f"{what}: Type")
        target = wire.read(wire.TEXT, result.parsed("Target", ""), f"{what}: Target")
        convert = self._convert
        convert.enter(ecosystem or kind, self._path(kind, target))
        packages = 0
        for installed in result.records("Packages", wire.Package, wire.reader(wire.PACKAGES, f"{what}: Packages")):
            for package in installed:
                convert.package(package)
            packages += len(installed)
        before = len(self.findings)
        keep = self.findings.extend
        judge = wire.reader(wire.VULNERABILITIES, f"{what}: Vulnerabilities")
        for found in result.records("Vulnerabilities", wire.Vulnerability, judge):
            keep([convert.vulnerability(one) for one in found])
        vulnerable = len(self.findings) - before
        # Trivy's own order of many secrets that look alike is arbitrary.
        keep(sorted(map(convert.secret, _each(result, "Secrets", wire.SECRETS, what)), key=_by_line))
        keep(map(convert.licence, _each(result, "Licenses", wire.LICENCES, what)))
        checks = _each(result, "Misconfigurations", wire.MISCONFIGURATIONS, what)
        keep(failed for failed in map(convert.misconfiguration, checks) if failed)
        aside = _each(result, "ExperimentalModifiedFindings", wire.MODIFIED, what)
        keep(muted for muted in map(convert.modified, aside) if muted)
        if vulnerable:
            # A list of packages shows nothing: Trivy writes it whatever it was told to look for.
            self.kinds.add(Kind.VULNERABILITY)
        if kind in {"os-pkgs", "lang-pkgs"}:
            self._packages += packages or vulnerable
            self._ecosystems.add(ecosystem)
            if kind == "os-pkgs":
                self._os_packages = (self._os_packages or 0) + (packages or vulnerable)
        if kind in _KINDS:
            self.kinds.add(_KINDS[kind])

    def _path(self, kind: str, target: str) -> str:
        """A file in the image, relative to its root; empty where the target is not one."""
        if kind == "os-pkgs" or target in _GATHERED or target == self.artifact:
            return ""
        return target.lstrip("/")

    def looked(self, metadata: wire.Metadata) -> Looked:
        system = metadata.get("OS")
        return Looked(
            os=OperatingSystem(
                family=system.get("Family", ""), name=system.get("Name", ""), end_of_life=system.get("EOSL", False)
            )
            if system
            else None,
            packages=self._packages,
            os_packages=self._os_packages,
            ecosystems=frozenset(self._ecosystems),
        )


def _by_line(one: Finding) -> tuple[str, str, int, int]:
    return one.id, one.message, one.start_line, one.end_line


def _complete(results: Iterator[Members], apart: Mapping[str, bytes], what: str) -> Iterator[Members]:
    """The results with those of `apart` where Trivy puts them: files by path, before the image's configuration."""
    waiting = sorted(apart, reverse=True)
    for result in results:
        if waiting and (kind := result.parsed("Class", "")) not in _BEFORE_SECRETS:
            target = str(result.parsed("Target", ""))
            is_file = kind == "secret" and target.startswith("/")
            while waiting and (not is_file or waiting[-1] < target):
                yield Members(apart[waiting.pop()], what)
        yield result
    yield from (Members(apart[target], what) for target in reversed(waiting))


def _each(result: Members, name: str, adapter: TypeAdapter[list[T]], what: str) -> Iterator[T]:
    first = 0
    for some in result.batches(name):
        yield from wire.read(adapter, some, f"{what}: {name}", first)
        first += len(some)


def _platform(metadata: wire.Metadata) -> str:
    config = metadata.get("ImageConfig", {})
    if not config.get("os") or not config.get("architecture"):
        return "unknown"
    return one_line(
        str(Platform(os=config["os"], architecture=config["architecture"], variant=config.get("variant") or None)), 100
    )


def _time(value: object, what: str) -> datetime | None:
    if value is None:
        return None
    try:
        return datetime.fromisoformat(str(value)).astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise InputError(f"{what}: CreatedAt is no time: {one_line(str(value), 60)!r}") from exc
