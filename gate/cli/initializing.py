"""`gate init` once its words are read."""

import difflib
from collections.abc import Mapping
from typing import Any

from gate.cli.paths import here
from gate.cli.printing import say, show
from gate.errors import ExitCode
from gate.maintenance.scaffold import Change, Wish, look, plan, write
from gate.maintenance.scaffold.found import dockerfile
from gate.maintenance.scaffold.pins import own
from gate.model.image import Platform
from gate.text import lines, one_line, plural

_SHOWN = 200_000
"""Characters of a file's diff."""


def init(given: Mapping[str, Any]) -> int:
    """Carry out `gate init`; the exit code. Raises any `GateError`."""
    world = here()
    action = own(given["action"])
    platforms = tuple(str(Platform.parse(one)) for one in given["platforms"]) or ("linux/amd64",)
    checkout = look(world, given["repository"], given["branch"])
    changes = plan(Wish(checkout, action, platforms))
    kept = [one for one in changes if one.old is not None and not one.same and not given["force"]]
    todo = [one for one in changes if not one.same and one not in kept]
    if given["dry_run"]:
        for one in (*todo, *kept):
            show(_diff(one))
    else:
        write(todo)
        for one in todo:
            say(f"wrote {one.name}")
    for one in kept:
        say(f"kept {one.name}: it is there already; --dry-run shows how it differs, --force overwrites")
    if not (checkout.root / dockerfile(checkout.root)).is_file():
        say("note: there is no Dockerfile yet: the workflow builds the one at the top of the checkout")
    if todo and not given["dry_run"]:
        say(f"{plural(len(todo), 'file')} for {one_line(checkout.repository)}: look at them, and commit")
    return ExitCode.PASSED


def _diff(change: Change) -> str:
    """What would change, as `diff -u` shows it; outside text in it is harmless."""
    old = (change.old or b"").decode("utf-8", "replace")
    made = difflib.unified_diff(
        old.splitlines(),
        change.new.decode().splitlines(),
        f"a/{change.name}" if change.old is not None else "/dev/null",
        f"b/{change.name}",
        lineterm="",
    )
    return lines("\n".join(made), _SHOWN) + "\n"
