"""Request of `gate sign`: candidate images, signing identity and options."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gate.cosign.program import Tool
from gate.cosign.signing_config import SigningServices
from gate.cosign.signing_identity import SigningIdentity
from gate.cosign.trusted_root import Roots
from gate.model.ci_run import CiRun
from gate.model.verdict import Reason, Verdict
from gate.policy.loader import Loaded
from gate.registry.access import Access


@dataclass(frozen=True)
class Candidate:
    """An image that may be signed: its verdict, and its SBOMs by manifest digest."""

    verdict: Verdict
    sboms: Mapping[str, bytes] = field(default_factory=dict)
    scanned_now: bool = False
    """Whether this run scanned the image itself, so that no lost refusal can be newer than the verdict."""
    doubts: tuple[Reason, ...] = ()
    """Why a verdict that was read from a file is not believed."""


@dataclass(frozen=True)
class SignRequest:
    """Signing identity and options of `gate sign`; times in seconds."""

    loaded: Loaded
    by: SigningIdentity
    tool: Tool
    services: SigningServices
    roots: Roots
    origin: CiRun | None
    local: bool = False
    dry_run: bool = False
    attest_refusal: bool = False
    """Attach a refusing verdict, and nothing else, so that it is the newest verdict."""
    patience: float = 900.0
    """How long to retry during an outage of Sigstore."""
    pause: float = 5.0
    """First pause between two tries; doubled each time."""
    settle: float = 1.0
    """How long a concurrent writer may take to update the fallback tag."""
    access: Access = field(default_factory=Access)
    jobs: int = 2
