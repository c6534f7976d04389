"""The part of Trivy's JSON report that we rely on, as Trivy spells it (pkg/types/report.go, `SchemaVersion` 2).

Go leaves out what is empty, or writes an empty list, map or pointer as `null`: every key may be absent, and where a
list or an object belongs `null` is an empty one. All else must have its type. Unknown keys pass: each release of
Trivy brings some. `schemas/trivy-report.schema.json` is generated from here.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar, get_origin

from pydantic import (
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    TypeAdapter,
    ValidationError,
    with_config,
)
from pydantic_core.core_schema import CoreSchema, no_info_before_validator_function
from typing_extensions import TypedDict

from gate.errors import InputError
from gate.text import one_line

T = TypeVar("T")
Word = Literal["UNKNOWN", "LOW", "MEDIUM", "HIGH", "CRITICAL"]
_LOOSE = ConfigDict(strict=True, extra="ignore", defer_build=True)


class _NullIsEmpty:
    """Marks the type of a list or an object for which Go may write `null`."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read `null` as an empty list or object, before the type is checked."""
        empty: Callable[[], Any] = list if get_origin(source) is list else dict
        return no_info_before_validator_function(lambda value: empty() if value is None else value, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Allow `null` in the JSON schema."""
        return {"anyOf": [handler(schema), {"type": "null"}]}


_NULLABLE = _NullIsEmpty()
_Line = Annotated[int, Field(ge=0, le=2**31)]


@with_config(_LOOSE)
class OS(TypedDict, total=False):
    """`Metadata.OS`."""

    Family: str
    Name: str
    EOSL: bool


@with_config(_LOOSE)
class LayerRef(TypedDict, total=False):
    """The layer that a thing came with."""

    Digest: str
    DiffID: str
    CreatedBy: str
    Size: int


@with_config(_LOOSE)
class History(TypedDict, total=False):
    """One entry of the image configuration's history."""

    created_by: str
    empty_layer: bool


@with_config(_LOOSE)
class RootFS(TypedDict, total=False):
    """`rootfs` of the image configuration."""

    diff_ids: Annotated[list[str], _NULLABLE]


@with_config(_LOOSE)
class ImageConfig(TypedDict, total=False):
    """The image configuration; its `config.Env` holds secrets in clear and is not read."""

    architecture: str
    os: str
    variant: str
    history: Annotated[list[History], _NULLABLE]
    rootfs: Annotated[RootFS, _NULLABLE]


@with_config(_LOOSE)
class Metadata(TypedDict, total=False):
    """`Metadata`."""

    Size: int
    OS: Annotated[OS, _NULLABLE]
    ImageID: str
    RepoTags: Annotated[list[str], _NULLABLE]
    RepoDigests: Annotated[list[str], _NULLABLE]
    Reference: str
    ImageConfig: Annotated[ImageConfig, _NULLABLE]
    Layers: Annotated[list[LayerRef], _NULLABLE]


@with_config(_LOOSE)
class Server(TypedDict, total=False):
    """`Trivy.Server`, in reports that a Trivy server answered."""

    VulnerabilityDB: Annotated[dict[str, Any], _NULLABLE]


@with_config(_LOOSE)
class Producer(TypedDict, total=False):
    """`Trivy`, since 0.69."""

    Version: str
    Server: Annotated[Server, _NULLABLE]


@with_config(_LOOSE)
class Identifier(TypedDict, total=False):
    """Names of a package."""

    PURL: str
    UID: str


@with_config(_LOOSE)
class Package(TypedDict, total=False):
    """An installed package."""

    ID: str
    Name: str
    Version: str
    Identifier: Annotated[Identifier, _NULLABLE]
    SrcName: str


@with_config(_LOOSE)
class Score(TypedDict, total=False):
    """CVSS of one source."""

    V2Score: float
    V2Vector: str
    V3Score: float
    V3Vector: str
    V40Score: float
    V40Vector: str


@with_config(_LOOSE)
class Vulnerability(TypedDict, total=False):
    """`Results[].Vulnerabilities[]`."""

    VulnerabilityID: str
    VendorIDs: Annotated[list[str], _NULLABLE]
    PkgID: str
    PkgName: str
    PkgPath: str
    PkgIdentifier: Annotated[Identifier, _NULLABLE]
    InstalledVersion: str
    FixedVersion: str
    Status: str
    Layer: Annotated[LayerRef, _NULLABLE]
    SeveritySource: str
    PrimaryURL: str
    Title: str
    Description: str
    Severity: Word
    CweIDs: Annotated[list[str], _NULLABLE]
    CVSS: Annotated[dict[str, Annotated[Score, _NULLABLE]], _NULLABLE]
    References: Annotated[list[str], _NULLABLE]
    PublishedDate: str
    LastModifiedDate: str


@with_config(_LOOSE)
class Cause(TypedDict, total=False):
    """`CauseMetadata` of a misconfiguration."""

    Resource: str
    StartLine: _Line
    EndLine: _Line


@with_config(_LOOSE)
class Misconfiguration(TypedDict, total=False):
    """`Results[].Misconfigurations[]`."""

    ID: str
    AVDID: str
    Title: str
    Description: str
    Message: str
    Resolution: str
    Severity: Word
    PrimaryURL: str
    References: Annotated[list[str], _NULLABLE]
    Status: Literal["PASS", "FAIL", "EXCEPTION"]
    Layer: Annotated[LayerRef, _NULLABLE]
    CauseMetadata: Annotated[Cause, _NULLABLE]


@with_config(_LOOSE)
class Secret(TypedDict, total=False):
    """`Results[].Secrets[]`; `Match` is masked by Trivy."""

    RuleID: str
    Category: str
    Severity: Word
    Title: str
    StartLine: _Line
    EndLine: _Line
    Match: str
    Layer: Annotated[LayerRef, _NULLABLE]


@with_config(_LOOSE)
class Licence(TypedDict, total=False):
    """`Results[].Licenses[]`."""

    Severity: Word
    Category: str
    PkgName: str
    FilePath: str
    Name: str
    Link: str


@with_config(_LOOSE)
class Modified(TypedDict, total=False):
    """`Results[].ExperimentalModifiedFindings[]`: set aside by Trivy's own ignore files or VEX."""

    Type: str
    Status: str
    Source: str
    Statement: str
    Finding: Annotated[dict[str, Any], _NULLABLE]


LISTED = {"Packages": Package, "Vulnerabilities": Vulnerability}
"""What the lists of the outline hold."""

# Built when the first of its kind is read: most reports hold one kind of finding.
_LAZY = ConfigDict(defer_build=True)
METADATA = TypeAdapter(Metadata)
PRODUCER = TypeAdapter(Producer)
PACKAGES = TypeAdapter(list[Package], config=_LAZY)
VULNERABILITIES = TypeAdapter(list[Vulnerability], config=_LAZY)
MISCONFIGURATIONS = TypeAdapter(list[Misconfiguration], config=_LAZY)
SECRETS = TypeAdapter(list[Secret], config=_LAZY)
LICENCES = TypeAdapter(list[Licence], config=_LAZY)
MODIFIED = TypeAdapter(list[Modified], config=_LAZY)
TEXT = TypeAdapter(Annotated[str, Field(strict=True)])


def read(adapter: TypeAdapter[T], value: Any, where: str, first: int = 0) -> T:
    """`value` as what `adapter` describes. Raises `InputError` that names `where` and the key.

    Of a long list that is read in parts, `first` is the place of the first element.
    """
    try:
        return adapter.validate_python(value)
    except ValidationError as exc:
        fault = exc.errors(include_url=False, include_input=False, include_context=False)[0]
        place = [*fault["loc"]]
        place[:1] = [one + first if isinstance(one, int) else one for one in place[:1]]
        key = ".".join(map(str, place))
        raise InputError(
            f"{where}: {one_line(key, 80)}: {one_line(fault['msg'], 160)}" if key else f"{where}: {fault['msg']}",
            hint="is it a report that Trivy wrote with --format json?",
        ) from exc


def reader(adapter: TypeAdapter[T], where: str) -> Callable[[Any, int], T]:
    """`read` for what comes with its place."""
    return lambda value, first: read(adapter, value, where, first)
