"""The policy: what may pass. Every key is optional; `Policy()` is the documented, strict default.

Values only. `gate.policyfile` reads one from YAML; `gate.judge` applies it.
"""

import re
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ByteSize,
    Field,
    PlainSerializer,
    PlainValidator,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from gate.errors import GateError
from gate.findings import Severity
from gate.image import Frozen, Platform

_SPAN = re.compile(r"([0-9]{1,5}) ?(h|d|w)")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def _span(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not (match := _SPAN.fullmatch(value)):
        raise ValueError("a span of time is a number and h, d or w: 12h, 7d, 2w")
    return int(match[1]) * _UNITS[match[2]]


def spell(span: timedelta) -> str:
    """`7d` for whole days, hours otherwise: the form that `Span` reads back."""
    hours = round(span.total_seconds() / 3600)
    return f"{hours // 24}d" if hours % 24 == 0 else f"{hours}h"


Span = Annotated[
    timedelta,
    BeforeValidator(_span),
    PlainSerializer(spell, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,5} ?[hdw]$", "examples": ["12h", "7d"]}),
]


def _threshold(value: Any) -> Any:
    return None if value == "none" else value


Threshold = Annotated[
    Severity | None,
    BeforeValidator(_threshold),
    PlainSerializer(lambda value: value or "none", return_type=str),
    WithJsonSchema({"enum": ["critical", "high", "medium", "low", "unknown", "none"]}),
]


def _day(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not _DAY.fullmatch(value):
        raise ValueError("a day is written YYYY-MM-DD")
    try:
        return date.fromisoformat(value)
    except ValueError as exc:
        raise ValueError(f"there is no day {value}") from exc


def _package(value: str) -> str:
    if value.startswith("pkg:"):
        from gate import purls

        purls.pattern(value)
    return value


def _platform(value: str) -> str:
    try:
        Platform.parse(value)
    except GateError as exc:
        raise ValueError(f"{exc.problem}; {exc.hint}") from exc
    return value


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Path = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Day = Annotated[date, BeforeValidator(_day)]
Package = Annotated[Text, AfterValidator(_package)]
PlatformName = Annotated[Text, AfterValidator(_platform)]


class FailOn(Frozen):
    """What refuses an image, finding by finding. `none` switches a threshold off."""

    severity: Threshold = Severity.CRITICAL
    """A vulnerability as bad as this, or worse."""
    unknown_severity: Severity = Severity.HIGH
    """What a finding that nobody has rated is judged as; licences are judged by name and keep theirs."""
    fixable_only: bool = False
    """Judge by severity, and count for limits, only vulnerabilities that an upgrade mends; those that are known
    exploited, or that EPSS says are likely to be, count all the same."""
    known_exploited: bool = False
    """Any vulnerability in CISA's catalogue of known exploited ones, whatever its severity."""
    epss: Annotated[float, Field(ge=0, le=1)] | None = None
    """A vulnerability whose probability of exploitation (FIRST's EPSS, 0 to 1) is this or more."""
    secrets: Threshold = Severity.HIGH
    misconfigurations: Threshold = Field(default=None, json_schema_extra={"default": "none"})
    licences: tuple[Text, ...] = ()
    """SPDX identifiers, or a category of the scanner's: forbidden, restricted, reciprocal, unknown."""
    end_of_life: bool = True
    """A distribution that gets no security updates any more."""
    unscanned: bool = True
    """An image, or a part of it, that the scanner passed without having looked."""


class PolicyException(Frozen):
    """A finding that somebody answers for until a day; past it, it no longer counts."""

    id: Text
    """The vulnerability or an alias of it, the rule, or the licence."""
    package: Package | None = None
    """Name of the package or of the source package that it was built from, or a purl; without a version it holds for
    any, without a qualifier for any value of it."""
    path: Text | None = None
    """A file in the image, from its root; `*` and `?` stay within one folder, `**` does not."""
    owner: Text
    reason: Text
    expires: Day
    """The last day on which it holds (UTC)."""


class IgnoreFile(Frozen):
    """A `.trivyignore` or `.trivyignore.yaml` whose entries are taken as exceptions under these terms."""

    file: Path
    owner: Text
    reason: Text
    expires: Day
    """The last day for entries that name none, and the latest for those that do."""


_SHARE = re.compile(r"[0-9]{1,5}(\.[0-9]{1,3})?%", re.ASCII)
_BYTES = re.compile(r"[0-9]{1,15}(\.[0-9]{1,3})?( ?[kmgtp]i?b|b)?", re.ASCII | re.IGNORECASE)


def _growth(value: Any) -> str | int:
    if isinstance(value, str) and _SHARE.fullmatch(value):
        return value
    if (isinstance(value, str) and _BYTES.fullmatch(value)) or (type(value) is int and value >= 0):
        with suppress(ValidationError):
            return int(TypeAdapter(ByteSize).validate_python(value))
    raise ValueError("growth is a share, or bytes: 10%, 20MB")


Allowance = Annotated[
    str | int,
    PlainValidator(_growth, json_schema_input_type=str | int),
    WithJsonSchema(
        {
            "anyOf": [
                {
                    "pattern": f"^(?:{_SHARE.pattern}|[0-9]{{1,15}}(\\.[0-9]{{1,3}})?( ?[kKmMgGtTpP]i?[bB]|[bB])?)$",
                    "type": "string",
                },
                {"minimum": 0, "type": "integer"},
            ],
            "examples": ["10%", "20MB"],
        }
    ),
]


class Size(Frozen):
    """How big the image may be, on the wire."""

    max: ByteSize | None = None
    """Of the largest platform: bytes, or a number and a unit: `400MB`, `1GiB`. An image whose size nobody knows is
    refused."""
    growth: Allowance | None = None
    """How much each platform may be larger than the same one of another image: `10%` of that, or bytes. Only `gate
    inspect --against` judges it: no scan knows of another image."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.max is None and self.growth is None:
            raise ValueError("it needs max, growth, or both")
        return self


class Feeds(Frozen):
    """Where the lists of exploited vulnerabilities come from: files, or else the public feeds, kept in the cache."""

    known_exploited: Path | None = None
    """CISA's catalogue as JSON, relative to the policy file."""
    epss: Path | None = None
    """FIRST's scores as CSV, gzipped or not, or as the JSON of their API."""
    max_age: Span = Field(default=timedelta(days=7), json_schema_extra={"default": "7d"})
    """An older list is not believed, and the judging ends with an error."""


GITHUB_ISSUER = "https://token.actions.githubusercontent.com"
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._*?-]+")
_WORKFLOW = re.compile(
    r"\.github/workflows/[\w.*?/-]+\.ya?ml|[\w.-]+/[\w.-]+/\.github/workflows/[\w./-]+\.ya?ml@[\w./*-]+", re.ASCII
)
Attached = Literal["verdict", "vulnerabilities", "sbom"]
Required = Literal["signature", "verdict", "sbom"]


class Sign(Frozen):
    """When `gate sign` may sign, and what it attaches."""

    refs: tuple[Text, ...] = ("main", "v*")
    """In GitHub Actions: a bare name is a branch, a bare pattern a tag, in full what it says."""
    events: tuple[Text, ...] = ("push", "workflow_dispatch")
    formats: Annotated[tuple[Literal["bundle", "legacy"], ...], Field(min_length=1)] = ("bundle",)
    """How signature and evidence are stored; `legacy` for clusters that read only cosign 2's tags."""
    attach: tuple[Attached, ...] = ("verdict", "vulnerabilities", "sbom")
    max_age: Span = Field(default=timedelta(hours=24), json_schema_extra={"default": "24h"})
    """A verdict older than this is not signed under any more."""


class Identity(Frozen):
    """Somebody who is trusted: a workflow of GitHub Actions, any other exact identity, or a key. One form each."""

    issuer: Text = GITHUB_ISSUER
    """Exact."""
    server: Text = "https://github.com"
    """Where the repository is: another one for GitHub Enterprise Server."""
    repository: Text | None = None
    """`owner/name`; the name may be a pattern."""
    workflow: Text | None = None
    """`.github/workflows/release.yml`, or of a reusable one `owner/name/.github/workflows/build.yml@refs/tags/v1`."""
    refs: tuple[Text, ...] = ()
    events: tuple[Text, ...] = ()
    """None: any."""
    subject: Text | None = None
    """The whole subject alternative name, exact: for others than GitHub Actions."""
    key: Path | None = None
    """A public key file, relative to the policy file."""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        workflow = (self.repository, self.workflow, self.refs)
        forms = [any(workflow), self.subject is not None, self.key is not None]
        if sum(forms) != 1:
            raise ValueError("it is either repository, workflow and refs, or issuer and subject, or key")
        if forms[0] and not all(workflow):
            raise ValueError("repository, workflow and refs belong together: all three have to be given")
        if self.repository is not None and not _REPOSITORY.fullmatch(self.repository):
            raise ValueError("the repository is like owner/name, and the owner is no pattern")
        if self.workflow is not None and not _WORKFLOW.fullmatch(self.workflow):
            raise ValueError(
                "the workflow is like .github/workflows/release.yml, or, a reusable one, like "
                "owner/name/.github/workflows/build.yml@refs/tags/v1"
            )
        if forms[1] and "issuer" not in self.model_fields_set:
            raise ValueError("a subject needs its issuer")
        return self


class Trust(Frozen):
    """What `gate verify` asks for before a deploy."""

    identities: tuple[Identity, ...] = ()
    """Who may have signed; any one of them. Without one nothing is verified."""
    require: Annotated[tuple[Required, ...], Field(min_length=1)] = ("signature", "verdict", "sbom")
    max_age: Span = Field(default=timedelta(days=7), json_schema_extra={"default": "7d"})
    """An older verdict is stale."""
    policies: tuple[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")], ...] | Literal["any"] = ()
    """SHA-256 of the policies that a verdict may have been made under, beside this one; `any` for all."""
    signed_vex: bool = False
    """A VEX file counts only with a Sigstore bundle beside it (`FILE.sigstore.json`) by a trusted identity."""


class Tools(Frozen):
    """Which Trivy and cosign are used; a variable (`GATE_TRIVY`, `GATE_COSIGN`) that names one is stronger."""

    source: Literal["locked", "path"] = "locked"
    """`locked`: what `gate tools install` brought, where it did; `path`: what the machine has."""


_PLACES = re.compile(r"\{([^{}]*)\}|[{}]")


def _placed(known: tuple[str, ...], rule: str) -> str:
    for found in _PLACES.finditer(rule):
        if found[1] not in known:
            raise ValueError(f"{found[0]} is none of {', '.join(f'{{{one}}}' for one in known)}")
    return rule


BranchTag = Annotated[Text, AfterValidator(partial(_placed, ("branch", "sha")))]
PullTag = Annotated[Text, AfterValidator(partial(_placed, ("number",)))]
VersionTag = Annotated[Text, AfterValidator(partial(_placed, ("version", "major", "minor", "patch")))]
OtherTag = Annotated[Text, AfterValidator(partial(_placed, ("tag",)))]


class Tags(Frozen):
    """Which tags `gate tags` gives; places in braces are filled, then the whole is made a valid tag."""

    default_branch: Text | None = None
    """None: what GitHub says, or else `main`."""
    default: tuple[BranchTag, ...] = ("latest", "{branch}", "{branch}-{sha}")
    """For a push to the default branch; `{sha}` is the first seven digits of the commit."""
    branch: tuple[BranchTag, ...] = ("{branch}", "{branch}-{sha}")
    """For any other branch."""
    pull_request: tuple[PullTag, ...] = ("pr-{number}",)
    version: tuple[VersionTag, ...] = ("{version}", "{major}.{minor}", "{major}")
    """For a tag like `v1.2.3`."""
    other_tag: tuple[OtherTag, ...] = ()
    """For any other tag."""
    latest: bool = True
    """Whether the newest release is `latest` too."""


class Prune(Frozen):
    """What `gate prune` lets go: what every one of these lets go."""

    keep_last: Annotated[int, Field(ge=0)] | None = None
    """So many of the newest versions with a tag stay; None: all of them."""
    keep_tags: tuple[Text, ...] = ()
    """Globs; what has such a tag stays."""
    older_than: Span = Field(default=timedelta(days=1), json_schema_extra={"default": "1d"})
    """What is younger stays."""


class Policy(Frozen):
    """The whole of `gate.yaml`."""

    version: Literal[1] = 1
    # Made of defaults, which nobody has to validate: for each of these a validator would be built, and used once.
    fail_on: FailOn = FailOn.model_construct()
    limits: dict[Severity, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    """Refuse when more vulnerabilities than this have the severity; those accepted, excused or in the baseline are
    not counted. `unknown` counts those that nobody has rated, whatever they are judged as."""
    exceptions: tuple[PolicyException, ...] = ()
    max_exception: Span | None = None
    """No exception may end later than this from today."""
    trivyignore: tuple[IgnoreFile, ...] = ()
    vex: tuple[Path, ...] = ()
    """OpenVEX or CycloneDX files, relative to the policy file."""
    platforms: Literal["all"] | Annotated[tuple[PlatformName, ...], Field(min_length=1)] = "all"
    """Which platforms of an image must pass; one that is listed and was not scanned refuses."""
    size: Size | None = None
    max_database_age: Span = Field(default=timedelta(days=5), json_schema_extra={"default": "5d"})
    """Refuse when the vulnerability database is older than this, or nobody knows how old it is."""
    feeds: Feeds = Feeds.model_construct()
    sign: Sign = Sign.model_construct()
    trust: Trust = Trust.model_construct()
    tags: Tags = Tags.model_construct()
    prune: Prune = Prune.model_construct()
    tools: Tools = Tools.model_construct()
