"""`gate sign`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from gate.cli import paths, requests
from gate.cli.declare import argument, command, file, flag, json_file, option
from gate.cli.options import PolicyOptions
from gate.cli.printing import show
from gate.cli.signing_options import SignerOptions
from gate.cli.terminal import show_page, show_progress
from gate.errors import UsageError
from gate.io import files
from gate.io.run_context import RunContext
from gate.text import one_line

if TYPE_CHECKING:
    from gate.io.progress import Progress
    from gate.model.verdict import Verdict
    from gate.pipeline.sign_request import Candidate
    from gate.policy.loader import Loaded

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True)
class SignOptions(SignerOptions, PolicyOptions):
    """Options of `gate sign`."""

    images: tuple[str, ...] = argument("[IMAGE...]", nargs=-1)
    verdict: str | None = file(
        "--verdict", group="Input", help="Sign by this verdict of the same run, instead of scanning."
    )
    verdict_sha256: str | None = option(
        "--verdict-sha256",
        group="Input",
        metavar="HEX",
        help="Expected SHA-256 of the file of --verdict or --resume, as printed when it was written.",
    )
    sbom: str | None = file("--sbom", group="Input", help="The SBOM that was written with that verdict.")
    resume: str | None = file(
        "--resume", group="Input", help="Continue an earlier run from its resume file; takes no IMAGE."
    )
    attest_refusal: bool = flag(
        "--attest-refusal",
        group="Signing",
        help="Attach a refusing verdict too, without signing the image: `gate verify` then refuses it.",
    )
    dry_run: bool = flag("--dry-run", group="Signing", help="Show what would be pushed, and push nothing.")
    json_file: str | None = json_file("the results", group="Output")


@command(
    SignOptions,
    no_args_is_help=True,
    examples=[
        "gate sign ghcr.io/owner/app:1.4 --key cosign.key",
        "gate sign ghcr.io/owner/app:1.4 --verdict verdict.json --sbom sbom.cdx.json",
        "gate sign --resume gate-resume.json",
    ],
)
def sign(options: SignOptions) -> int:
    """Sign images that pass the policy, by digest, with their evidence.

    Each is scanned and judged, unless --verdict names a verdict of the same run. Signature, verdict, vulnerabilities
    and SBOM are attached to the index and to each platform, read back and verified. Exit code 0: all of it is in the
    registry; 10: the image may not be signed, and nothing was pushed.
    """
    from gate.cli import signing
    from gate.pipeline.candidates import rejudge_recorded
    from gate.pipeline.sign import check_targets
    from gate.trivy.make_sbom import Format

    context = paths.here()
    _check(context, options)
    if not options.verdict:
        check_targets(options.images, context.cwd)
    loaded = requests.loaded(context, options)
    context = requests.with_tools(context, loaded)
    signing.check(loaded, options, Format.CYCLONEDX)
    with show_progress(context, quiet=options.quiet, color=options.color) as progress:
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


def _check(context: RunContext, options: SignOptions) -> None:
    """Check the options. Raises `UsageError`, `InputError`."""
    if bool(options.images) == bool(options.resume):
        raise UsageError("name either images or a file with --resume")
    if options.resume and options.verdict:
        raise UsageError("the file of --resume contains the verdict", hint="leave --verdict out")
    if options.verdict_sha256 is not None:
        if not (options.verdict or options.resume):
            raise UsageError("--verdict-sha256 goes with --verdict or --resume", hint="name the file that has it")
        if not _SHA256.fullmatch(options.verdict_sha256):
            raise UsageError(
                f"not a SHA-256: {one_line(options.verdict_sha256, 100)!r}",
                hint="it is 64 hexadecimal digits, as `gate scan --json=FILE` prints them",
            )
    if options.sbom and not options.verdict:
        raise UsageError("--sbom goes with --verdict", hint="without it the SBOM is made now")
    paths.check_output(context, options.json_file)
    files.check_writable(paths.output(context, options.resume_file))


def _candidates(
    context: RunContext, loaded: "Loaded", options: SignOptions, progress: "Progress"
) -> "Iterator[Candidate]":
    """Yield what may be signed: from a resume file, from a verdict file, or from a scan."""
    from gate.cli import sbom_files
    from gate.model.image import ImageRef
    from gate.pipeline.candidates import from_resume, from_verdict

    digest = (options.verdict_sha256 or "").lower()
    if options.resume:
        yield from from_resume(paths.path(context, options.resume), digest)
    elif options.verdict:
        refs = [ImageRef.parse(image) for image in options.images]
        sboms = partial(sbom_files.places, paths.path(context, options.sbom)) if options.sbom else None
        yield from from_verdict(paths.path(context, options.verdict), refs, sboms, digest)
    else:
        yield from _scanned(context, loaded, options, progress)


def _scanned(
    context: RunContext, loaded: "Loaded", options: SignOptions, progress: "Progress"
) -> "Iterator[Candidate]":
    from gate.pipeline.failed import as_error
    from gate.pipeline.scan import scan
    from gate.pipeline.sign_request import Candidate
    from gate.trivy.make_sbom import Format

    form = Format.CYCLONEDX if "sbom" in loaded.policy.sign.attach else None
    request = requests.scan_request(context, loaded, options.images, options, form, trusted_root=options.trusted_root)
    outcome = scan(request, context, progress)
    if outcome.failures:
        raise as_error(outcome.failures)
    for verdict, sboms in zip(outcome.verdicts, outcome.sboms, strict=True):
        yield Candidate(verdict, sboms, scanned_now=True)


def _show_refused(context: RunContext, refused: "Sequence[Verdict]", options: SignOptions) -> None:
    """Print the tables of images that do not pass, so that the reason is known without another scan."""
    from gate.output import terminal
    from gate.output.terminal_findings import Listing

    if not options.quiet:
        err = options.json_file == paths.STDOUT
        listing = Listing(where="gate scan --all lists them")
        show_page(context, options.color, partial(terminal.show, refused, listing=listing), err=err)
        show("\n", err=err)
