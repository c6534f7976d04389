"""What refuses an image, who answers for what does not, and what is known from elsewhere."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from gate.model.findings import Severity
from gate.model.image import Frozen
from gate.policy.field_types import Allowance, Bytes, Day, Package, Path, Span, Text, Threshold


class FailOn(Frozen):
    """What refuses an image, finding by finding. `none` switches a threshold off."""

    severity: Threshold = Severity.CRITICAL
    """A vulnerability as bad as this, or worse."""
    unknown_severity: Severity = Severity.HIGH
    """What a finding without a severity rating is judged as; licences are judged by name and keep theirs."""
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
    any, without a qualifier for any value of it, with `arch=source` for what was built from it."""
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


class Size(Frozen):
    """How big the image may be, on the wire."""

    max: Bytes | None = None
    """Of the largest platform: bytes, or a number and a unit: `400MB`, `1GiB`. An image of unknown size is
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
