"""Results of `gate sign`: whether each image is signed, the state of its evidence, and reasons for a refusal."""

from enum import StrEnum
from typing import Literal

from gate.model.image import Frozen
from gate.model.verdict import Reason


class StepState(StrEnum):
    """State of one piece of evidence."""

    PUSHED = "pushed"
    """Pushed, read back and verified."""
    THERE = "there already"
    """Attached before, by the same signer."""
    WOULD = "would be pushed"
    MISSING = "missing"
    """It should be attached and is not."""


class Step(Frozen):
    """One piece of evidence for one manifest."""

    digest: str
    platform: str = ""
    """Empty for an index, or for an image without one."""
    what: str
    """`signature`, `verdict`, `vulnerabilities`, `sbom`."""
    format: str
    state: StepState


class SignResult(Frozen):
    """Result for one image."""

    image: str
    """`registry/repository:tag`."""
    digest: str
    signed: bool
    """Whether all evidence is attached and verified."""
    signer: str = ""
    reasons: tuple[Reason, ...] = ()
    """Why it may not be signed; nothing was pushed then, or only the refusing verdict (`--attest-refusal`)."""
    steps: tuple[Step, ...] = ()
    superseded: bool = False
    """A newer verdict that PASSED is attached already, so nothing was attached."""
    note: str = ""
    """More information, in one sentence."""
    dropped: tuple[str, ...] = ()
    """Digests that the fallback tag listed and the registry has lost: removed from the list, or with `dry` to be."""
    dry: bool = False
    """Whether this was a `--dry-run`."""
    problem: str = ""
    """Error after the first push, in one sentence."""
    hint: str = ""
    code: int = 0
    """Exit code of the problem; 0 without one."""


class SignFile(Frozen):
    """The file of `gate sign --json`."""

    version: Literal[1] = 1
    gate: str
    signed: bool
    results: tuple[SignResult, ...]
