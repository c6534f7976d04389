"""List the programs that would be used with version and warnings; check installed files against the lock."""

from dataclasses import dataclass
from pathlib import Path

from gate.errors import GateError, ToolFailedError
from gate.io.run_context import RunContext
from gate.toolchain import lookup
from gate.toolchain.deny import about, version_of
from gate.toolchain.install import pinned
from gate.toolchain.lock import NAMES, Name, read_lock


@dataclass(frozen=True)
class ToolRow:
    """The program that would be used; without a path none was found."""

    tool: Name
    path: Path | None = None
    origin: str = ""
    version: str = ""
    """Empty when it cannot be read without running the program."""
    sha256: str = ""
    known: bool = False
    """The lock has its SHA-256."""
    remarks: tuple[str, ...] = ()
    """Its known problems."""


def list_tools(context: RunContext) -> list[ToolRow]:
    """A row for each program; nothing is run. Raises `InputError` when the lock cannot be read."""
    return [_row(tool, context) for tool in NAMES]


def _row(tool: Name, context: RunContext) -> ToolRow:
    try:
        program = next(lookup.candidates(context, tool), None)
        if program is None:
            return ToolRow(tool)
        sha256 = lookup.sha256(program.path)
    except GateError as exc:
        return ToolRow(tool, remarks=(exc.problem,))
    known = read_lock(context).versions().get((tool, sha256), "")
    version = known or version_of(program.path, tool)
    remarks = [
        f"{'refused' if denial.action == 'refuse' else 'warning'}: {denial.describe(version)}: {denial.source}"
        for denial in about(tool, version)
    ]
    return ToolRow(tool, program.path, program.origin, version, sha256, bool(known), tuple(remarks))


def changed(tool: Name, context: RunContext) -> str:
    """Compare the installed program with the lock; empty when they agree, else a sentence that it is not installed.

    Raises `ToolMissingError` when the lock has none for this machine, `ToolFailedError` when it differs.
    """
    release, file = pinned(tool, context)
    if not lookup.installed(context, tool):
        if lookup.program_path(context, tool, file).exists():
            raise ToolFailedError(f"{tool} {release.version} is installed, but cannot be run: its mode was changed")
        return f"{tool} {release.version} is not installed"
    return ""
