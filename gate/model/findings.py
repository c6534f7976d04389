"""What a scan found, in our own words: no field name of the scanner's gets past its adapter.

Findings and advisories are slotted dataclasses, not models: a report may hold 100,000 of them, and pydantic
takes them as they are wherever it meets them (`Scan`, `Verdict`, the generated schema).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from gate.model.image import Digest, Frozen, Layer


class Severity(StrEnum):
    """How bad, from the worst down; `rank` orders them."""

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
        """Whether this is as bad as `threshold` or worse."""
        return _RANKS[self] >= _RANKS[threshold]


_RANKS = {severity: 4 - place for place, severity in enumerate(Severity)}


class Kind(StrEnum):
    """What sort of thing a finding is."""

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
    """What is known of a vulnerability, rule or licence whichever package it is found in.

    Texts are as the source wrote them: hostile until shown through `gate.text`.
    """

    id: str
    title: str = ""
    description: str = ""
    resolution: str = ""
    """What the rule says to do; only misconfigurations have one."""
    url: str = ""
    references: tuple[str, ...] = ()
    weaknesses: tuple[str, ...] = ()
    """`CWE-…`"""
    published: str = ""
    modified: str = ""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Where on one platform: the layer that brought it in. Empty strings where the scanner does not say."""

    platform: str
    layer: str = ""
    """Digest of the layer blob, as the manifest names it."""
    diff_id: str = ""
    created_by: str = ""
    """The history entry of that layer: a Dockerfile instruction as the builder wrote it down."""
    manifest: str = ""
    """Digest of the platform's manifest; empty where a ready-made report does not name it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing in one place of an image, on one or more platforms.

    `fingerprint` is the same for the same thing after a rescan, a rebuild, an upgrade that does not mend it and
    a new database (see `gate.judging.fingerprint`).
    """

    kind: Kind
    id: str
    severity: Severity
    """As the scanner chose it."""
    fingerprint: str
    advisory: str
    """Key into the advisories of the scan."""
    occurrences: tuple[Occurrence, ...]
    severity_source: str = ""
    """Who rated it: `nvd`, `debian`, `ghsa`."""
    package: str = ""
    source_package: str = ""
    """The source package it was built from, where distributions track by source."""
    purl: str = ""
    ecosystem: str = ""
    """The scanner's name for the sort of package or file: `debian`, `python-pkg`, `gobinary`, `dockerfile`."""
    installed: str = ""
    fixed: str = ""
    """Version or versions that mend it, comma-separated; empty when there is none."""
    status: str = ""
    """`fixed`, `affected`, `will_not_fix`, `end_of_life`, …"""
    path: str = ""
    """File in the image, relative to its root; empty for packages of the distribution."""
    start_line: int = 0
    end_line: int = 0
    message: str = ""
    """What was seen there: the masked match of a secret, what a misconfiguration found, a licence's category."""
    score: float | None = None
    """CVSS base score by the source of the severity, else by NVD, of the newest version of CVSS that it gives."""
    vector: str = ""
    aliases: tuple[str, ...] = ()
    """Other ids of the same vulnerability: `GHSA-…`, `DSA-…`."""
    muted: str = ""
    """Why the scanner itself set it aside (`not_affected in app.openvex.json`); empty when it did not."""

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms it is on, in their order."""
        return tuple(dict.fromkeys(place.platform for place in self.occurrences))


class DatabaseOrigin(StrEnum):
    """How it is known where the vulnerability database comes from (what is signed under it: `signing_policy`)."""

    CHECKED = "checked"
    """Its bytes were checked in this run against the digest that its registry names."""
    NAMED = "named"
    """Somebody named it: the folder of `--trivy-cache`, or what a ready-made report was made with."""
    PRIVATE = "private"
    """An earlier run outside of CI left it in a folder that only this user can write to."""
    UNCHECKED = "unchecked"
    """It comes from a cache, and no registry could be asked about it."""


class Database(Frozen):
    """The vulnerability database that the scan used; times are UTC."""

    version: int
    updated_at: datetime
    next_update: datetime | None = None
    downloaded_at: datetime | None = None
    origin: DatabaseOrigin | None = None
    """None in verdicts of a gate that did not know it."""


class Scanner(Frozen):
    """The program that looked."""

    name: str = "Trivy"
    version: str
    database: Database | None = None
    """None when a report does not say: then nobody knows how old it is."""


class GapKind(StrEnum):
    """Why a scan that ended well did not look at what matters."""

    NO_CONTENT = "no-content"
    """Nothing was recognised: no distribution and no package."""
    UNKNOWN_OS = "unknown-os"
    NO_PACKAGES = "no-packages"
    """A distribution without its package database."""
    NOT_IN_DATABASE = "not-in-database"
    """The vulnerability database says nothing about this distribution."""
    NOT_SCANNED = "not-scanned"
    """A kind of finding that the policy judges was not looked for."""


class Gap(Frozen):
    """Something that was not looked at, although the scanner reported success."""

    kind: GapKind
    platform: str
    message: str


class OperatingSystem(Frozen):
    """The distribution in the image."""

    family: str
    name: str
    end_of_life: bool = False


class PlatformScan(Frozen):
    """What was looked at on one platform."""

    platform: str
    digest: Digest | None = None
    """Of the manifest; None where a ready-made report does not name it."""
    os_version: str = ""
    """The `os.version` of a Windows image, which tells manifests of one platform apart; empty for others."""
    image_id: str = ""
    os: OperatingSystem | None = None
    packages: int = 0
    layers: tuple[Layer, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def key(self) -> str:
        """What tells it apart from the image's other platforms: the digest, or the name where no digest is known."""
        return self.digest or self.platform


class Subject(Frozen):
    """The image that was scanned."""

    name: str
    """`registry/repository`, or the path of a layout or archive."""
    tag: str | None = None
    digest: Digest | None = None
    """None only for a ready-made report that does not name one: such a verdict can never be signed."""
    is_index: bool = False
    local: bool = False
    reported_as: str = ""
    """What SARIF calls a local image: `registry/repository[:tag]` of `--name` or its own annotation. Proves nothing."""
    size: int | None = None
    """Bytes on the wire of the largest platform; unpacked bytes for a ready-made report."""

    def __str__(self) -> str:
        """`name:tag@digest`, as far as they are known."""
        return self.name + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


class Scan(Frozen):
    """Everything that one scan of one image found, every platform folded in."""

    subject: Subject
    scanner: Scanner
    scanned_at: datetime | None = None
    kinds: tuple[Kind, ...]
    """What was looked for."""
    platforms: tuple[PlatformScan, ...]
    findings: tuple[Finding, ...]
    advisories: Mapping[str, Advisory]
