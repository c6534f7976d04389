"""`gate trend`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.cli.declare import PATH, argument, command, file, flag
from gate.cli.options import ColorOption

if TYPE_CHECKING:
    from gate.io.run_context import RunContext


@dataclass(frozen=True)
class TrendOptions(ColorOption):
    """Options of `gate trend`."""

    verdicts: tuple[str, ...] = argument("PATH...", nargs=-1, required=True, type=PATH)
    json_file: str | None = file("--json", help="Write the trend as JSON.")
    html: str | None = file("--html", help="Write a self-contained page.")
    quiet: bool = flag("--quiet", "-q", help="Print no table.")


@command(TrendOptions, no_args_is_help=True)
def trend(options: TrendOptions) -> int:
    """Tell how images did over time, from verdicts that `gate scan --json` wrote.

    PATH is a verdict, or a folder in which they are looked for. It only tells: exit code 0, whatever the verdicts
    were; 3 when one of them cannot be used.
    """
    from gate import __version__
    from gate.cli import paths, requests
    from gate.cli.outputs import width
    from gate.cli.printing import say, show
    from gate.errors import ExitCode, InputError
    from gate.maintenance.trend import TrendFile, trends
    from gate.maintenance.trend.reading import Reader
    from gate.output import trend as view
    from gate.output import trendpage
    from gate.text import plural

    context = paths.here()
    targets = [file for file in (options.json_file, options.html) if file]
    _check_writable(context, targets)
    reader = Reader()
    image_trends = trends(reader.read([paths.source(context, name) for name in options.verdicts]))
    if reader.passed_over:
        say(f"note: {plural(len(reader.passed_over), 'JSON file')} without verdicts passed over")
    if not image_trends:
        raise InputError("there is no verdict in what was named", hint="make one with `gate scan --json FILE`")
    if options.json_file:
        document = TrendFile(gate=__version__, trends=image_trends).model_dump_json() + "\n"
        paths.put(context, options.json_file, [document.encode()], json=True)
    if options.html:
        paths.put(context, options.html, [trendpage.render(image_trends).encode()])
    if not options.quiet:
        to_error = paths.STDOUT in targets
        color = not requests.no_color(context, options.color, err=to_error)
        show(view.show(image_trends, color=color, width=width()), err=to_error, color=color)
    return ExitCode.PASSED


def _check_writable(context: "RunContext", targets: Sequence[str]) -> None:
    """Refuse early what cannot be written. Raises `UsageError`, `InputError`."""
    from gate.cli import paths
    from gate.cli.outputs import check_writable
    from gate.errors import UsageError

    files = [paths.output(context, target) for target in targets if target != paths.STDOUT]
    if len(targets) - len(files) > 1:
        raise UsageError("only one document can go to standard output", hint="name a file for the other")
    if len(set(files)) < len(files):
        raise UsageError("two documents cannot go to one file", hint="name a file for each of them")
    for path in files:
        check_writable(path)
