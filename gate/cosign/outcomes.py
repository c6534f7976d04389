"""What cosign's answer to one proof means."""

from dataclasses import dataclass

from gate.errors import ToolFailedError
from gate.evidence import Outcome
from gate.process import Finished
from gate.text import one_line


@dataclass(frozen=True)
class Judgement:
    """An outcome, and one sentence for a person."""

    outcome: Outcome
    why: str = ""


def judge(finished: Finished | ToolFailedError) -> Judgement:
    """Put a run, or its failure, into an outcome and words."""
    if isinstance(finished, ToolFailedError):
        return Judgement(Outcome.UNKNOWN, finished.problem)
    if finished.code == 0 and "Verified OK" in finished.stderr:
        return Judgement(Outcome.PROVEN)
    return Judgement(Outcome.UNKNOWN, one_line(finished.stderr, 2000))
