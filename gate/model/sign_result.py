"""The answer of `gate sign`: whether the image is signed, each step of it, and why not."""

from enum import StrEnum
from typing import Literal

from gate.model.image import Frozen
from gate.model.verdict import Reason


class StepState(StrEnum):
    """How one piece of evidence stands."""

    PUSHED = "pushed"
    """Pushed now, read back, and proven."""
    THERE = "there already"
    """The same was there before, by the same signer."""
    WOULD = "would be pushed"
    MISSING = "missing"
    """It should be there and is not."""


class Step(Frozen):
    """One piece of evidence beside one manifest."""

    digest: str
    platform: str = ""
    """Empty for the index, or for an image that is none."""
    what: str
    """`signature`, `verdict`, `vulnerabilities`, `sbom`."""
    format: str
    state: StepState


class SignResult(Frozen):
    """What became of one image."""

    image: str
    """`registry/repository:tag`."""
    digest: str
    signed: bool
    """Everything is on the registry, read back and proven."""
    signer: str = ""
    reasons: tuple[Reason, ...] = ()
    """Why it may not be signed: then nothing was pushed."""
    steps: tuple[Step, ...] = ()
    superseded: bool = False
    """A newer verdict that PASSED is attached already, so nothing was attached."""
    note: str = ""
    """What else to know, in one sentence."""
    dropped: tuple[str, ...] = ()
    """Digests of manifests that the fallback tag listed as evidence and the registry had lost: their entries were
    taken out of the list, or would be (`dry`)."""
    dry: bool = False
    """Nothing was to be pushed (`--dry-run`)."""
    problem: str = ""
    """What went wrong half-way, in one sentence."""
    hint: str = ""
    code: int = 0
    """Exit code that the problem asks for."""


class SignFile(Frozen):
    """The machine's output of `gate sign --json`."""

    version: Literal[1] = 1
    gate: str
    signed: bool
    results: tuple[SignResult, ...]
