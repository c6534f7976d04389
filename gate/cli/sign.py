"""`gate sign`."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.cli.declare import argument, command, file, flag, option
from gate.cli.options import PolicyOptions
from gate.cli.signing_options import SignerOptions

if TYPE_CHECKING:
    from pathlib import Path

    from gate.io.progress import Progress
    from gate.io.run_context import RunContext
    from gate.model.verdict import Failure, Verdict
    from gate.pipeline.signrequest import Candidate
    from gate.policy.loader import Loaded

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True)
class SignOptions(SignerOptions, PolicyOptions):
    """Options of `gate sign`."""

    images: tuple[str, ...] = argument("[IMAGE...]", nargs=-1)
    verdict: str | None = file("--verdict", help="A verdict of the same run, instead of judging now.")
    verdict_sha256: str | None = option(
        "--verdict-sha256",
        metavar="HEX",
        help="SHA-256 that the file of --verdict or --resume must have, as the run that wrote it said.",
    )
    sbom: str | None = file("--sbom", help="The bill of materials that was written with that verdict.")
    resume: str | None = file("--resume", help="Go on where an earlier run had to stop; names its image itself.")
    attest_refusal: bool = flag(
        "--attest-refusal",
        help="Attach the verdict also when it refuses, unsigned: from then on `gate verify` refuses the image.",
    )
    dry_run: bool = flag("--dry-run", help="Say what would be pushed, and push nothing.")
    json_file: str | None = file("--json", help="Write what was done as JSON; - is standard output.")


@command(SignOptions, no_args_is_help=True)
def sign(options: SignOptions) -> int:
    """Sign images that pass the policy, by digest, with their evidence.

    Each is judged now, unless --verdict names a verdict of the same run. Signature, verdict, vulnerabilities and
    bill of materials go on the index and on each platform, and are read back and proven. Exit code 0: all of it is
    on the registry; 10: it may not be signed, and nothing was pushed.
    """
    from gate.cli import requests, signing
    from gate.cli.paths import here
    from gate.cli.printing import say
    from gate.output.progress_bar import show_progress
    from gate.pipeline.recorded import rejudge_recorded
    from gate.trivy.sbom import Format

    context = here()
    _check(context, options)
    loaded = requests.loaded(context, options)
    context = requests.with_tools(context, loaded)
    signing.check(loaded, options, Format.CYCLONEDX)
    color = not requests.no_color(context, options.color, err=True)
    with show_progress(quiet=options.quiet, color=color, say=say) as progress:
        request = signing.sign_request(
            context, loaded, options, dry_run=options.dry_run, attest_refusal=options.attest_refusal
        )
        candidates = list(_candidates(context, loaded, options, progress))
        if options.verdict or options.resume:
            candidates = [rejudge_recorded(candidate, loaded, request.roots, context) for candidate in candidates]
        if refused := [candidate.verdict for candidate in candidates if not candidate.verdict.passed]:
            _show_refused(context, refused, options)
        results = signing.sign_each(context, request, candidates, options, progress)
    signing.report(context, results, options, json_file=options.json_file)
    return signing.code(results)


def _check(context: "RunContext", options: SignOptions) -> None:
    """Refuse early what cannot end well. Raises `UsageError`."""
    from gate.cli import paths
    from gate.cli.outputs import check_writable
    from gate.errors import UsageError
    from gate.text import one_line

    if bool(options.images) == bool(options.resume):
        raise UsageError("name an image, or a file to go on with (--resume): one of the two")
    if options.resume and options.verdict:
        raise UsageError("a file to go on with has its verdict in it", hint="leave --verdict out")
    if options.verdict_sha256 is not None:
        if not (options.verdict or options.resume):
            raise UsageError("--verdict-sha256 goes with --verdict or --resume", hint="name the file that has it")
        if not _SHA256.fullmatch(options.verdict_sha256):
            raise UsageError(
                f"not a SHA-256: {one_line(options.verdict_sha256, 100)!r}",
                hint="it is 64 hexadecimal digits, as `gate scan --json FILE` prints them",
            )
    if options.sbom and not options.verdict:
        raise UsageError("--sbom goes with --verdict", hint="without it the bill of materials is made now")
    if options.json_file and options.json_file != paths.STDOUT:
        check_writable(paths.output(context, options.json_file))
    check_writable(paths.output(context, options.resume_file))


def _candidates(
    context: "RunContext", loaded: "Loaded", options: SignOptions, progress: "Progress"
) -> "Iterator[Candidate]":
    """What is to be signed: of a file to go on with, of a verdict that was written, or scanned now."""
    from gate.cli import paths
    from gate.model.image import ImageRef
    from gate.pipeline.candidates import from_resume, from_verdict

    digest = (options.verdict_sha256 or "").lower()
    if options.resume:
        yield from from_resume(paths.path(context, options.resume), digest)
    elif options.verdict:
        refs = [ImageRef.parse(image) for image in options.images]
        sboms = _sbom_places(context, options.sbom) if options.sbom else None
        yield from from_verdict(paths.path(context, options.verdict), refs, sboms, digest)
    else:
        yield from _scanned(context, loaded, options, progress)


def _scanned(
    context: "RunContext", loaded: "Loaded", options: SignOptions, progress: "Progress"
) -> "Iterator[Candidate]":
    from gate.cli.requests import scan_request
    from gate.pipeline.failed import as_error
    from gate.pipeline.scan import scan
    from gate.pipeline.signrequest import Candidate
    from gate.trivy.sbom import Format

    form = Format.CYCLONEDX if "sbom" in loaded.policy.sign.attach else None
    request = scan_request(context, loaded, options.images, options, form, trusted_root=options.trusted_root)
    outcome = scan(request, context, progress)
    if outcome.failures:
        raise as_error(outcome.failures)
    for verdict, sboms in zip(outcome.verdicts, outcome.sboms, strict=True):
        yield Candidate(verdict, sboms, scanned_now=True)


def _sbom_places(
    context: "RunContext", file: str
) -> "Callable[[Sequence[Verdict], Sequence[Failure]], list[dict[str, Path]]]":
    """Where `gate scan --sbom` wrote the SBOM of each image and platform."""
    from gate.cli import paths, sbom_files

    path = paths.path(context, file)
    return lambda verdicts, failures: sbom_files.places(path, verdicts, failures)


def _show_refused(context: "RunContext", refused: "Sequence[Verdict]", options: SignOptions) -> None:
    """Show the table of what does not pass, so that nobody has to scan again to see why."""
    from gate.cli import paths, requests
    from gate.cli.outputs import width
    from gate.cli.printing import show
    from gate.output import terminal

    if options.quiet:
        return
    err = options.json_file == paths.STDOUT
    color = not requests.no_color(context, options.color, err=err)
    show(terminal.show(refused, color=color, width=width()) + "\n", err=err, color=color)
