"""The part of Trivy's JSON report that we rely on, as Trivy spells it (pkg/types/report.go, `SchemaVersion` 2).

Go leaves out what is empty, or writes an empty list, map or pointer as `null`: every member may be absent, and where a
list or an object belongs `None` is an empty one. All else must have its type. Unknown members pass: each release of
Trivy brings some. `schemas/trivy-report.schema.json` is generated from here.
"""

from typing import Annotated, Any, Literal

from gate.io.strict_json.typed import Meta, Record

Word = Literal["UNKNOWN", "LOW", "MEDIUM", "HIGH", "CRITICAL"]
Texts = tuple[str, ...] | None
Line = Annotated[int, Meta(ge=0, le=2**31)]


class System(Record):
    """`Metadata.OS`."""

    Family: str = ""
    Name: str = ""
    EOSL: bool = False


class LayerRef(Record):
    """The layer that a thing came with."""

    Digest: str = ""
    DiffID: str = ""
    CreatedBy: str = ""
    Size: int = 0


class History(Record):
    """One entry of the image configuration's history."""

    created_by: str = ""
    empty_layer: bool = False


class RootFS(Record):
    """`rootfs` of the image configuration."""

    diff_ids: Texts = None


class Configuration(Record):
    """The image configuration; its `config.Env` holds secrets in clear and is not read."""

    architecture: str = ""
    os: str = ""
    variant: str = ""
    history: list[History] | None = None
    rootfs: RootFS | None = None


class ImageMetadata(Record):
    """`Metadata`."""

    Size: int | None = None
    OS: System | None = None
    ImageID: str = ""
    RepoTags: Texts = None
    RepoDigests: Texts = None
    Reference: str = ""
    ImageConfig: Configuration | None = None
    Layers: list[LayerRef] | None = None


class TrivyServer(Record):
    """`Trivy.Server`, in reports that a Trivy server answered."""

    VulnerabilityDB: dict[str, Any] | None = None


class Producer(Record):
    """`Trivy`, since 0.69."""

    Version: str = ""
    Server: TrivyServer | None = None


class Names(Record):
    """Names of a package."""

    PURL: str = ""
    UID: str = ""


class Package(Record):
    """An installed package."""

    ID: str = ""
    Name: str = ""
    Version: str = ""
    Identifier: Names | None = None
    SrcName: str = ""


class Score(Record):
    """CVSS of one source."""

    V2Score: float = 0
    V2Vector: str = ""
    V3Score: float = 0
    V3Vector: str = ""
    V40Score: float = 0
    V40Vector: str = ""


class Vulnerability(Record):
    """`Results[].Vulnerabilities[]`."""

    VulnerabilityID: str = ""
    VendorIDs: Texts = None
    PkgID: str = ""
    PkgName: str = ""
    PkgPath: str = ""
    PkgIdentifier: Names | None = None
    InstalledVersion: str = ""
    FixedVersion: str = ""
    Status: str = ""
    Layer: LayerRef | None = None
    SeveritySource: str = ""
    PrimaryURL: str = ""
    Title: str = ""
    Description: str = ""
    Severity: Word = "UNKNOWN"
    CweIDs: Texts = None
    CVSS: dict[str, Score | None] | None = None
    References: Texts = None
    PublishedDate: str = ""
    LastModifiedDate: str = ""


class Cause(Record):
    """`CauseMetadata` of a misconfiguration."""

    Resource: str = ""
    StartLine: Line = 0
    EndLine: Line = 0


class Misconfiguration(Record):
    """`Results[].Misconfigurations[]`."""

    ID: str = ""
    AVDID: str = ""
    Title: str = ""
    Description: str = ""
    Message: str = ""
    Resolution: str = ""
    Severity: Word = "UNKNOWN"
    PrimaryURL: str = ""
    References: Texts = None
    Status: Literal["PASS", "FAIL", "EXCEPTION"] = "FAIL"
    Layer: LayerRef | None = None
    CauseMetadata: Cause | None = None


class Secret(Record):
    """`Results[].Secrets[]`; `Match` is masked by Trivy."""

    RuleID: str = ""
    Category: str = ""
    Severity: Word = "UNKNOWN"
    Title: str = ""
    StartLine: Line = 0
    EndLine: Line = 0
    Match: str = ""
    Layer: LayerRef | None = None


class Licence(Record):
    """`Results[].Licenses[]`."""

    Severity: Word = "UNKNOWN"
    Category: str = ""
    PkgName: str = ""
    FilePath: str = ""
    Name: str = ""
    Link: str = ""


class Modified(Record):
    """`Results[].ExperimentalModifiedFindings[]`: set aside by Trivy's own ignore files or VEX."""

    Type: str = ""
    Status: str = ""
    Source: str = ""
    Statement: str = ""
    Finding: dict[str, Any] | None = None


class Result(Record):
    """`Results[]`: what was found in one file, or in the packages of one kind."""

    Target: str | None = None
    Class: str | None = None
    Type: str | None = None
    Packages: list[Package] | None = None
    Vulnerabilities: list[Vulnerability] | None = None
    Misconfigurations: list[Misconfiguration] | None = None
    Secrets: list[Secret] | None = None
    Licenses: list[Licence] | None = None
    ExperimentalModifiedFindings: list[Modified] | None = None


class Report(Record):
    """The whole report."""

    SchemaVersion: Any = None
    ArtifactName: str | None = None
    ArtifactType: str | None = None
    CreatedAt: Any = None
    Metadata: ImageMetadata | None = None
    Trivy: Producer | None = None
    Results: list[Result | None] | None = None
