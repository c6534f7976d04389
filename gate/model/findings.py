"""A scan and its findings, independent of the scanner's own format.

Findings and advisories are slotted dataclasses, not pydantic models, because a report may hold 100,000 of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from gate.model.image import Digest, Frozen, Layer


class Severity(StrEnum):
    """Severity of a finding, the worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    UNKNOWN = "unknown"

    @property
    def rank(self) -> int:
        """4 for critical down to 0 for unknown."""
        return _RANKS[self]

    def reaches(self, threshold: Self) -> bool:
        """Whether this is at or above `threshold`."""
        return _RANKS[self] >= _RANKS[threshold]


_RANKS = {severity: 4 - place for place, severity in enumerate(Severity)}


class Kind(StrEnum):
    """Kind of a finding."""

    VULNERABILITY = "vulnerability"
    SECRET = "secret"  # noqa: S105 the name of a kind, no secret
    MISCONFIGURATION = "misconfiguration"
    LICENCE = "licence"

    @property
    def plural(self) -> str:
        """`vulnerabilities`, `secrets`, `misconfigurations`, `licences`."""
        return "vulnerabilities" if self is Kind.VULNERABILITY else f"{self}s"


@dataclass(frozen=True, slots=True)
class Advisory:
    """Information about a vulnerability, rule or licence, shared by all findings of it.

    Texts are the source's own and not safe to show: pass them through `gate.text`.
    """

    id: str
    title: str = ""
    description: str = ""
    resolution: str = ""
    """How to fix it, for misconfigurations."""
    url: str = ""
    references: tuple[str, ...] = ()
    weaknesses: tuple[str, ...] = ()
    """`CWE-…`"""
    published: str = ""
    modified: str = ""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Platform and layer of a finding. Fields that the scanner does not report are empty."""

    platform: str
    layer: str = ""
    """Digest of the layer blob, as in the manifest."""
    diff_id: str = ""
    created_by: str = ""
    """History entry of that layer: the Dockerfile instruction as the builder recorded it."""
    manifest: str = ""
    """Digest of the platform's manifest; empty for a report that does not name it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A vulnerability, secret, misconfiguration or licence in one place of an image, on one or more platforms.

    `fingerprint` stays the same after a rescan, a rebuild, an upgrade that does not fix it, and a new database.
    """

    kind: Kind
    id: str
    severity: Severity
    """Severity as the scanner rates it."""
    fingerprint: str
    advisory: str
    """Key in the advisories of the scan."""
    occurrences: tuple[Occurrence, ...]
    severity_source: str = ""
    """Source of the severity: `nvd`, `debian`, `ghsa`."""
    package: str = ""
    source_package: str = ""
    """Source package that the package was built from, for distributions that track vulnerabilities by it."""
    purl: str = ""
    ecosystem: str = ""
    """Type of package or file, as the scanner names it: `debian`, `python-pkg`, `gobinary`, `dockerfile`."""
    installed: str = ""
    fixed: str = ""
    """Fixed versions, comma-separated; empty when there is none."""
    status: str = ""
    """`fixed`, `affected`, `will_not_fix`, `end_of_life`, …"""
    path: str = ""
    """File in the image, relative to its root; empty for packages of the distribution."""
    start_line: int = 0
    end_line: int = 0
    message: str = ""
    """Details: the masked match of a secret, the message of a misconfiguration, the category of a licence."""
    score: float | None = None
    """CVSS base score by the source of the severity, or else by NVD, in the newest version of CVSS available."""
    vector: str = ""
    aliases: tuple[str, ...] = ()
    """Other ids of the same vulnerability: `GHSA-…`, `DSA-…`."""
    muted: str = ""
    """Why the scanner ignored the finding (`not_affected in app.openvex.json`); empty when it did not."""

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms that have the finding, each once."""
        return tuple(dict.fromkeys(place.platform for place in self.occurrences))


class DatabaseOrigin(StrEnum):
    """How the origin of the vulnerability database was checked."""

    CHECKED = "checked"
    """Its bytes were checked in this run against the digest in its registry."""
    NAMED = "named"
    """The user chose it: with `--trivy-cache`, or by the report that was judged."""
    PRIVATE = "private"
    """It is from the cache of an earlier run outside of CI, which only this user can write to."""
    UNCHECKED = "unchecked"
    """It is from a cache, and its registry could not be reached."""


class Database(Frozen):
    """The vulnerability database that the scan used; times are UTC."""

    version: int
    updated_at: datetime
    next_update: datetime | None = None
    downloaded_at: datetime | None = None
    origin: DatabaseOrigin | None = None
    """None in verdicts of older versions of gate."""


class Scanner(Frozen):
    """The scanner that made the report."""

    name: str = "Trivy"
    version: str
    database: Database | None = None
    """None when the report does not name it; its age is then unknown."""


class GapKind(StrEnum):
    """Why part of an image was not scanned although the scan succeeded."""

    NO_CONTENT = "no-content"
    """No distribution and no package was recognised."""
    UNKNOWN_OS = "unknown-os"
    NO_PACKAGES = "no-packages"
    """The distribution has no package database."""
    NOT_IN_DATABASE = "not-in-database"
    """The vulnerability database does not cover this distribution."""
    NOT_SCANNED = "not-scanned"
    """The image was not scanned for a kind of finding that the policy judges."""


class Gap(Frozen):
    """Part of an image that was not scanned although the scanner reported success."""

    kind: GapKind
    platform: str
    message: str


class OperatingSystem(Frozen):
    """The distribution in the image."""

    family: str
    name: str
    end_of_life: bool = False


class PlatformScan(Frozen):
    """One platform of the scanned image."""

    platform: str
    digest: Digest | None = None
    """Digest of the manifest; None for a report that does not name it."""
    os_version: str = ""
    """The `os.version` of a Windows image, which distinguishes manifests of one platform; empty for others."""
    image_id: str = ""
    os: OperatingSystem | None = None
    packages: int = 0
    layers: tuple[Layer, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def key(self) -> str:
        """Unique key in the image: the digest, or the platform's name when no digest is known."""
        return self.digest or self.platform


class Subject(Frozen):
    """The image that was scanned."""

    name: str
    """`registry/repository`, or the path of an OCI layout or archive."""
    tag: str | None = None
    digest: Digest | None = None
    """None for a report that does not name it; such a verdict cannot be signed."""
    is_index: bool = False
    local: bool = False
    reported_as: str = ""
    """Name of a local image in SARIF: `registry/repository[:tag]` by `--name` or its own annotation; not verified."""
    size: int | None = None
    """Compressed size of the largest platform in bytes; for a Trivy report the unpacked size."""

    def __str__(self) -> str:
        """`name:tag@digest`, without what is unknown."""
        return self.name + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


class Scan(Frozen):
    """The scan of one image, all platforms together."""

    subject: Subject
    scanner: Scanner
    scanned_at: datetime | None = None
    kinds: tuple[Kind, ...]
    """Kinds of findings that were scanned for."""
    platforms: tuple[PlatformScan, ...]
    findings: tuple[Finding, ...]
    advisories: Mapping[str, Advisory]
