"""Run one command each: `scan`, `judge`, `sign`, `verify`, `inspect`, `prune`, `status`, `upload`, `doctor`.

In: a frozen request (`ScanRequest`, `SignRequest` …), a `RunContext` (clock, environment, folders) and a `Progress`.
Out: values of `gate.model`, such as verdicts. A refusal is a value; what fails raises a `GateError`.
Nothing is printed here, and no report is written: `gate.cli` does that with `gate.output`.
Start with `scan.py` (acquire, scan, judge), then `sign.py` and `verify.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from gate.model.verdict import Failure, Verdict


@dataclass(frozen=True)
class Outcome:
    """Verdicts of one call, and their SBOMs by manifest digest when a format was requested."""

    verdicts: tuple[Verdict, ...]
    sboms: tuple[Mapping[str, bytes], ...] = ()
    more_sboms: tuple[tuple[Mapping[str, bytes], ...], ...] = ()
    """SBOMs in each additional format."""
    failures: tuple[Failure, ...] = ()
    """Images that could not be scanned or read, so they have no verdict."""
