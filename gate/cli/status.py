"""`gate status`."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from gate.cli.declare import argument, command, file, flag, option
from gate.cli.options import ColorOption, PlainHttpOption, PolicyFileOption

if TYPE_CHECKING:
    from gate.io.run_context import RunContext
    from gate.model.package_status import OwnerStatus
    from gate.pipeline.status import StatusRequest
    from gate.policy.loader import Loaded

_OWNER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9])?")
_REGISTRY_REQUESTS = 16
"""Small ones, sent to the registry at the same time."""
_HINT = "`gate doctor IMAGE` says whether the registry answers and the login may pull; then run again"


@dataclass(frozen=True)
class StatusOptions(ColorOption, PlainHttpOption, PolicyFileOption):
    """Options of `gate status`."""

    owner: str = argument("OWNER")
    limit: int = option(
        "--limit",
        type=click.IntRange(1, 1000),
        default=20,
        show_default=True,
        metavar="N",
        help="Ask about the N packages that changed last.",
    )
    trusted_root: str | None = file("--trusted-root", help="Root of trust, instead of fetching Sigstore's.")
    offline: bool = flag("--offline", help="Fetch no root of trust.")
    json_file: str | None = file("--json", help="Write it as JSON; - is standard output.")
    registry: str = option(
        "--registry", default="ghcr.io", show_default=True, metavar="HOST", help="Where the owner's images are."
    )
    timeout: float = option(
        "--timeout",
        type=click.FloatRange(1, 24 * 3600),
        default=600.0,
        show_default=True,
        metavar="SECONDS",
        help="For GitHub, for the registry, and for each run of a tool.",
    )
    quiet: bool = flag("--quiet", "-q", help="Print no list and no progress.")


@command(StatusOptions, no_args_is_help=True)
def status(options: StatusOptions) -> int:
    """List the container packages of a user or an organization: tags, size, signature, verdict, and what built them.

    Evidence is proven where the policy trusts somebody (`trust`); elsewhere it is told as present. The token is
    GATE_GITHUB_TOKEN or GITHUB_TOKEN, a classic one with `read:packages` or that of a job. Exit code 6: something
    could not be told; the list is whole all the same.
    """
    from gate.cli import requests
    from gate.cli.paths import here
    from gate.cli.printing import advise, say
    from gate.errors import ExitCode
    from gate.output.progress_bar import show_progress
    from gate.pipeline.status import status as run

    context = here()
    _check(context, options)
    loaded = requests.loaded(context, options)
    request = _request(context, loaded, options)
    color = not requests.no_color(context, options.color, err=True)
    with show_progress(quiet=options.quiet, color=color, say=say) as progress:
        owner_status = run(request, requests.with_tools(context, loaded), progress)
    _report(context, owner_status, options)
    if all(package.told for package in owner_status.packages):
        return ExitCode.PASSED
    advise(_HINT)
    return ExitCode.REGISTRY


def _check(context: "RunContext", options: StatusOptions) -> None:
    """Refuse early what cannot end well. Raises `UsageError`, `InputError`."""
    from gate.cli import paths
    from gate.cli.outputs import check_writable
    from gate.errors import UsageError
    from gate.model.image import ImageRef
    from gate.text import one_line

    if not _OWNER.fullmatch(options.owner):
        raise UsageError(
            f"not a user or organization: {one_line(options.owner, 100)!r}", hint="it is like octo, without a /"
        )
    if ImageRef.parse(f"{options.registry}/a/b").registry != options.registry:
        raise UsageError(
            f"not a registry: {one_line(options.registry, 100)!r}", hint="a registry is a host name: ghcr.io"
        )
    if options.json_file and options.json_file != paths.STDOUT:
        check_writable(paths.output(context, options.json_file))


def _request(context: "RunContext", loaded: "Loaded", options: StatusOptions) -> "StatusRequest":
    from gate.cli import requests
    from gate.pipeline.status import StatusRequest

    return StatusRequest(
        owner=options.owner,
        registry=options.registry,
        limit=options.limit,
        loaded=loaded,
        roots=requests.roots(context, options.trusted_root, offline=options.offline),
        access=requests.registry_access(loaded, options, timeout=options.timeout, jobs=_REGISTRY_REQUESTS),
        deadline=options.timeout,
    )


def _report(context: "RunContext", owner_status: "OwnerStatus", options: StatusOptions) -> None:
    """Write the list as JSON, if asked, and show it."""
    from gate.cli import paths, requests
    from gate.cli.outputs import width
    from gate.cli.printing import show
    from gate.output import status_terminal

    if options.json_file:
        paths.put(context, options.json_file, [owner_status.model_dump_json(indent=2).encode(), b"\n"], json=True)
    if not options.quiet:
        to_error = options.json_file == paths.STDOUT
        color = not requests.no_color(context, options.color, err=to_error)
        show(status_terminal.show(owner_status, color=color, width=width()), err=to_error, color=color)
