"""List the programs that would be used with version and warnings; check installed files against the lock."""

from dataclasses import dataclass
from pathlib import Path

from gate.errors import GateError, ToolFailedError
from gate.io.run_context import RunContext
from gate.toolchain import lookup
from gate.toolchain.install import pinned
from gate.toolchain.lookup import Name


@dataclass(frozen=True)
class ToolRow:
    """A program as it would be used; without a path there is none."""

    tool: Name
    path: Path | None = None
    origin: str = ""
    version: str = ""
    """Empty when it cannot be read without running the program."""
    sha256: str = ""
    known: bool = False
    """The lock has its SHA-256."""
    remarks: tuple[str, ...] = ()
    """What is wrong with it."""


def list_tools(context: RunContext) -> list[ToolRow]:
    """A row for each program; nothing is run. Raises `InputError` when the lock cannot be read."""
    return [_row(tool, context) for tool in lookup.NAMES]


def _row(tool: Name, context: RunContext) -> ToolRow:
    try:
        found = next(lookup.listed(context, tool), None)
        if found is None:
            return ToolRow(tool)
        summed = lookup.sha256(found.path)
    except GateError as exc:
        return ToolRow(tool, remarks=(exc.problem,))
    known = lookup.read_lock(context).versions().get((tool, summed), "")
    version = known or lookup.version_of(found.path, tool)
    remarks = [
        f"{'refused' if one.action == 'refuse' else 'warning'}: {one.describe(version)}: {one.source}"
        for one in lookup.about(tool, version)
    ]
    return ToolRow(tool, found.path, found.origin, version, summed, bool(known), tuple(remarks))


def changed(tool: Name, context: RunContext) -> str:
    """What is wrong with what is installed: empty, "it is not installed", or how it differs.

    Raises `ToolMissingError` when the lock has none for this machine, `ToolFailedError` when it differs.
    """
    release, file = pinned(tool, context)
    if not lookup.installed(context, tool):
        if lookup.place(context, tool, file).exists():
            raise ToolFailedError(f"{tool} {release.version} is installed, but cannot be run: its mode was changed")
        return f"{tool} {release.version} is not installed"
    return ""
