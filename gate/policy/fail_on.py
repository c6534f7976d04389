"""Policy keys that decide about findings: thresholds, exceptions, ignore files, size, feeds."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from gate.model.findings import Severity
from gate.model.image import Frozen
from gate.policy.field_types import Allowance, Bytes, Day, Package, Path, Span, Text, Threshold


class FailOn(Frozen):
    """What refuses an image. `none` switches a threshold off."""

    severity: Threshold = Severity.CRITICAL
    """Vulnerabilities of this severity or worse."""
    unknown_severity: Severity = Severity.HIGH
    """Severity that findings without a rating are judged as, except licences, which are judged by name."""
    fixable_only: bool = False
    """Judge by severity, and count for `limits`, only vulnerabilities with a fixed version. `known_exploited` and
    `epss` apply to all vulnerabilities."""
    known_exploited: bool = False
    """Vulnerabilities in CISA's KEV catalog (known to be exploited), whatever their severity."""
    epss: Annotated[float, Field(ge=0, le=1)] | None = None
    """Vulnerabilities with this EPSS probability of exploitation or more, 0 to 1."""
    secrets: Threshold = Severity.HIGH
    misconfigurations: Threshold = Field(default=None, json_schema_extra={"default": "none"})
    licences: tuple[Text, ...] = ()
    """Licences by SPDX identifier, or by Trivy's category: forbidden, restricted, reciprocal, unknown."""
    end_of_life: bool = True
    """Distributions that get no security updates any more."""
    unscanned: bool = True
    """Images of which a part was not scanned although the scanner reported success."""


class PolicyException(Frozen):
    """A finding that is accepted until a day, with its owner and reason."""

    id: Text
    """Id of the vulnerability or an alias of it, of the rule, or of the licence."""
    package: Package | None = None
    """Name of the package or of its source package, or a purl. A purl without a version matches any, without a
    qualifier any value of it, and with `arch=source` every package built from that source package."""
    path: Text | None = None
    """Path in the image, from its root; `*` and `?` match within one folder, `**` across folders."""
    owner: Text
    reason: Text
    expires: Day
    """The last day on which it applies (UTC)."""


class IgnoreFile(Frozen):
    """A `.trivyignore` or `.trivyignore.yaml` whose entries become exceptions with this owner, reason and end."""

    file: Path
    owner: Text
    reason: Text
    expires: Day
    """The last day of entries without one, and the latest for entries with one."""


class Size(Frozen):
    """Maximum compressed size of the image."""

    max: Bytes | None = None
    """Maximum size of the largest platform: bytes, or a number and a unit (`400MB`, `1GiB`). An unknown size refuses
    the image."""
    growth: Allowance | None = None
    """How much larger each platform may be than in another image: a share (`10%`) or bytes. Judged by
    `gate inspect --against` only."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.max is None and self.growth is None:
            raise ValueError("it needs max, growth, or both")
        return self


class Feeds(Frozen):
    """Files with the KEV catalog and EPSS scores; without a file the public feed is downloaded and cached."""

    known_exploited: Path | None = None
    """CISA's KEV catalog as JSON, relative to the policy file."""
    epss: Path | None = None
    """FIRST's scores as CSV, gzipped or not, or as the JSON of their API."""
    max_age: Span = Field(default=timedelta(days=7), json_schema_extra={"default": "7d"})
    """Maximum age of the feeds; an older one is an error."""
