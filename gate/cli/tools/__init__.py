"""`gate tools`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from gate.cli import paths, requests
from gate.cli.declare import Group, argument, command, file, flag
from gate.cli.options import PolicyFileOption
from gate.cli.printing import say
from gate.cli.tools.releases import DownloadOptions, release_source, release_verifier
from gate.errors import ExitCode, ToolFailedError, UsageError
from gate.io import files, strict_json
from gate.io.run_context import RunContext
from gate.text import one_line

if TYPE_CHECKING:
    from gate.toolchain.lock import Name

_RELEASE = re.compile(r"(trivy|cosign)=v?([0-9]{1,4}(?:\.[0-9]{1,4}){2})", re.ASCII)


@dataclass(frozen=True)
class LockOption:
    """The lock file."""

    tools_lock: str | None = file("--tools-lock", help="Lock file; the variable is for scans too. [default: built in]")


@dataclass(frozen=True)
class InstallOptions(LockOption, DownloadOptions):
    """Options of `gate tools install`."""

    tools: tuple[str, ...] = argument("[trivy|cosign]...", nargs=-1, type=click.Choice(["trivy", "cosign"]))
    folder: str | None = file(
        "--from", metavar="DIR", help="Directory with the files of the releases, instead of downloading them."
    )
    dry_run: bool = flag("--dry-run", help="Say what would be installed, and download nothing.")


@dataclass(frozen=True)
class ListOptions(LockOption, PolicyFileOption):
    """Options of `gate tools list`."""


@dataclass(frozen=True)
class VerifyOptions(LockOption):
    """Options of `gate tools verify`."""

    tools: tuple[str, ...] = argument("[trivy|cosign]...", nargs=-1, type=click.Choice(["trivy", "cosign"]))


@dataclass(frozen=True)
class LockOptions(LockOption, DownloadOptions):
    """Options of `gate tools lock`."""

    releases: tuple[str, ...] = argument("NAME=VERSION...", nargs=-1, required=True)
    output: str = file("--output", "-o", required=True, help="File for the new lock.")


@click.group(cls=Group, no_args_is_help=True)
def tools() -> None:
    """Install Trivy and cosign, pinned by hash, and show which are used."""


@command(InstallOptions, examples=["gate tools install"])
def install(options: InstallOptions) -> int:
    """Download the programs in the lock, check them, and keep them in the cache.

    Nothing is run or made executable unless its SHA-256 is the one in the lock.
    """
    from gate.toolchain.install import install as run

    context = _with_lock(options)
    if options.folder and options.mirror:
        raise UsageError("--from and --mirror exclude each other", hint="name a directory or a URL")
    if options.dry_run:
        return _show_missing(context, options.tools)
    remark = release_verifier(context, options, offline=bool(options.folder)).remark
    with release_source(context, options, options.folder) as source:
        for tool in _selected(options.tools):
            installed = run(tool, context, source, vouch=remark)
            outcome = "installed" if installed.fresh else "was there"
            say(f"{installed.tool} {installed.version} {outcome}: {one_line(str(installed.path), 300)}", err=False)
            if installed.remark:
                say(f"note: {tool}: {one_line(installed.remark, 400)}")
    return ExitCode.PASSED


def _show_missing(context: RunContext, tools: Sequence[str]) -> int:
    """Print what an installation would do; the exit code."""
    from gate.toolchain import lookup
    from gate.toolchain.install import pinned

    for tool in _selected(tools):
        release, file = pinned(tool, context)
        if path := lookup.installed(context, tool):
            say(f"{tool} {release.version} is there: {one_line(str(path), 300)}", err=False)
        else:
            name = one_line(file.name, 200)
            say(f"would install {tool} {release.version}: {name} of {release.repository}", err=False)
    return ExitCode.PASSED


@command(ListOptions, "list", examples=["gate tools list"])
def show(options: ListOptions) -> int:
    """Show which programs are used, where they are, and whether the lock has them. None is run."""
    from gate.toolchain.listing import list_tools
    from gate.toolchain.lock import read_lock

    context = _with_lock(options)
    context = requests.with_tools(context, requests.loaded(context, options))
    lock = read_lock(context)
    for row in list_tools(context):
        version = row.version or ("of unknown version" if row.path else "not there")
        say(
            f"{row.tool:<7} {version}" + (f"  {one_line(str(row.path), 300)} ({row.origin})" if row.path else ""),
            err=False,
        )
        if row.sha256:
            say(f"        sha256 {row.sha256}, {'in the lock' if row.known else 'not in the lock'}", err=False)
        pinned = lock.tools.get(row.tool)
        if row.origin != "lock" and pinned:
            replaced = context.path_tools or row.origin.startswith("GATE_")
            why = "something else is wanted" if replaced else "run `gate tools install`"
            say(f"        the lock pins {pinned.version}, which is not used: {why}", err=False)
        for remark in row.remarks:
            say(f"        {one_line(remark, 500)}", err=False)
    return ExitCode.PASSED


@command(VerifyOptions, examples=["gate tools verify trivy"])
def verify(options: VerifyOptions) -> int:
    """Compare the installed programs with the lock.

    Exit code 5 when a program differs, 4 when one is missing.
    """
    from gate.toolchain.listing import changed

    context = _with_lock(options)
    codes = {ExitCode.PASSED}
    for tool in _selected(options.tools):
        try:
            missing = changed(tool, context)
        except ToolFailedError as exc:
            codes.add(exc.code)
            say(one_line(exc.problem, 400), err=False)
            say(f"hint: {one_line(exc.hint, 400)}")
        else:
            codes.add(ExitCode.TOOL_MISSING if missing else ExitCode.PASSED)
            say(missing or f"{tool} is what the lock pins", err=False)
    return max(codes)


@command(LockOptions, examples=["gate tools lock trivy=0.76.0 --output tools.lock.json"])
def lock(options: LockOptions) -> int:
    """Write a lock with other releases: signed, a week old, and not on the deny list."""
    from gate.toolchain.lock import read_lock
    from gate.toolchain.renew import renew

    context = _with_lock(options)
    releases = [_release(text) for text in options.releases]
    signed = release_verifier(context, options, offline=False).signed
    new = read_lock(context)
    with release_source(context, options) as source:
        for tool, version in releases:
            new = renew(new, tool, version, source, signed=signed, context=context)
    files.write(paths.output(context, options.output), strict_json.dumps(new.model_dump(mode="json"), indent=2))
    for tool, version in releases:
        say(f"{tool} {version} is pinned for {', '.join(new.tools[tool].files)}", err=False)
    return ExitCode.PASSED


def _with_lock(options: LockOption) -> RunContext:
    """Return the `RunContext` of this command, with the lock file of --tools-lock."""
    from dataclasses import replace

    context = paths.here()
    if not options.tools_lock:
        return context
    return replace(context, env={**context.env, "GATE_TOOLS_LOCK": str(context.cwd / options.tools_lock)})


def _selected(tools: Sequence[str]) -> "list[Name]":
    """Return the tools that were named, or all; cosign, which verifies the other, comes first."""
    from gate.toolchain.lock import NAMES

    return [tool for tool in NAMES if not tools or tool in tools]


def _release(text: str) -> "tuple[Name, str]":
    """Parse name and version of a release. Raises `UsageError`."""
    match = _RELEASE.fullmatch(text)
    if not match:
        raise UsageError(f"not a release: {one_line(text, 80)!r}", hint="like trivy=0.76.0")
    return ("trivy" if match[1] == "trivy" else "cosign"), match[2]


tools.add_command(install)
tools.add_command(show)
tools.add_command(verify)
tools.add_command(lock)
