"""What is to be signed, by whom and how."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gate.cosign.by import By
from gate.cosign.program import Tool
from gate.cosign.roots import Roots
from gate.cosign.services import Services
from gate.origin import Origin
from gate.policyfile import Loaded
from gate.registry import Access
from gate.verdict import Reason, Verdict


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
    by: By
    tool: Tool
    services: Services
    roots: Roots
    origin: Origin | None
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
