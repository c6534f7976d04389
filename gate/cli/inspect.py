"""`gate inspect`."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from gate.cli import job_summary, paths, requests
from gate.cli.declare import argument, command, file, flag, json_file, option, seconds, text
from gate.cli.options import ColorOption, PlainHttpOption, PolicyFileOption
from gate.cli.printing import show
from gate.cli.terminal import show_page, show_progress
from gate.errors import ExitCode, UsageError
from gate.io import files
from gate.io.run_context import RunContext

if TYPE_CHECKING:
    from gate.model.inspection import Inspection


@dataclass(frozen=True)
class InspectOptions(PlainHttpOption, PolicyFileOption, ColorOption):
    """Options of `gate inspect`."""

    image: str = argument("IMAGE")
    against: str = text("--against", metavar="IMAGE", help="Compare the size with this image.")
    max_size: str | None = option(
        "--max-size", policy="size.max", metavar="SIZE", help="Refuse a larger image: 400MB, 1GiB."
    )
    max_growth: str | None = option(
        "--max-growth",
        policy="size.growth",
        metavar="SHARE|SIZE",
        help="Refuse more growth against --against: 10%, 20MB.",
    )
    json_file: str | None = json_file("the result")
    markdown: str | None = file("--markdown", help="Write a summary as Markdown; `-` shows it.")
    summary: bool = flag("--summary", help="Add to the job summary of GitHub Actions.")
    timeout: float = seconds("--timeout", default=900, help="For the registry.")
    quiet: bool = flag("--quiet", "-q", help="Print no progress.")


@command(
    InspectOptions,
    no_args_is_help=True,
    examples=[
        "gate inspect ghcr.io/owner/app:1.4",
        "gate inspect ghcr.io/owner/app:1.4 --against ghcr.io/owner/app:1.3 --max-growth 10%",
    ],
)
def inspect(options: InspectOptions) -> int:
    """Show what an image consists of: platforms, layers, labels, packages, evidence, and what could be smaller.

    The evidence is not verified; use `gate verify` for that. Exit code 10: the image is larger, or grew more, than the
    policy allows.
    """
    from gate.pipeline.inspect import InspectRequest
    from gate.pipeline.inspect import inspect as run

    context = paths.here()
    _check(context, options)
    loaded = requests.loaded(context, options)
    access = requests.registry_access(loaded, options, timeout=options.timeout)
    request = InspectRequest(options.image, loaded.policy, options.against, access)
    with show_progress(context, quiet=options.quiet, color=options.color) as progress:
        inspection = run(request, context, progress)
    _report(context, options, inspection)
    return ExitCode.PASSED if inspection.passed else ExitCode.REFUSED


def _check(context: RunContext, options: InspectOptions) -> None:
    """Check the options. Raises `UsageError`, `InputError`."""
    if options.max_growth and not options.against:
        raise UsageError("--max-growth needs another image", hint="name it with --against")
    if options.summary:
        job_summary.check(context)
    paths.check_outputs(context, [file for file in (options.markdown, options.json_file) if file])


def _report(context: RunContext, options: InspectOptions, inspection: "Inspection") -> None:
    """Write the documents, and print one of them."""
    from gate.output import inspect_summary, inspect_terminal

    if options.summary:
        job_summary.add(context, lambda limit: inspect_summary.render(inspection, limit))
    if options.markdown == paths.STDOUT:
        show(inspect_summary.render(inspection))
    elif options.markdown:
        files.write(paths.output(context, options.markdown), inspect_summary.render(inspection).encode())
    if options.json_file:
        paths.put(context, options.json_file, [inspection.model_dump_json(indent=2).encode(), b"\n"], json=True)
    if paths.STDOUT not in (options.markdown, options.json_file):
        show_page(context, options.color, partial(inspect_terminal.show, inspection))
