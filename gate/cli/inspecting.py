"""`gate inspect` once its words are read."""

from collections.abc import Mapping
from typing import Any

from gate.cli import paths, requests, untyped
from gate.cli.outputs import check_writable, width
from gate.cli.paths import STDOUT, here
from gate.cli.printing import say, show, show_json
from gate.cli.reports import add_summary, check_summary
from gate.errors import ExitCode, UsageError
from gate.io import files


def inspect_image(image: str, given: Mapping[str, Any]) -> int:
    """Carry out `gate inspect`; the exit code. Raises any `GateError`."""
    from gate.output import inspect_terminal, inspectsummary
    from gate.output.progress_bar import watching
    from gate.pipeline.inspect import InspectRequest, inspect
    from gate.registry import Access

    if given["max_growth"] and not given["against"]:
        raise UsageError("--max-growth needs another image", hint="name it with --against")
    shown = given["markdown"] == STDOUT
    if shown and given["as_json"]:
        raise UsageError("only one document can go to standard output", hint="name a file for the Markdown")
    world = here()
    if given["summary"]:
        check_summary(world)
    if given["markdown"] and not shown:
        check_writable(paths.output(world, given["markdown"]))
    policy = untyped.loaded(world, given).policy
    access = Access(
        plain_http=given["plain_http"],
        deadline=given["timeout"],
        unscanned_manifests=frozenset(policy.unscanned_manifests),
    )
    asked = InspectRequest(image, policy, given["against"], access)
    color = not requests.no_color(world, given["color"], err=True)
    with watching(quiet=given["quiet"], color=color, say=say) as progress:
        found = inspect(asked, world, progress)
    if given["summary"]:
        add_summary(world, lambda limit: inspectsummary.render(found, limit))
    if given["markdown"] and not shown:
        files.write(paths.output(world, given["markdown"]), inspectsummary.render(found).encode())
    if shown:
        show(inspectsummary.render(found))
    elif given["as_json"]:
        show_json(found.model_dump_json(indent=2) + "\n")
    else:
        bright = not requests.no_color(world, given["color"])
        show(inspect_terminal.show(found, color=bright, width=width()), color=bright)
    return ExitCode.PASSED if found.passed else ExitCode.REFUSED
