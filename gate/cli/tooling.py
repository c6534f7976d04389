"""`gate tools` once its words are read."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gate.cli import paths, requests, untyped
from gate.cli.paths import here
from gate.cli.printing import say
from gate.errors import ExitCode, ToolFailedError, UsageError
from gate.io import files
from gate.io.run_context import World
from gate.io.strict_json import dumps
from gate.text import one_line
from gate.toolchain import lookup

if TYPE_CHECKING:
    from gate.pipeline.verify_release import Voucher
    from gate.toolchain import Source
    from gate.toolchain.lookup import Name

_IDLE = 60.0  # seconds
_HOW = "`gate tools install` brings it"
_RELEASE = re.compile(r"(trivy|cosign)=v?([0-9]{1,4}(?:\.[0-9]{1,4}){2})", re.ASCII)


def install(names: Sequence[str], given: Mapping[str, Any]) -> int:
    """Carry out `gate tools install`; the exit code. Raises any `GateError`."""
    from gate.toolchain import install as bring

    world = _world(given)
    if given["folder"] and given["mirror"]:
        raise UsageError("--from and --mirror exclude each other", hint="name a folder or a URL")
    voucher = _voucher(world, given, offline=bool(given["folder"]))
    with _source(world, given) as source:
        for tool in _chosen(names):
            done = bring(tool, world, source, vouch=voucher.remark)
            say(
                f"{done.tool} {done.version} {'installed' if done.fresh else 'was there'}: {_path(done.path)}",
                err=False,
            )
            if done.remark:
                say(f"note: {tool}: {one_line(done.remark, 400)}")
    return ExitCode.PASSED


def show(given: Mapping[str, Any]) -> int:
    """Carry out `gate tools list`; the exit code. Raises `InputError`."""
    from gate.toolchain import listing

    world = _world(given)
    world = requests.with_tools(world, untyped.loaded(world, given))
    lock = lookup.read(world)
    for row in listing(world):
        pinned = lock.tools.get(row.tool)
        version = row.version or ("of unknown version" if row.path else "not there")
        say(f"{row.tool:<7} {version}" + (f"  {_path(row.path)} ({row.origin})" if row.path else ""), err=False)
        if row.sha256:
            say(f"        sha256 {row.sha256}, {'in the lock' if row.known else 'not in the lock'}", err=False)
        if row.origin != "lock" and pinned:
            why = "something else is wanted" if world.path_tools or row.origin.startswith("GATE_") else _HOW
            say(f"        the lock pins {pinned.version}, which is not used: {why}", err=False)
        for remark in row.remarks:
            say(f"        {one_line(remark, 500)}", err=False)
    return ExitCode.PASSED


def verify(names: Sequence[str], given: Mapping[str, Any]) -> int:
    """Carry out `gate tools verify`; the exit code. Raises `InputError`, `ToolMissingError`."""
    from gate.toolchain import changed

    world = _world(given)
    codes = {ExitCode.PASSED}
    for tool in _chosen(names):
        try:
            said = changed(tool, world)
        except ToolFailedError as exc:
            codes.add(exc.code)
            say(one_line(exc.problem, 400), err=False)
            say(f"hint: {one_line(exc.hint, 400)}")
        else:
            codes.add(ExitCode.TOOL_MISSING if said else ExitCode.PASSED)
            say(said or f"{tool} is what the lock pins", err=False)
    return max(codes)


def lock(releases: Sequence[str], given: Mapping[str, Any]) -> int:
    """Carry out `gate tools lock`; the exit code. Raises any `GateError`."""
    from gate.toolchain import renew

    world = _world(given)
    wanted = [_release(one) for one in releases]
    voucher = _voucher(world, given, offline=False)
    new = lookup.read(world)
    with _source(world, {"folder": None, **given}) as source:
        for tool, version in wanted:
            new = renew(new, tool, version, source, signed=voucher.signed, world=world)
    files.write(paths.output(world, given["output"]), dumps(new.model_dump(mode="json"), indent=2))
    for tool, version in wanted:
        say(f"{tool} {version} is pinned for {', '.join(new.tools[tool].files)}", err=False)
    return ExitCode.PASSED


def _world(given: Mapping[str, Any]) -> World:
    """The world with the lock that was named."""
    world = here()
    chosen = given["tools_lock"]
    return replace(world, env={**world.env, "GATE_TOOLS_LOCK": str(world.cwd / chosen)}) if chosen else world


def _voucher(world: World, given: Mapping[str, Any], *, offline: bool) -> "Voucher":
    from gate.cosign import trusted_root
    from gate.pipeline.verify_release import Voucher

    chosen = given["releases_root"]
    return Voucher(world, trusted_root.read(paths.path(world, chosen) if chosen else None, offline=offline))


@contextmanager
def _source(world: World, given: Mapping[str, Any]) -> "Iterator[Source]":
    from gate.io.http_client import Http
    from gate.output.progress_bar import watching
    from gate.toolchain import Folder, Releases
    from gate.toolchain.source import GITHUB

    if given["folder"]:
        yield Folder(paths.path(world, given["folder"]))
        return
    color = not requests.no_color(world, "auto", err=True)
    with (
        watching(quiet=given["quiet"], color=color, say=say) as progress,
        Http(world.env, idle=_IDLE, deadline=given["timeout"], run=world.deadline) as http,
    ):
        yield Releases(http, given["mirror"] or GITHUB, progress=progress)


def _chosen(names: Sequence[str]) -> "list[Name]":
    """Those that were named, or all; the one that checks the other comes first."""
    return [tool for tool in lookup.NAMES if not names or tool in names]


def _release(text: str) -> "tuple[Name, str]":
    found = _RELEASE.fullmatch(text)
    if not found:
        raise UsageError(f"not a release: {one_line(text, 80)!r}", hint="it is like trivy=0.76.0")
    return ("trivy" if found[1] == "trivy" else "cosign"), found[2]


def _path(path: object) -> str:
    return one_line(str(path), 300)
