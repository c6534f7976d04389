"""`gate status` once its words are read."""

import re
from collections.abc import Mapping
from typing import Any

from gate.cli import paths, requests
from gate.cli.outputs import check_writable, width
from gate.cli.paths import STDOUT, here
from gate.cli.printing import say, show
from gate.errors import ExitCode, UsageError
from gate.io.run_context import World
from gate.model.image import ImageRef
from gate.model.package_status import OwnerStatus
from gate.text import one_line

_OWNER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9])?")
_QUESTIONS = 16

_UNKNOWN = "`gate doctor IMAGE` says whether the registry answers and the login may pull; then run again"


def status(owner: str, given: Mapping[str, Any]) -> int:
    """Carry out `gate status`; the exit code. Raises any `GateError`."""
    from gate.cosign import trusted_root
    from gate.output.progress_bar import watching
    from gate.pipeline.status import StatusRequest
    from gate.pipeline.status import status as run
    from gate.policy.loader import load
    from gate.registry import Access

    world = here()
    if not _OWNER.fullmatch(owner):
        raise UsageError(f"not a user or organization: {one_line(owner, 100)!r}", hint="it is like octo, without a /")
    host = given["registry"]
    if ImageRef.parse(f"{host}/a/b").registry != host:
        raise UsageError(f"not a registry: {one_line(host, 100)!r}", hint="a registry is a host name: ghcr.io")
    target = given["json_file"]
    if target and target != STDOUT:
        check_writable(paths.output(world, target))
    chosen = given["policy_file"]
    loaded = load(paths.source(world, chosen) if chosen else None, cwd=world.cwd, overrides={})
    access = Access(
        plain_http=given["plain_http"],
        deadline=given["timeout"],
        jobs=_QUESTIONS,
        unscanned_manifests=frozenset(loaded.policy.unscanned_manifests),
    )
    root = paths.path(world, given["trusted_root"]) if given["trusted_root"] else None
    asked = StatusRequest(
        owner=owner,
        registry=host,
        limit=given["limit"],
        loaded=loaded,
        roots=trusted_root.read(root, offline=given["offline"]),
        access=access,
        deadline=given["timeout"],
    )
    color = not requests.no_color(world, given["color"], err=True)
    with watching(quiet=given["quiet"], color=color, say=say) as progress:
        found = run(asked, requests.with_tools(world, loaded), progress)
    _tell(world, found, given)
    if all(one.told for one in found.packages):
        return ExitCode.PASSED
    say(f" hint: {_UNKNOWN}", fg="cyan")
    return ExitCode.REGISTRY


def _tell(world: World, found: OwnerStatus, given: Mapping[str, Any]) -> None:
    busy = given["json_file"] == STDOUT
    if given["json_file"]:
        paths.put(world, given["json_file"], [found.model_dump_json(indent=2).encode(), b"\n"], json=True)
    if not given["quiet"]:
        from gate.output import status_terminal

        color = not requests.no_color(world, given["color"], err=busy)
        show(status_terminal.show(found, color=color, width=width()), err=busy, color=color)
