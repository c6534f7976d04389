"""What cosign's last words mean when it could not sign, and what to do about it."""

from dataclasses import dataclass

from gate.errors import GateError, ToolFailedError
from gate.process import ExitError
from gate.text import one_line


class OutageError(ToolFailedError):
    """A service is down or busy: the same may well succeed later."""


@dataclass(frozen=True)
class _Meaning:
    """What is meant when all of `marks` are among the words; the first that fits."""

    marks: tuple[str, ...]
    problem: str
    hint: str
    kind: type[GateError] = ToolFailedError


def explain(failure: ExitError) -> GateError:
    """Put a failed run into words of ours."""
    said = failure.finished.stderr or failure.finished.stdout
    for meaning in MEANINGS:
        if all(mark in said for mark in meaning.marks):
            return meaning.kind(f"{meaning.problem}: {_words(said)}", hint=meaning.hint)
    if failure.finished.code < 0:
        return ToolFailedError(f"cosign was killed by signal {-failure.finished.code}", hint="out of memory?")
    return ToolFailedError(f"cosign failed: {_words(said)}", hint="its last words are above")


def _words(said: str) -> str:
    """The innermost cause of the last error, without the prompt before it and the steps that led to it."""
    lines = [line for line in said.splitlines() if line.strip()]
    errors = [line.partition("Error: ")[2] for line in lines if "Error: " in line]
    return one_line((errors or lines[-1:] or ["it said nothing"])[-1], 400)


MEANINGS: tuple[_Meaning, ...] = ()
