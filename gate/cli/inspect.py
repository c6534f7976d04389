"""`gate inspect`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from gate.cli.declare import argument, command, file, flag, option, text
from gate.cli.options import ColorOption, PlainHttpOption, PolicyFileOption

if TYPE_CHECKING:
    from gate.io.run_context import RunContext
    from gate.model.inspection import Inspection


@dataclass(frozen=True)
class InspectOptions(PlainHttpOption, PolicyFileOption, ColorOption):
    """Options of `gate inspect`."""

    image: str = argument("IMAGE")
    against: str = text("--against", metavar="IMAGE", help="Tell how much it grew beside this image.")
    max_size: str | None = option(
        "--max-size", policy="size.max", metavar="SIZE", help="Refuse a larger image: 400MB, 1GiB."
    )
    max_growth: str | None = option(
        "--max-growth",
        policy="size.growth",
        metavar="SHARE|SIZE",
        help="Refuse more growth than that beside --against: 10%, 20MB.",
    )
    as_json: bool = flag("--json", envvar=None, help="Print JSON.")
    markdown: str | None = file("--markdown", help="Write a summary as Markdown; `-` shows it.")
    summary: bool = flag("--summary", help="Add to the job summary of GitHub Actions.")
    timeout: float = option(
        "--timeout",
        type=click.FloatRange(1, 24 * 3600),
        default=900.0,
        show_default=True,
        metavar="SECONDS",
        help="For the registry.",
    )
    quiet: bool = flag("--quiet", "-q", help="Print no progress.")


@command(InspectOptions, no_args_is_help=True)
def inspect(options: InspectOptions) -> int:
    """Tell what an image is made of: platforms, layers, labels, packages, evidence, and what could be smaller.

    Nothing of the evidence is proven here: that is what `gate verify` is for. Exit code 10: it is larger, or grew more,
    than the policy allows.
    """
    from gate.cli import requests
    from gate.cli.paths import here
    from gate.cli.printing import say
    from gate.errors import ExitCode
    from gate.output.progress_bar import show_progress
    from gate.pipeline.inspect import InspectRequest
    from gate.pipeline.inspect import inspect as run
    from gate.registry import Access

    context = here()
    _check(context, options)
    policy = requests.loaded(context, options).policy
    access = Access(
        plain_http=options.plain_http,
        deadline=options.timeout,
        unscanned_manifests=frozenset(policy.unscanned_manifests),
    )
    request = InspectRequest(options.image, policy, options.against, access)
    color = not requests.no_color(context, options.color, err=True)
    with show_progress(quiet=options.quiet, color=color, say=say) as progress:
        inspection = run(request, context, progress)
    _report(context, options, inspection)
    return ExitCode.PASSED if inspection.passed else ExitCode.REFUSED


def _check(context: "RunContext", options: InspectOptions) -> None:
    """Refuse early what cannot end well. Raises `UsageError`, `InputError`."""
    from gate.cli import paths
    from gate.cli.outputs import check_writable
    from gate.cli.reports import check_summary
    from gate.errors import UsageError

    if options.max_growth and not options.against:
        raise UsageError("--max-growth needs another image", hint="name it with --against")
    if options.markdown == paths.STDOUT and options.as_json:
        raise UsageError("only one document can go to standard output", hint="name a file for the Markdown")
    if options.summary:
        check_summary(context)
    if options.markdown and options.markdown != paths.STDOUT:
        check_writable(paths.output(context, options.markdown))


def _report(context: "RunContext", options: InspectOptions, inspection: "Inspection") -> None:
    """Write the documents, and print one of them."""
    from gate.cli import paths, requests
    from gate.cli.outputs import width
    from gate.cli.printing import show, show_json
    from gate.cli.reports import add_summary
    from gate.io import files
    from gate.output import inspect_terminal, inspectsummary

    if options.summary:
        add_summary(context, lambda limit: inspectsummary.render(inspection, limit))
    if options.markdown == paths.STDOUT:
        show(inspectsummary.render(inspection))
        return
    if options.markdown:
        files.write(paths.output(context, options.markdown), inspectsummary.render(inspection).encode())
    if options.as_json:
        show_json(inspection.model_dump_json(indent=2) + "\n")
    else:
        color = not requests.no_color(context, options.color)
        show(inspect_terminal.show(inspection, color=color, width=width()), color=color)
