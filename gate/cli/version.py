"""`gate version`."""

from dataclasses import dataclass

from gate import __version__
from gate.cli.declare import command
from gate.cli.printing import say
from gate.errors import ExitCode


@dataclass(frozen=True)
class VersionOptions:
    """Options of `gate version`: none."""


@command(VersionOptions, examples=["gate version"])
def version(options: VersionOptions) -> int:  # noqa: ARG001 it has none
    """Print the version of gate, like `gate --version`."""
    say(f"gate {__version__}", err=False)
    return ExitCode.PASSED
