"""`gate trend` once its words are read."""

from collections.abc import Mapping, Sequence
from typing import Any

from gate import __version__
from gate.cli import paths as where
from gate.cli import requests
from gate.cli.outputs import check_writable, width
from gate.cli.paths import STDOUT, here
from gate.cli.printing import say, show
from gate.errors import ExitCode, InputError, UsageError
from gate.io.run_context import World
from gate.text import plural


def trend(names: Sequence[str], given: Mapping[str, Any]) -> int:
    """Carry out `gate trend`; the exit code. Raises `InputError`, `UsageError`."""
    from gate.maintenance.trend import TrendFile, trends
    from gate.maintenance.trend.reading import Reader
    from gate.output import trend as view
    from gate.output import trendpage

    world = here()
    paths = {name: given[name] for name in ("json_file", "html") if given[name]}
    _check(world, list(paths.values()))
    reader = Reader()
    found = trends(reader.read([where.source(world, name) for name in names]))
    if reader.passed_over:
        say(f"note: {plural(len(reader.passed_over), 'JSON file')} without verdicts passed over")
    if not found:
        raise InputError("there is no verdict in what was named", hint="make one with `gate scan --json FILE`")
    if "json_file" in paths:
        document = TrendFile(gate=__version__, trends=found).model_dump_json() + "\n"
        where.put(world, paths["json_file"], [document.encode()], json=True)
    if "html" in paths:
        where.put(world, paths["html"], [trendpage.render(found).encode()])
    if not given["quiet"]:
        err = STDOUT in paths.values()
        color = not requests.no_color(world, given["color"], err=err)
        show(view.show(found, color=color, width=width()), err=err, color=color)
    return ExitCode.PASSED


def _check(world: World, paths: Sequence[str]) -> None:
    targets = [where.output(world, path) for path in paths if path != STDOUT]
    if len(paths) - len(targets) > 1:
        raise UsageError("only one document can go to standard output", hint="name a file for the other")
    if len(set(targets)) < len(targets):
        raise UsageError("two documents cannot go to one file", hint="name a file for each of them")
    for path in targets:
        check_writable(path)
