"""`gate prune`."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import click

from gate.cli import paths, requests
from gate.cli.declare import argument, command, file, files, flag, option, seconds, several
from gate.cli.options import PlainHttpOption, PolicyFileOption
from gate.cli.printing import fail, say
from gate.cli.terminal import show_page, show_progress
from gate.errors import ExitCode, UsageError
from gate.io.run_context import RunContext
from gate.text import one_line, plural

if TYPE_CHECKING:
    from gate.maintenance.prune import Incomplete
    from gate.model.image import ImageRef
    from gate.pipeline.prune import PrunePlan, PruneResult

_GHCR = "ghcr.io"
_REGISTRY_REQUESTS = 16
"""Requests to the registry at the same time."""


@dataclass(frozen=True)
class PruneOptions(PlainHttpOption, PolicyFileOption):
    """Options of `gate prune`."""

    package: str = argument("ghcr.io/OWNER/APP")
    keep_last: int | None = option(
        "--keep-last",
        policy="prune.keep_last",
        type=click.IntRange(0),
        metavar="N",
        help="Keep the newest N images with a tag, in addition to --keep-tag. [default: all with a tag]",
    )
    keep_tags: tuple[str, ...] = several(
        "--keep-tag", policy="prune.keep_tags", metavar="GLOB", help="Keep images with such a tag: 'v*'. Repeatable."
    )
    older_than: str | None = option(
        "--older-than",
        policy="prune.older_than",
        metavar="SPAN",
        help="Keep versions younger than this: 12h, 30d, 8w. [default: 1d]",
    )
    keep_from: tuple[str, ...] = files(
        "--keep-from",
        help="Keep deployed images: Kubernetes manifests, a Compose file, or a list of images or digests. Repeatable.",
    )
    yes: bool = flag("--yes", envvar=None, help="Delete. Without this option nothing is changed.")
    dry_run: bool = flag("--dry-run", help="Change nothing, as without --yes.")
    record: str | None = file("--record", help="Write a JSON record. [default: gate-prune-TIME.json with --yes]")
    undo: str | None = file("--undo", envvar=None, help="Restore the versions in this record, within 30 days.")
    timeout: float = seconds("--timeout", most=None, default=3600, help="For everything.")
    quiet: bool = flag("--quiet", "-q", help="Print no table and no progress.")


@command(
    PruneOptions,
    no_args_is_help=True,
    examples=[
        "gate prune ghcr.io/owner/app --keep-last 10 --keep-tag 'v*'",
        "gate prune ghcr.io/owner/app --keep-last 10 --yes --record deleted.json",
        "gate prune ghcr.io/owner/app --undo deleted.json --yes",
    ],
)
def prune(options: PruneOptions) -> int:
    """Delete old versions of a package from the GitHub Container Registry. A dry run, unless --yes is given.

    Versions without a tag are deleted; with --keep-last also old images with a tag. Platforms, signatures and
    attestations are kept or deleted with their image. If anything in the package cannot be read, nothing is deleted.
    The token is GATE_GITHUB_TOKEN or GITHUB_TOKEN: a classic token with `delete:packages`, or that of a job.
    """
    context = paths.here()
    if options.yes and options.dry_run:
        raise UsageError("--yes and --dry-run exclude each other", hint="leave one of them out")
    paths.check_stdin(options.policy_file, *options.keep_from)
    package = _package(options.package, context)
    return _undo(package, options.undo, options, context) if options.undo else _clean_up(package, options, context)


def _package(text: str, context: RunContext) -> "ImageRef":
    """Parse the name of the package. Raises `UsageError`."""
    from gate.github import api
    from gate.model.image import ImageRef

    ref = ImageRef.parse(text)
    if ref.registry == "docker.io" and not text.startswith("docker.io/"):
        raise UsageError(f"{one_line(text, 200)} names no registry", hint=f"write {_GHCR}/OWNER/APP")
    if text != ref.name:
        raise UsageError("a package is named without tag and digest", hint=f"like {ref.name}")
    if ref.registry != _GHCR and api.base(context) == "https://api.github.com":
        raise UsageError(f"{ref.name} is no package of GitHub", hint="it is like ghcr.io/owner/app")
    api.token(context)
    return ref


def _clean_up(package: "ImageRef", options: PruneOptions, context: RunContext) -> int:
    """Plan the deletions, and with --yes carry them out."""
    from gate.cli.prune import deployed_images, record_file
    from gate.maintenance.prune import Rules
    from gate.pipeline.prune import PruneRequest, carry_out, prepare
    from gate.registry.access import Access

    policy = requests.loaded(context, options).policy
    deployed = deployed_images.read(package, options.keep_from, context, policy.manifests)
    rules = Rules(policy.prune.older_than, policy.prune.keep_last, policy.prune.keep_tags, deployed.digests)
    path = record_file.path(context, options.record, yes=options.yes)
    access = Access(plain_http=options.plain_http, deadline=options.timeout, jobs=_REGISTRY_REQUESTS)
    request = PruneRequest(package, rules, deployed.tags, deployed.mirror_tags, access, options.timeout)
    done = None
    with show_progress(context, quiet=options.quiet) as progress:
        planned = prepare(request, context, progress)
        if deployed.only_digests and not deployed.digests & {version.digest for version in planned.versions}:
            say(f"note: no deployed digest is in {package.name}")
        if path and options.yes and planned.plan.steps:
            # Written before anything is deleted: a run may be cut off.
            record_file.write(path, record_file.make(package, planned, None, context, dry_run=False))
            done = carry_out(planned, context, progress, deadline=options.timeout)
    if path and (done or not options.yes):
        record_file.write(path, record_file.make(package, planned, done, context, dry_run=not options.yes))
    for incomplete in planned.plan.incomplete:
        _note_incomplete(incomplete)
    _show(package, planned, done, options, context)
    if done and path:
        say(f"to undo this within 30 days: gate prune {package.name} --undo {one_line(str(path), 300)}")
    return _exit_code(done)


def _note_incomplete(incomplete: "Incomplete") -> None:
    """Print an image that is kept although platforms of it are missing."""
    names = ", ".join(one_line(tag, 140) for tag in incomplete.version.tags)
    missing = plural(len(incomplete.missing), "platform")
    first_missing = ", ".join(incomplete.missing[:3])
    say(f"note: {names} is kept, but lacks {missing} ({first_missing}): build and push it again")


def _show(
    package: "ImageRef", planned: "PrunePlan", done: "PruneResult | None", options: PruneOptions, context: RunContext
) -> None:
    from gate.cli.prune import record_file
    from gate.output import prune_terminal

    if not options.quiet:
        record = record_file.make(package, planned, done, context, dry_run=not options.yes)
        show_page(context, "auto", partial(prune_terminal.show, record, total=len(planned.versions)))


def _undo(package: "ImageRef", file: str, options: PruneOptions, context: RunContext) -> int:
    """Restore the versions in a record, the last deleted first."""
    from gate.cli.prune import record_file
    from gate.maintenance.prune import Fate
    from gate.pipeline.prune import restorable, restore

    record = record_file.read(context, file, package)
    digests = {version.id: version.digest for version in reversed(record.going) if version.fate is not Fate.SPARED}
    github_package, versions = restorable(package, digests, context, deadline=options.timeout)
    restorable_ids = {version.id for version in versions}
    lost = sum(version.fate is Fate.GONE and version.id not in restorable_ids for version in record.going)
    if lost:
        say(f"note: {plural(lost, 'version')} cannot be restored any more, or exists again")
    if not options.yes:
        for version in versions:
            tags = " ".join(one_line(tag, 140) for tag in version.tags)
            say(f"would restore {version.digest} {tags}".rstrip(), err=False)
        say(f"{plural(len(versions), 'version')} would be restored; add --yes to do it")
        return ExitCode.PASSED
    with show_progress(context, quiet=options.quiet) as progress:
        done = restore(github_package, versions, context, progress, options.timeout)
    if not options.quiet:
        say(f"{plural(len(done.completed), 'version')} restored", err=False)
    for spared in done.skipped:
        say(f"note: {spared.step.version.digest} was not restored: {one_line(spared.why, 300)}")
    return _exit_code(done)


def _exit_code(done: "PruneResult | None") -> int:
    """Print why it ended early, if it did; the exit code."""
    if not done or not done.problem:
        return ExitCode.PASSED
    fail(done.problem, done.hint)
    return ExitCode.REGISTRY
