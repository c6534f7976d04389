"""Find the cosign program, detect its major version and build its command lines and environment."""

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
from gate.io.run_context import RunContext
from gate.io.workdirs import workdir
from gate.text import one_line
from gate.toolchain import deny, lookup

PROBE_TIMEOUT = 30.0  # seconds; it usually answers within 0.1
_VERSION = re.compile(r"v?([0-9]+)\.([0-9]+)\.([0-9]+)\b")
_INSTALL = "install cosign 3 (https://docs.sigstore.dev/cosign/system_config/installation/) or name it in GATE_COSIGN"

_NO_GARBAGE_COLLECTION = {"GOGC": "off", "GOMEMLIMIT": "512MiB"}
# Variables passed on to a run that uses the network.
NETWORK = (
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR"),
)


@dataclass(frozen=True)
class Tool:
    """A usable cosign program."""

    path: str
    major: int
    """2 or 3, detected by its options: builds of distributions may not know their own version."""
    by_digest: bool
    """Whether it verifies an attestation about a digest without the file of that digest."""
    warning: str = ""
    """Why it should be replaced; empty when there is no known problem with it."""


def find(context: RunContext, *, timeout: float = PROBE_TIMEOUT) -> Tool:
    """Find the cosign to use, where `gate.toolchain.lookup` searches.

    Raises `ToolMissingError` when there is none or its version is unknown; `ToolFailedError` when it does not answer
    or the installed file was modified.
    """
    found = lookup.find(context, "cosign")
    if not found:
        raise ToolMissingError("cosign is not installed", hint=f"run `gate tools install`, or {_INSTALL}")
    path = str(found.path)
    shown = one_line(path, 200)
    if not shutil.which(path):
        raise ToolMissingError(f"there is no program {shown}", hint=_INSTALL)
    version = version_cache.recall(path, context)
    if version is None:
        version = _probe(path, context, timeout)
        version_cache.keep(version, context)
    return Tool(path, version.major, version.by_digest, _warning(version.version))


def _probe(path: str, context: RunContext, timeout: float) -> version_cache.CosignVersion:
    """Run cosign to detect its version and options. Raises `ToolMissingError`, `ToolFailedError`."""
    shown = one_line(path, 200)
    with workdir(Path(tempfile.gettempdir()), "gate-cosign-") as folder:

        def output_of(*arguments: Sequence[str]) -> list[str]:
            commands = [
                replace(command(path, context, folder, args, timeout=timeout), hint=f"is {shown} cosign?")
                for args in arguments
            ]
            return [finished.stdout for finished in run_all(commands, jobs=2)]

        try:
            file = version_cache.identify_file(path)  # before the run: a program replaced meanwhile is probed again
            sign, version = output_of(("sign", "--help"), ("version", "--json"))
            major = _major(sign)
            by_digest = major > 2 or "--digestAlg" in output_of(("verify-blob-attestation", "--help"))[0]  # noqa: PLR2004
        except ExitError as exc:
            raise ToolMissingError(f"{shown} is not cosign: {exc.problem}", hint=_INSTALL) from exc
    if not major:
        raise ToolMissingError(f"{shown} is neither cosign 2 nor cosign 3", hint=_INSTALL)
    return version_cache.CosignVersion(file=file, major=major, by_digest=by_digest, version=_release(version))


def _major(sign_help: str) -> int:
    """Detect the major version by the defaults of `cosign sign`; 0 when unknown.

    Version 3 uses a signing config by default, version 2 does not.
    """
    if "--use-signing-config=true" in sign_help:
        return 3
    return 2 if "--tlog-upload=true" in sign_help else 0


def _release(output: str) -> str:
    """Return the release (`3.1.3`) that `cosign version --json` printed; empty when the build has none."""
    try:
        release = _VERSION.match(strict_json.loads(output.encode(), "the version")["gitVersion"])
    except (InputError, LookupError, TypeError):
        return ""
    return ".".join(release.groups()) if release else ""


def _warning(version: str) -> str:
    return next((denial.describe(version) for denial in deny.about("cosign", version)), "")


def command(  # noqa: PLR0913 the fields of a Command
    path: str,
    context: RunContext,
    workdir: Path,
    args: Sequence[str],
    *,
    timeout: float,
    more: Mapping[str, str] | None = None,
) -> Command:
    """Build a cosign command that runs in `workdir` with an environment of its own.

    The environment holds HOME and TMPDIR inside `workdir`, PATH and `more`. Go's garbage collector is off up to
    512 MiB: a run is short, and that saves a fifth of its time.
    """
    for part in ("home", "tmp"):
        (workdir / part).mkdir(mode=0o700, parents=True, exist_ok=True)
    env = {
        "HOME": str(workdir / "home"),
        "TMPDIR": str(workdir / "tmp"),
        "PATH": context.env.get("PATH", ""),
        **_NO_GARBAGE_COLLECTION,
    }
    return Command(path, tuple(args), {**env, **(more or {})}, workdir, timeout, deadline=context.deadline)


def network(context: RunContext) -> dict[str, str]:
    """Return the environment of a run that uses the network: proxies, CA certificates, TUF cache."""
    root = context.cache / "sigstore"
    return {"TUF_ROOT": str(root)} | {name: context.env[name] for name in NETWORK if name in context.env}
