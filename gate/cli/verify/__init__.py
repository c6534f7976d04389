"""`gate verify`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from gate import __version__
from gate.cli import paths, requests
from gate.cli.declare import argument, command, file, files, flag, json_file, parallel_jobs, seconds, several
from gate.cli.options import PlainHttpOption, TerminalOptions
from gate.cli.terminal import show_page, show_progress
from gate.cli.trust_options import TrustOptions, load_trust_policy
from gate.errors import ExitCode, UsageError
from gate.io.deadline import Deadline
from gate.io.run_context import RunContext

if TYPE_CHECKING:
    from gate.model.verification import UnreadField, VerifyResult
    from gate.pipeline.verify import Target, VerifyRequest
    from gate.policy.loader import Loaded

_REGISTRY_REQUESTS = 16
"""Requests to the registry at the same time: small ones, which wait for round trips, not for bytes."""


@dataclass(frozen=True)
class VerifyOptions(TerminalOptions, PlainHttpOption, TrustOptions):
    """Options of `gate verify`."""

    images: tuple[str, ...] = argument("IMAGE...", nargs=-1)
    files: tuple[str, ...] = files(
        "--file",
        "-f",
        group="Input",
        help="Verify the images in a Kubernetes manifest, a Compose file or a list; - is standard input. Repeatable.",
    )
    pin: bool = flag("--pin", group="Input", help="Write the digests into the files, if every image is verified.")
    dry_run: bool = flag("--dry-run", group="Input", help="With --pin: show the changes as a diff, and write nothing.")
    rejudge: bool = flag("--rejudge", group="Scanners", help="Scan the attested SBOMs with today's database too.")
    trivy_cache: str | None = file(
        "--trivy-cache", group="Scanners", metavar="DIR", help="Use this Trivy cache directory without updating it."
    )
    db_repositories: tuple[str, ...] = several(
        "--db-repository", group="Scanners", metavar="REF", help="Repository of the vulnerability database. Repeatable."
    )
    explain: bool = flag("--explain", group="Output", help="Show which admission controllers can read the evidence.")
    json_file: str | None = json_file("the results", group="Output")
    trusted_root: str | None = file(
        "--trusted-root", group="Trust", help="Root of trust, instead of downloading Sigstore's."
    )
    offline: bool = flag("--offline", group="Network", help="Download no root of trust, no database and no feeds.")
    timeout: float = seconds("--timeout", group="Network", default=600, help="For everything.")
    jobs: int = parallel_jobs(group="Network", help="Tools run at the same time.")


@command(
    VerifyOptions,
    no_args_is_help=True,
    examples=[
        "gate verify ghcr.io/owner/app:1.4",
        "gate verify ghcr.io/owner/app:1.4 --key cosign.pub --max-age 30d",
        "gate verify -f deployment.yaml --pin",
    ],
)
def verify(options: VerifyOptions) -> int:
    """Verify images before a deploy: who signed them, what the verdict was, and how old it is.

    Exit code 0: every image is verified; 11: at least one is not; 3: a field of a file may name another image and
    cannot be read; 6: for at least one image it is unknown, and all others are verified.
    """
    from gate.cli.verify import deployment_files
    from gate.model.verification import all_verified
    from gate.pipeline.verify import verify as run

    context = replace(paths.here(), deadline=Deadline.after(options.timeout, "--timeout"))
    _check(context, options)
    image = options.images[0] if options.images else ""
    loaded = load_trust_policy(context, options, image, plain_http=options.plain_http)
    context = requests.with_tools(context, loaded)
    files = [deployment_files.read(context, name, loaded.policy.manifests) for name in options.files]
    unread = deployment_files.unread_fields(files)
    request = _request(context, loaded, options, deployment_files.targets(options.images, files, unread))
    with show_progress(context, quiet=options.quiet, color=options.color) as progress:
        results = run(request, context, progress) if request.targets else ()
    if options.pin and all_verified(results, unread):
        deployment_files.pin(context, files, results, dry_run=options.dry_run)
    _report(context, results, unread, options)
    deployment_files.explain_unread(unread, files)
    return _exit_code(results, unread)


def _check(context: RunContext, options: VerifyOptions) -> None:
    """Check the options. Raises `UsageError`, `InputError`."""
    if not options.images and not options.files:
        raise UsageError("there is no image to verify", hint="name one, or a file that names some with -f")
    paths.check_stdin(options.policy_file, *options.files)
    if options.pin and not options.files:
        raise UsageError("there is no file to pin", hint="name it with -f")
    if options.pin and paths.STDOUT in options.files and options.json_file == paths.STDOUT:
        raise UsageError("only one document can go to standard output", hint="name a file for --json")
    paths.check_output(context, options.json_file)


def _request(
    context: RunContext, loaded: "Loaded", options: VerifyOptions, targets: "tuple[Target, ...]"
) -> "VerifyRequest":
    from gate.pipeline.rejudge import Rejudge
    from gate.pipeline.verify import VerifyRequest
    from gate.trivy import database
    from gate.trivy.scan import Bounds

    source = database.DatabaseSource(
        offline=options.offline,
        folder=paths.path(context, options.trivy_cache) if options.trivy_cache else None,
        repositories=options.db_repositories or database.REPOSITORIES,
    )
    return VerifyRequest(
        targets=targets,
        loaded=loaded,
        roots=requests.roots(context, options.trusted_root, offline=options.offline),
        access=requests.registry_access(loaded, options, timeout=options.timeout, jobs=_REGISTRY_REQUESTS),
        explain=options.explain,
        rejudge=Rejudge(source, Bounds(options.jobs, options.timeout)) if options.rejudge else None,
        jobs=options.jobs,
    )


def _report(
    context: RunContext, results: "Sequence[VerifyResult]", unread: "Sequence[UnreadField]", options: VerifyOptions
) -> None:
    """Write the results as JSON, if asked, and print them."""
    from gate.model.verification import VerifyFile, all_verified

    if options.json_file:
        document = VerifyFile(
            gate=__version__,
            verified=all_verified(results, unread),
            verified_at=context.now,
            results=tuple(results),
            unread=tuple(unread),
        )
        paths.put(context, options.json_file, [document.model_dump_json().encode() + b"\n"], json=True)
    if results and not options.quiet:
        from gate.output import verify_terminal

        err = options.json_file == paths.STDOUT or (options.pin and paths.STDOUT in options.files)
        show_page(context, options.color, partial(verify_terminal.show, results, unread), err=err)


def _exit_code(results: "Sequence[VerifyResult]", unread: "Sequence[UnreadField]") -> int:
    """Return 0 when every image is verified; else the first of these that holds.

    11: an image is not verified. 3: a field that may name another image could not be read, and trying again does not
    help. 6: for an image it is unknown.
    """
    from gate.model.verification import all_verified

    if all_verified(results, unread):
        return ExitCode.PASSED
    if any(not result.verified and not result.undecided for result in results):
        return ExitCode.UNVERIFIED
    if unread:
        return ExitCode.INPUT
    return ExitCode.REGISTRY if results else ExitCode.UNVERIFIED
