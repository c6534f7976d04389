"""How cosign is called: which one, what it can do, and with which environment."""

import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gate.cosign import version_cache
from gate.errors import InputError, ToolMissingError
from gate.io import strict_json
from gate.io.process import Command, ExitError, run_all
from gate.io.run_context import World
from gate.io.workdirs import workdir
from gate.text import one_line
from gate.toolchain import lookup

PROBE_TIMEOUT = 30.0  # seconds; it answers within a tenth of one
_VERSION = re.compile(r"v?([0-9]+)\.([0-9]+)\.([0-9]+)\b")
_INSTALL = "install cosign 3 (https://docs.sigstore.dev/cosign/system_config/installation/) or name it in GATE_COSIGN"

_UNTIDY = {"GOGC": "off", "GOMEMLIMIT": "512MiB"}
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


def find(world: World, *, timeout: float = PROBE_TIMEOUT) -> Tool:
    """The cosign to use; `gate.toolchain.lookup` says where it is looked for.

    Raises `ToolMissingError` when there is none, or none that is known; `ToolFailedError` when it does not answer, or
    the installed one was changed.
    """
    found = lookup.found(world, "cosign")
    if not found:
        raise ToolMissingError("cosign is not installed", hint=f"`gate tools install` brings it; or {_INSTALL}")
    path = str(found.path)
    shown = one_line(path, 200)
    if not shutil.which(path):
        raise ToolMissingError(f"there is no program {shown}", hint=_INSTALL)
    said = version_cache.recall(path, world)
    if said is None:
        said = _asked(path, world, timeout)
        version_cache.keep(said, world)
    return Tool(path, said.major, said.by_digest, _warning(said.version))


def _asked(path: str, world: World, timeout: float) -> version_cache.Said:
    """Ask it what it can do. Raises `ToolMissingError`, `ToolFailedError`."""
    shown = one_line(path, 200)
    with workdir(Path(tempfile.gettempdir()), "gate-cosign-") as folder:

        def said(*asked: Sequence[str]) -> list[str]:
            commands = [
                replace(command(path, world, folder, args, timeout=timeout), hint=f"is {shown} cosign?")
                for args in asked
            ]
            return [done.stdout for done in run_all(commands, jobs=2)]

        try:
            file = version_cache.mark(path)  # before it is asked: what was exchanged since will be asked anew
            sign, version = said(("sign", "--help"), ("version", "--json"))
            major = _major(sign)
            by_digest = major > 2 or "--digestAlg" in said(("verify-blob-attestation", "--help"))[0]  # noqa: PLR2004
        except ExitError as exc:
            raise ToolMissingError(f"{shown} is not cosign: {exc.problem}", hint=_INSTALL) from exc
    if not major:
        raise ToolMissingError(f"{shown} is not a cosign that gate knows, 2 or 3", hint=_INSTALL)
    return version_cache.Said(file=file, major=major, by_digest=by_digest, version=_release(version))


def _major(sign_help: str) -> int:
    """By the options of `cosign sign`: 3 signs by a signing config unless told not to, 2 may, or cannot."""
    if "--use-signing-config=true" in sign_help:
        return 3
    return 2 if "--tlog-upload=true" in sign_help else 0


def _release(said: str) -> str:
    """The version as `cosign version` tells it, `3.1.3`; empty when it does not know."""
    try:
        release = _VERSION.match(strict_json.loads(said.encode(), "the version")["gitVersion"])
    except (InputError, LookupError, TypeError):
        return ""
    return ".".join(release.groups()) if release else ""


def _warning(version: str) -> str:
    return next((one.told(version) for one in lookup.about("cosign", version)), "")


def command(  # noqa: PLR0913 the fields of a Command
    path: str, world: World, room: Path, args: Sequence[str], *, timeout: float, more: Mapping[str, str] | None = None
) -> Command:
    """A run in a room of its own. Its environment is a home, a folder for scraps, the search path and `more`.

    It is over in no time, so its memory is not tidied up before there is much of it: that is a fifth of the time.
    """
    for part in ("home", "tmp"):
        (room / part).mkdir(mode=0o700, parents=True, exist_ok=True)
    env = {"HOME": str(room / "home"), "TMPDIR": str(room / "tmp"), "PATH": world.env.get("PATH", ""), **_UNTIDY}
    return Command(path, tuple(args), {**env, **(more or {})}, room, timeout, deadline=world.deadline)


def network(world: World) -> dict[str, str]:
    """What a run needs that talks to somebody: the way out, and where the root of trust is kept."""
    root = world.cache / "sigstore"
    return {"TUF_ROOT": str(root)} | {name: world.env[name] for name in NETWORK if name in world.env}
