"""`gate scan`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from gate.cli import paths, requests
from gate.cli.declare import argument, command, file, flag, several
from gate.cli.options import OutputOptions, PolicyOptions
from gate.cli.printing import say
from gate.cli.signing_options import SignerOptions
from gate.cli.terminal import show_progress
from gate.errors import ExitCode, GateError
from gate.io.run_context import RunContext
from gate.text import one_line

if TYPE_CHECKING:
    from gate.pipeline import Outcome
    from gate.policy.loader import Loaded
    from gate.trivy.make_sbom import Format


@dataclass(frozen=True)
class ScanOptions(OutputOptions, SignerOptions, PolicyOptions):
    """Options of `gate scan`."""

    images: tuple[str, ...] = argument("IMAGE...", nargs=-1, required=True)
    sbom: str | None = file("--sbom", group="Output", help="Write the SBOM; one file a platform.")
    sbom_format: tuple[str, ...] = several(
        "--sbom-format",
        group="Output",
        type=click.Choice(["cyclonedx", "spdx-json"]),
        default=["cyclonedx"],
        show_default=True,
        help="Format of the SBOM; FILE gets the first, the second is named *.cdx.json or *.spdx.json. Repeatable.",
    )
    sign: bool = flag(
        "--sign",
        group="Signing",
        help="Sign every image, with its evidence, when all of them pass. A CI run that the policy does not sign for "
        "(a pull request, another branch) judges them alone. See `gate sign`.",
    )
    strict_sign: bool = flag(
        "--strict-sign", group="Signing", help="With --sign: fail in a CI run that the policy does not sign for."
    )


@command(
    ScanOptions,
    no_args_is_help=True,
    examples=[
        "gate scan ghcr.io/owner/app:1.4 --severity high --ignore-unfixed",
        "gate scan ghcr.io/owner/app:1.4 --sarif gate.sarif --html report.html",
        "gate scan ghcr.io/owner/app:1.4 --format json --output verdict.json",
        "gate scan oci:build/image --name ghcr.io/owner/app --platform linux/arm64",
    ],
)
def scan(options: ScanOptions) -> int:
    """Scan images by digest and judge the findings by the policy.

    IMAGE is a reference (ghcr.io/owner/app:tag), an image in the local Docker, podman or containerd (app:tag), an OCI
    layout (oci:DIR), or the output of `docker save` or `podman save` (docker-archive:FILE, oci-archive:FILE). Choose
    one of several with :NAME or @DIGEST at the end. Exit code 0: every image passed; 10: at least one breaks the
    policy; any other: at least one could not be judged. The others are still judged and reported, and nothing is
    signed.
    """
    from gate.cli.after_judging import check_github, code, explain_failures, reporting, upload_results
    from gate.cli.outputs import Outputs
    from gate.trivy.make_sbom import Format

    context = paths.here()
    outputs = Outputs(
        context, options, sbom=options.sbom, sbom_formats=options.sbom_format, platforms=options.platforms
    )
    check_github(context, options)
    loaded = requests.loaded(context, options)
    context = requests.with_tools(context, loaded)
    formats = [Format(name) for name in dict.fromkeys(options.sbom_format)]
    first, skipped = formats[0], ""
    if options.sign:
        from gate.cli import signing

        first = signing.check(loaded, options, Format.CYCLONEDX if Format.CYCLONEDX in formats else first)
        skipped = signing.why_skipped(context, loaded, options, strict=options.strict_sign)
    if not options.quiet:
        _note_ignore_file(context, loaded)
    outcome, sboms = _scanned(context, loaded, options, formats, first)
    outputs.write(outcome.verdicts, {form: sboms[form] for form in formats} if options.sbom else {}, outcome.failures)
    explain_failures(outcome.failures, sign=options.sign)
    name, sha256 = outputs.verdict_sha256()
    if sha256:
        say(f"note: the SHA-256 of {one_line(name, 200)} is {sha256}; bind it with: gate sign --verdict-sha256")
    with reporting(context, options, outcome) as ending:
        exit_code = upload_results(context, outcome, options, ending, platforms=options.platforms)
        if options.sign and exit_code == code(outcome) == ExitCode.PASSED:
            from gate.cli import signing

            if skipped:
                ending.signed = [signing.not_signed(verdict, skipped) for verdict in outcome.verdicts]
            else:
                ending.signed = signing.sign_all(
                    context,
                    loaded,
                    outcome.verdicts,
                    outcome.sboms,
                    options,
                    to_error=outputs.to_stdout,
                    dry_run=options.dry_run,
                )
                exit_code = signing.code(ending.signed)
                signing.explain_refusals(ending.signed)
    return exit_code


def _note_ignore_file(context: RunContext, loaded: "Loaded") -> None:
    """Say that an ignore file in the working directory mutes nothing, unless the policy names it."""
    named = {(loaded.folder / one.file).resolve() for one in loaded.policy.trivyignore}
    for name in (".trivyignore", ".trivyignore.yaml"):
        path = context.cwd / name
        if path.is_file() and path.resolve() not in named:
            say(f"note: {name} is not read: `gate policy import {name}` prints the lines for gate.yaml")
            return


def _scanned(
    context: RunContext, loaded: "Loaded", options: ScanOptions, formats: Sequence["Format"], first: "Format"
) -> "tuple[Outcome, dict[Format, Any]]":
    """Scan the images; return the outcome, and the SBOMs of each format. SBOMs in the format `first` are attached."""
    from gate.pipeline.scan import scan as run

    more = [form for form in formats if form is not first] if options.sbom else []
    request = requests.scan_request(
        context,
        loaded,
        options.images,
        options,
        first if options.sbom or options.sign else None,
        trusted_root=options.trusted_root,
        name=options.name,
        more_sboms=more,
    )
    try:
        with show_progress(context, quiet=options.quiet, color=options.color) as progress:
            outcome = run(request, context, progress)
    except GateError:
        _note_subcommand(options.images)
        raise
    if any(failure.place == 0 for failure in outcome.failures):
        _note_subcommand(options.images)
    return outcome, dict(zip([first, *more], [outcome.sboms, *outcome.more_sboms], strict=True))


def _note_subcommand(images: Sequence[str]) -> None:
    """Say that Trivy's subcommand was taken for an image, where one of that name could not be scanned."""
    if len(images) > 1 and images[0] == "image":
        say("note: `image` was taken for the name of an image: unlike trivy, `gate scan` needs no subcommand")
