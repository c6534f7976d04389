"""`gate inspect` once its words are read."""

import sys
from collections.abc import Mapping
from typing import Any

import click

from gate.cli import request
from gate.cli.outputs import width
from gate.cli.running import here
from gate.errors import ExitCode, UsageError


def inspect_image(image: str, given: Mapping[str, Any]) -> int:
    """Carry out `gate inspect`; the exit code. Raises any `GateError`."""
    from gate.pipeline.inspect import InspectRequest, inspect
    from gate.registry import Access
    from gate.views import inspected
    from gate.views.live import watching

    if given["max_growth"] and not given["against"]:
        raise UsageError("--max-growth needs another image", hint="name it with --against")
    world = here()
    policy = request.loaded(world, given).policy
    access = Access(plain_http=given["plain_http"], deadline=given["timeout"])
    asked = InspectRequest(image, policy, given["against"], access)
    color = not request.no_color(world, given["color"], err=True)
    with watching(shown=not given["quiet"] and sys.stderr.isatty(), color=color) as progress:
        found = inspect(asked, world, progress)
    if given["as_json"]:
        click.echo(found.model_dump_json(indent=2))
    else:
        shown = not request.no_color(world, given["color"])
        click.echo(inspected.show(found, color=shown, width=width()), color=shown, nl=False)
    return ExitCode.PASSED if found.passed else ExitCode.REFUSED
