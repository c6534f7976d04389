"""Update the lock to a new release: signed by the locked identity, and at least a week old by its signing time."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from gate.errors import InputError, RegistryError
from gate.io import files
from gate.io.run_context import RunContext
from gate.io.workdirs import workdir
from gate.toolchain.deny import refuse
from gate.toolchain.lock import File, Lock, Name, Release, Signer
from gate.toolchain.source import ReleaseSource, writable
from gate.toolchain.unpack import extract_program

YOUNGEST = timedelta(days=7)
"""How old a release has to be: what an attacker published is known by then, as it was of Trivy in 2026."""

Signed = Callable[[Path, bytes, Signer], datetime]
"""Returns when exactly that signer signed the file; raises an error when that is not proven."""


def renew(lock: Lock, tool: Name, version: str, source: ReleaseSource, *, signed: Signed, context: RunContext) -> Lock:  # noqa: PLR0913 the parts of a run
    """Return the lock with another release of `tool` for the same platforms, its sums computed from the files.

    Raises `RegistryError` when a file or its signature cannot be had or is not by the signer of the lock, `InputError`
    when the release is too young, `ToolMissingError` when it is on the deny list.
    """
    old = lock.tools[tool]
    refuse(tool, version, f"{tool} {version}")
    signer = Signer(subject=old.signer.subject.replace(f"v{old.version}", f"v{version}"), issuer=old.signer.issuer)
    bare = Release(version=version, repository=old.repository, source="-", signer=signer, files=old.files)
    new, newest = dict[str, File](), datetime.min.replace(tzinfo=context.now.tzinfo)
    home = context.cache / "tools"
    with writable(home):
        home.mkdir(parents=True, exist_ok=True)
        for platform, file in old.files.items():
            name = file.name.replace(old.version, version)
            with workdir(home, ".new-lock-") as workdir_path:
                new[platform], at = _file(bare, name, tool, source, workdir_path, signed)
            newest = max(newest, at)
            if context.now - newest < YOUNGEST:
                raise InputError(
                    f"{tool} {version} was signed on {newest:%Y-%m-%d}, which is less than {YOUNGEST.days} days ago",
                    hint=f"wait until {newest + YOUNGEST:%Y-%m-%d}: a release that an attacker made is known by then",
                )
    origin = f"computed from the files of the release, which were signed by {newest:%Y-%m-%d}"
    release = Release(version=version, repository=old.repository, source=origin, signer=signer, files=new)
    return Lock(version=1, tools={**lock.tools, tool: release}, known=lock.known)


def _file(  # noqa: PLR0913, PLR0917 the parts of a run
    release: Release, name: str, tool: Name, source: ReleaseSource, workdir_path: Path, signed: Signed
) -> tuple[File, datetime]:
    part, out = workdir_path / "file", workdir_path / "program"
    source.bring(release, name, part)
    bundle = source.bundle(release, name)
    if bundle is None:
        raise RegistryError(
            f"{name} of {source.shown} has no signature bundle", hint="a release is pinned only when it is signed"
        )
    at = signed(part, bundle, release.signer)
    sha256 = files.sha256(part)
    extract_program(part, tool, out, name=name)
    return File(name=name, sha256=sha256, binary=files.sha256(out)), at
