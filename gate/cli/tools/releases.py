"""Where `gate tools` fetches releases, and what checks their signatures."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from gate.cli.declare import file, flag, option

if TYPE_CHECKING:
    from gate.io.run_context import RunContext
    from gate.pipeline.verify_release import ReleaseVerifier
    from gate.toolchain.source import ReleaseSource

_IDLE = 60.0
"""Seconds without a byte from a mirror."""


@dataclass(frozen=True)
class DownloadOptions:
    """Where releases are fetched, and which signatures they need."""

    mirror: str | None = option(
        "--mirror", metavar="URL", help="What stands in for https://github.com before /OWNER/NAME/releases/download/…."
    )
    releases_root: str | None = file(
        "--releases-root", help="Root of trust for the signatures of releases. [default: the public one]"
    )
    timeout: float = option(
        "--timeout",
        type=click.FloatRange(1, 24 * 3600),
        default=1800.0,
        show_default=True,
        metavar="SECONDS",
        help="How long everything that is fetched may take.",
    )
    quiet: bool = flag("--quiet", "-q", help="Print no progress.")


def voucher(context: "RunContext", options: DownloadOptions, *, offline: bool) -> "ReleaseVerifier":
    """What checks the signatures of releases."""
    from gate.cli import requests
    from gate.pipeline.verify_release import ReleaseVerifier

    return ReleaseVerifier(context, requests.roots(context, options.releases_root, offline=offline))


@contextmanager
def release_source(
    context: "RunContext", options: DownloadOptions, folder: str | None = None
) -> "Iterator[ReleaseSource]":
    """Where releases are read from: a folder, or GitHub or its mirror."""
    from gate.cli import paths, requests
    from gate.cli.printing import say
    from gate.io.http_client import Http
    from gate.model.ci_run import GITHUB_SERVER
    from gate.output.progress_bar import show_progress
    from gate.toolchain.source import Folder, Releases

    if folder:
        yield Folder(paths.path(context, folder))
        return
    color = not requests.no_color(context, "auto", err=True)
    with (
        show_progress(quiet=options.quiet, color=color, say=say) as progress,
        Http(context.env, idle=_IDLE, deadline=options.timeout, run=context.deadline) as http,
    ):
        yield Releases(http, options.mirror or GITHUB_SERVER, progress=progress)
