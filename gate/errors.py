"""What can go wrong, and the exit code each kind ends with.

`GateError` tree: `UsageError` 2 · `InputError` 3 · `ToolMissingError` 4 · `ToolFailedError` 5 ·
`RegistryError` 6. A refusal (10) and a missing verification (11) are values, never exceptions.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """The public exit codes; the README's table is held to this by a test."""

    PASSED = 0
    BUG = 1
    USAGE = 2
    INPUT = 3
    TOOL_MISSING = 4
    TOOL_FAILED = 5
    REGISTRY = 6
    REFUSED = 10
    UNVERIFIED = 11
    INTERRUPTED = 130


class GateError(Exception):
    """Anything that we can explain to the person who ran us."""

    code = ExitCode.BUG

    def __init__(self, problem: str, *, hint: str = "", example: str = "") -> None:
        """Say what happened in `problem`, in `hint` what to try next, in `example` lines to write into a file."""
        super().__init__(problem)
        self.problem = problem
        self.hint = hint
        self.example = example


class UsageError(GateError):
    """The command line itself cannot be carried out: a malformed reference, options that exclude each other."""

    code = ExitCode.USAGE


class InputError(GateError):
    """A policy, report or other file that cannot be used."""

    code = ExitCode.INPUT


class ToolMissingError(GateError):
    """A program is not installed, or too old to be trusted."""

    code = ExitCode.TOOL_MISSING


class ToolFailedError(GateError):
    """A program failed, stalled, or said something that cannot be read."""

    code = ExitCode.TOOL_FAILED


class RegistryError(GateError):
    """The registry or GitHub said no, lied, or could not be reached."""

    code = ExitCode.REGISTRY
