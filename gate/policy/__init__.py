"""The model of `gate.yaml`. Every key is optional; `Policy()` is the documented, strict default.

`loader.load` reads it from YAML and applies command-line options, `problems` describes what is wrong with it.
`fail_on`, `trust`, `housekeeping` and `deploying` hold its parts. `gate.judging` and `gate.attestation` apply it.
Start with `Policy`.
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
    """Most vulnerabilities allowed of a severity, without those accepted, excused or in the baseline. `unknown` counts
    those without a severity rating, whatever they are judged as."""
    exceptions: tuple[PolicyException, ...] = ()
    max_exception: Span | None = None
    """Longest time from today until an exception ends."""
    trivyignore: tuple[IgnoreFile, ...] = ()
    vex: tuple[Path, ...] = ()
    """OpenVEX, CycloneDX or CSAF files, relative to the policy file."""
    platforms: Literal["all"] | Annotated[tuple[PlatformName, ...], Field(min_length=1)] = "all"
    """Platforms of an image that must pass; a listed platform that was not scanned refuses the image."""
    unscanned_manifests: tuple[Literal["nydus"], ...] = ()
    """Kinds of manifests in an index that are accepted without a scan; others refuse the index."""
    size: Size | None = None
    max_database_age: Span = Field(default=timedelta(days=5), json_schema_extra={"default": "5d"})
    """Maximum age of the vulnerability database; an unknown age refuses the image too."""
    feeds: Feeds = Feeds.model_construct()
    sign: Sign = Sign.model_construct()
    trust: Trust = Trust.model_construct()
    manifests: dict[KindName, ImageFields] = Field(default_factory=dict)
    """Fields that name images, for kinds of Kubernetes objects that `gate` does not know."""
    tags: Tags = Tags.model_construct()
    prune: Prune = Prune.model_construct()
    tools: Tools = Tools.model_construct()
