"""The policy: what may pass. Every key is optional; `Policy()` is the documented, strict default.

Values only. `gate.policy.loader` reads one from YAML; `gate.judge` applies it.
"""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from gate.model.findings import Severity
from gate.model.image import Frozen
from gate.policy.deploying import ImageFields, KindName
from gate.policy.fail_on import FailOn, Feeds, IgnoreFile, PolicyException, Size
from gate.policy.field_types import Path, PlatformName, Span, spell
from gate.policy.housekeeping import Prune, Tags, Tools
from gate.policy.trust import GITHUB_ISSUER, Identity, Required, Sign, Trust

__all__ = [
    "GITHUB_ISSUER",
    "FailOn",
    "Feeds",
    "Identity",
    "IgnoreFile",
    "Policy",
    "PolicyException",
    "Prune",
    "Required",
    "Sign",
    "Size",
    "Tags",
    "Tools",
    "Trust",
    "spell",
]


class Policy(Frozen):
    """The whole of `gate.yaml`."""

    version: Literal[1] = 1
    # Made of defaults, which need no validation: for each of these a validator would be built, and used once.
    fail_on: FailOn = FailOn.model_construct()
    limits: dict[Severity, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    """Refuse when more vulnerabilities than this have the severity; those accepted, excused or in the baseline are
    not counted. `unknown` counts those without a severity rating, whatever they are judged as."""
    exceptions: tuple[PolicyException, ...] = ()
    max_exception: Span | None = None
    """No exception may end later than this from today."""
    trivyignore: tuple[IgnoreFile, ...] = ()
    vex: tuple[Path, ...] = ()
    """OpenVEX, CycloneDX or CSAF files, relative to the policy file."""
    platforms: Literal["all"] | Annotated[tuple[PlatformName, ...], Field(min_length=1)] = "all"
    """Which platforms of an image must pass; one that is listed and was not scanned refuses."""
    unscanned_manifests: tuple[Literal["nydus"], ...] = ()
    """Kinds of manifests in an index that are accepted without a scan; without this they refuse the index."""
    size: Size | None = None
    max_database_age: Span = Field(default=timedelta(days=5), json_schema_extra={"default": "5d"})
    """Refuse when the vulnerability database is older than this, or its age is unknown."""
    feeds: Feeds = Feeds.model_construct()
    sign: Sign = Sign.model_construct()
    trust: Trust = Trust.model_construct()
    manifests: dict[KindName, ImageFields] = Field(default_factory=dict)
    """Which fields of a kind of Kubernetes object name images, for kinds that `gate` does not know."""
    tags: Tags = Tags.model_construct()
    prune: Prune = Prune.model_construct()
    tools: Tools = Tools.model_construct()
