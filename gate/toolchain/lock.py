"""The lock: the pinned release of each program and the SHA-256 of its files, read from `lock.json`.

The sums are ours, recorded when a release was at least a week old without a known attack: the checksums published with
a release come from the same source as the release itself.
"""

import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from gate.errors import InputError
from gate.io import files, strict_json
from gate.io.run_context import RunContext
from gate.io.validation import describe
from gate.text import one_line

SHIPPED = Path(__file__).parent / "lock.json"
_LARGEST = 1 << 20
_SYSTEMS = {"Linux": "linux", "Darwin": "darwin"}
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}

Name = Literal["cosign", "trivy"]
NAMES: tuple[Name, ...] = ("cosign", "trivy")
"""The programs in the order of installation: cosign verifies the signature of Trivy."""
Sum = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Version = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}$")]
PlatformName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{1,20}/[a-z0-9]{1,20}$")]
# They become parts of paths and URLs.
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Repository = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")
]
Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class File(_Value):
    """The file of a release for one platform: the program itself, or an archive with it."""

    name: FileName
    sha256: Sum
    binary: Sum
    """Of the program; the same as `sha256` where the file is the program."""


class Signer(_Value):
    """Signing identity of a release's files; each file has a Sigstore bundle `FILE.sigstore.json`."""

    subject: Text
    issuer: Text


class Release(_Value):
    """The release of a program that is pinned."""

    version: Version
    repository: Repository
    """`OWNER/NAME` on GitHub."""
    source: Text
    """Where the SHA-256 sums come from."""
    signer: Signer
    files: Annotated[dict[PlatformName, File], Field(min_length=1)]


class KnownProgram(_Value):
    """An official program that is distributed in another way than by a release of the lock."""

    tool: Name
    version: Version
    platform: PlatformName
    binary: Sum
    source: Text


class Lock(_Value):
    """The whole of `lock.json`."""

    version: Literal[1]
    tools: dict[Name, Release]
    known: Annotated[tuple[KnownProgram, ...], Field(strict=False)] = ()

    def versions(self) -> Mapping[tuple[str, str], str]:
        """Return the version of every known program by name and SHA-256."""
        pinned: dict[tuple[str, str], str] = {
            (name, file.binary): release.version
            for name, release in self.tools.items()
            for file in release.files.values()
        }
        return pinned | {(program.tool, program.binary): program.version for program in self.known}


def read_lock(context: RunContext) -> Lock:
    """Read the lock: the file named in `GATE_TOOLS_LOCK`, or the one shipped with gate. Raises `InputError`."""
    chosen = context.env.get("GATE_TOOLS_LOCK")
    path = context.cwd / chosen if chosen else SHIPPED
    try:
        return Lock.model_validate(strict_json.loads(files.read(path, limit=_LARGEST, what="the lock"), "the lock"))
    except ValidationError as exc:
        raise InputError(
            f"the lock {one_line(str(path), 200)} is malformed: {describe(exc)}", hint="`gate tools lock` writes one"
        ) from exc


def here() -> str:
    """Return the platform of this machine as the lock names it: `linux/amd64`."""
    system, machine = platform.system(), platform.machine()
    return f"{_SYSTEMS.get(system, system.lower())}/{_MACHINES.get(machine.lower(), machine.lower())}"
