"""`gate trend`."""

from dataclasses import dataclass
from functools import partial

from gate import __version__
from gate.cli import paths
from gate.cli.declare import PATH, argument, command, file, flag, json_file
from gate.cli.options import ColorOption
from gate.cli.printing import say
from gate.cli.terminal import show_page
from gate.errors import ExitCode, InputError
from gate.text import plural


@dataclass(frozen=True)
class TrendOptions(ColorOption):
    """Options of `gate trend`."""

    verdicts: tuple[str, ...] = argument("PATH...", nargs=-1, required=True, type=PATH)
    json_file: str | None = json_file("the trend")
    html: str | None = file("--html", help="Write a self-contained page.")
    quiet: bool = flag("--quiet", "-q", help="Print no table.")


@command(TrendOptions, no_args_is_help=True, examples=["gate trend verdicts/ --html trend.html"])
def trend(options: TrendOptions) -> int:
    """Show how the findings of images change over time, from verdicts that `gate scan --json` wrote.

    PATH is a verdict or a directory that is searched for verdicts. Exit code 0 also when the verdicts refuse their
    images; 3 when a verdict cannot be used.
    """
    from gate.maintenance.trend import TrendFile, trends
    from gate.maintenance.trend.reading import Reader
    from gate.output import trend as view
    from gate.output import trend_page

    context = paths.here()
    targets = [file for file in (options.json_file, options.html) if file]
    paths.check_outputs(context, targets)
    reader = Reader()
    image_trends = trends(reader.read([paths.source(context, name) for name in options.verdicts]))
    if reader.passed_over:
        say(f"note: {plural(len(reader.passed_over), 'JSON file')} without verdicts passed over")
    if not image_trends:
        raise InputError("no verdict was found in PATH", hint="make one with `gate scan --json=FILE`")
    if options.json_file:
        document = TrendFile(gate=__version__, trends=image_trends).model_dump_json() + "\n"
        paths.put(context, options.json_file, [document.encode()], json=True)
    if options.html:
        paths.put(context, options.html, [trend_page.render(image_trends).encode()])
    if not options.quiet:
        show_page(context, options.color, partial(view.show, image_trends), err=paths.STDOUT in targets)
    return ExitCode.PASSED
