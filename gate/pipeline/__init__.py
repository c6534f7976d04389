"""The rooms in order: images or reports in, verdicts out. Nothing is printed or written here."""

from collections.abc import Mapping
from dataclasses import dataclass

from gate.model.verdict import Failure, Verdict


@dataclass(frozen=True)
class Outcome:
    """A verdict for each image, and its SBOMs by the digest of their manifest when they were asked for."""

    verdicts: tuple[Verdict, ...]
    sboms: tuple[Mapping[str, bytes], ...] = ()
    more_sboms: tuple[tuple[Mapping[str, bytes], ...], ...] = ()
    """The same in each further format that was asked for."""
    failures: tuple[Failure, ...] = ()
    """The images of the call that have no verdict."""
