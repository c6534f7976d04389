"""What is to be signed, by whom and how."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gate.cosign.program import Tool
from gate.cosign.signing_config import SigningServices
from gate.cosign.signing_identity import SigningIdentity
from gate.cosign.trusted_root import Roots
from gate.model.ci_run import CiRun
from gate.model.verdict import Reason, Verdict
from gate.policy.loader import Loaded
from gate.registry import Access


@dataclass(frozen=True)
class Candidate:
    """What may be signed: a verdict, and its platforms' SBOMs by the digest of their manifest."""

    verdict: Verdict
    sboms: Mapping[str, bytes] = field(default_factory=dict)
    scanned_now: bool = False
    """Whether this run scanned the image itself, so that no lost refusal can be newer than the verdict."""
    doubts: tuple[Reason, ...] = ()
    """Why a verdict that was read from a file is not believed."""


@dataclass(frozen=True)
class SignRequest:
    """By whom and how; times in seconds."""

    loaded: Loaded
    by: SigningIdentity
    tool: Tool
    services: SigningServices
    roots: Roots
    origin: CiRun | None
    local: bool = False
    dry_run: bool = False
    attest_refusal: bool = False
    """Attach a verdict that refuses, and nothing else: from then on it is the newest."""
    patience: float = 900.0
    """How long an outage of Sigstore is waited out."""
    pause: float = 5.0
    """The first pause of it; doubled each time."""
    settle: float = 1.0
    """How long others may take that write to the same registry at the same time."""
    access: Access = field(default_factory=Access)
    jobs: int = 2
