"""How cosign is called: which one, what it can do, and with which environment."""

import re
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gate import strictjson
from gate.errors import InputError, ToolMissingError
from gate.process import Command, ExitError, run_all
from gate.text import one_line
from gate.world import World

_PROBE_TIMEOUT = 30.0  # seconds; it answers within a tenth of one
_VERSION = re.compile(r"v?([0-9]+)\.([0-9]+)\.([0-9]+)\b")
_SAFE_3 = (3, 1, 3)
_INSTALL = "install cosign 3 (https://docs.sigstore.dev/cosign/system_config/installation/) or name it in GATE_COSIGN"

# What a child may see of our environment when it talks to anybody.
NETWORK = (
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR"),
)


@dataclass(frozen=True)
class Tool:
    """A cosign that can be worked with."""

    path: str
    major: int
    """2 or 3, told by what it can do: builds of distributions do not know their own version."""
    by_digest: bool
    """Whether it proves an attestation about a digest, without the file that has it."""
    warning: str = ""
    """Why it should be replaced; empty when nothing is known against it."""


def find(world: World, *, timeout: float = _PROBE_TIMEOUT) -> Tool:
    """The cosign to use: `GATE_COSIGN`, then the search path, then beside this Python.

    Raises `ToolMissingError` when there is none, or none that is known; `ToolFailedError` when it does not answer.
    """
    chosen = world.env.get("GATE_COSIGN")
    beside = str(Path(sys.executable).parent)
    found = chosen or shutil.which("cosign", path=world.env.get("PATH", "")) or shutil.which("cosign", path=beside)
    if not found:
        raise ToolMissingError("cosign is not installed", hint=_INSTALL)
    path = str((world.cwd / found).absolute())
    shown = one_line(path, 200)
    if not shutil.which(path):
        raise ToolMissingError(f"there is no program {shown}", hint=_INSTALL)
    asked = ("sign", "--help"), ("verify-blob-attestation", "--help"), ("version", "--json")
    with tempfile.TemporaryDirectory(prefix="gate-cosign-") as name:
        room = Path(name)
        commands = [command(path, world, room, args, timeout=timeout) for args in asked]
        try:
            sign, prove, version = (done.stdout for done in run_all(commands, jobs=2))
        except ExitError as exc:
            raise ToolMissingError(f"{shown} is not cosign: {exc.problem}", hint=_INSTALL) from exc
    major = _major(sign)
    if not major:
        raise ToolMissingError(f"{shown} is not a cosign that gate knows, 2 or 3", hint=_INSTALL)
    return Tool(path, major, by_digest="--digestAlg" in prove, warning=_warning(version))


def _major(sign_help: str) -> int:
    """By the options of `cosign sign`: 3 signs by a signing config unless told not to, 2 may, or cannot."""
    if "--use-signing-config=true" in sign_help:
        return 3
    return 2 if "--tlog-upload=true" in sign_help else 0


def _warning(version: str) -> str:
    try:
        said = strictjson.loads(version.encode(), "the version")["gitVersion"]
        release = _VERSION.match(said)
    except (InputError, LookupError, TypeError):
        return ""
    numbers = tuple(int(part) for part in release.groups()) if release else ()
    if numbers and numbers[0] == _SAFE_3[0] and numbers < _SAFE_3:
        return (
            f"cosign {'.'.join(map(str, numbers))} has a known weakness (GHSA-fx35-mq7g-6g98): "
            f"install {'.'.join(map(str, _SAFE_3))} or later"
        )
    return ""


def command(  # noqa: PLR0913 the fields of a Command
    path: str, world: World, room: Path, args: Sequence[str], *, timeout: float, more: Mapping[str, str] | None = None
) -> Command:
    """A run in a room of its own. Its environment is a home, a folder for scraps, the search path and `more`."""
    for part in ("home", "tmp"):
        (room / part).mkdir(mode=0o700, parents=True, exist_ok=True)
    env = {"HOME": str(room / "home"), "TMPDIR": str(room / "tmp"), "PATH": world.env.get("PATH", "")}
    return Command(path, tuple(args), {**env, **(more or {})}, room, timeout)


def network(world: World) -> dict[str, str]:
    """What a run needs that talks to somebody: the way out, and where the root of trust is kept."""
    root = world.cache / "sigstore"
    return {"TUF_ROOT": str(root)} | {name: world.env[name] for name in NETWORK if name in world.env}
