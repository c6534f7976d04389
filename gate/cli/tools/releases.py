"""Options and sources of the releases that `gate tools` downloads, and the check of their signatures."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.cli import paths, requests
from gate.cli.declare import file, flag, option, seconds
from gate.cli.terminal import show_progress
from gate.io.run_context import RunContext

if TYPE_CHECKING:
    from gate.pipeline.verify_release import ReleaseVerifier
    from gate.toolchain.source import ReleaseSource

_IDLE = 60.0
"""Seconds without a byte from a mirror."""


@dataclass(frozen=True)
class DownloadOptions:
    """Where releases are downloaded from, and the root of trust for their signatures."""

    mirror: str | None = option(
        "--mirror",
        metavar="URL",
        help="URL instead of https://github.com, before /OWNER/NAME/releases/download/….",
    )
    releases_root: str | None = file(
        "--releases-root", help="Root of trust for the signatures of releases. [default: the public one]"
    )
    timeout: float = seconds("--timeout", default=1800, help="For all downloads together.")
    quiet: bool = flag("--quiet", "-q", help="Print no progress.")


def release_verifier(context: RunContext, options: DownloadOptions, *, offline: bool) -> "ReleaseVerifier":
    """Return what verifies the signatures of releases."""
    from gate.pipeline.verify_release import ReleaseVerifier

    return ReleaseVerifier(context, requests.roots(context, options.releases_root, offline=offline))


@contextmanager
def release_source(
    context: RunContext, options: DownloadOptions, folder: str | None = None
) -> "Iterator[ReleaseSource]":
    """Open the source of releases: a directory, else GitHub or its mirror."""
    from gate.io.http_client import Http
    from gate.model.ci_run import GITHUB_SERVER
    from gate.toolchain.source import Folder, Releases

    if folder:
        yield Folder(paths.path(context, folder))
        return
    with (
        show_progress(context, quiet=options.quiet) as progress,
        Http(context.env, idle=_IDLE, deadline=options.timeout, run=context.deadline) as http,
    ):
        yield Releases(http, options.mirror or GITHUB_SERVER, progress=progress)
