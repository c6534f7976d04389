"""`gate status`."""

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import click

from gate.cli import paths, requests
from gate.cli.declare import argument, command, file, flag, json_file, option, seconds
from gate.cli.options import ColorOption, PlainHttpOption, PolicyFileOption
from gate.cli.printing import advise
from gate.cli.terminal import show_page, show_progress
from gate.errors import ExitCode, UsageError
from gate.io.run_context import RunContext
from gate.text import one_line

if TYPE_CHECKING:
    from gate.model.package_status import OwnerStatus

_OWNER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9])?")
_REGISTRY_REQUESTS = 16
"""Requests to the registry at the same time."""
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
        help="Show the N packages that changed last.",
    )
    trusted_root: str | None = file("--trusted-root", help="Root of trust, instead of fetching Sigstore's.")
    offline: bool = flag("--offline", help="Fetch no root of trust.")
    json_file: str | None = json_file("the list")
    registry: str = option(
        "--registry", default="ghcr.io", show_default=True, metavar="HOST", help="Where the owner's images are."
    )
    timeout: float = seconds("--timeout", default=600, help="For GitHub, for the registry, and for each run of a tool.")
    quiet: bool = flag("--quiet", "-q", help="Print no list and no progress.")


@command(StatusOptions, no_args_is_help=True, examples=["gate status octocat --limit 50"])
def status(options: StatusOptions) -> int:
    """List the container packages of a user or an organization: tags, size, signature, verdict, workflow runs.

    Evidence is verified if the policy trusts an identity (`trust`); otherwise it is only listed as present. The token
    is GATE_GITHUB_TOKEN or GITHUB_TOKEN: a classic token with `read:packages`, or that of a job. Exit code 6: something
    is unknown; all packages are listed nevertheless.
    """
    from gate.pipeline.status import StatusRequest
    from gate.pipeline.status import status as run

    context = paths.here()
    _check(context, options)
    loaded = requests.loaded(context, options)
    request = StatusRequest(
        owner=options.owner,
        registry=options.registry,
        limit=options.limit,
        loaded=loaded,
        roots=requests.roots(context, options.trusted_root, offline=options.offline),
        access=requests.registry_access(loaded, options, timeout=options.timeout, jobs=_REGISTRY_REQUESTS),
        deadline=options.timeout,
    )
    with show_progress(context, quiet=options.quiet, color=options.color) as progress:
        owner_status = run(request, requests.with_tools(context, loaded), progress)
    _report(context, owner_status, options)
    if all(package.complete for package in owner_status.packages):
        return ExitCode.PASSED
    advise(_HINT)
    return ExitCode.REGISTRY


def _check(context: RunContext, options: StatusOptions) -> None:
    """Check the options. Raises `UsageError`, `InputError`."""
    from gate.model.image import ImageRef

    if not _OWNER.fullmatch(options.owner):
        raise UsageError(
            f"not a user or organization: {one_line(options.owner, 100)!r}", hint="a name such as octo, without a /"
        )
    if ImageRef.parse(f"{options.registry}/a/b").registry != options.registry:
        raise UsageError(
            f"not a registry: {one_line(options.registry, 100)!r}", hint="a registry is a host name: ghcr.io"
        )
    paths.check_output(context, options.json_file)


def _report(context: RunContext, owner_status: "OwnerStatus", options: StatusOptions) -> None:
    """Write the list as JSON, if asked, and show it."""
    from gate.output import status_terminal

    if options.json_file:
        paths.put(context, options.json_file, [owner_status.model_dump_json(indent=2).encode(), b"\n"], json=True)
    if not options.quiet:
        err = options.json_file == paths.STDOUT
        show_page(context, options.color, partial(status_terminal.show, owner_status), err=err)
