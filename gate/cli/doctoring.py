"""`gate doctor` once its words are read."""

from collections.abc import Mapping
from typing import Any

from gate.cli import paths, requests
from gate.cli.outputs import width
from gate.cli.paths import STDOUT, here
from gate.cli.printing import say, show, show_json
from gate.errors import ExitCode, UsageError
from gate.io import files, strict_json
from gate.io.run_context import World
from gate.model.diagnosis import Cause, Diagnosis, code
from gate.model.image import ImageRef


def examine(image: str, given: Mapping[str, Any]) -> int:
    """Carry out `gate doctor`; the exit code. Raises `UsageError`, `InputError`."""
    world = here()
    shown = not requests.no_color(world, given["color"])
    if given["from_log"]:
        if image:
            raise UsageError("a log is looked at alone", hint="leave out the image, or --from-log")
        return _read_log(world, given, color=shown)
    from gate.output import doctor_terminal
    from gate.pipeline.doctor import Examination, examine

    if given["push"] and (not image or given["offline"]):
        raise UsageError("nobody says where to push", hint="name the image, and leave --offline out")
    asked = Examination(
        image=ImageRef.parse(image) if image else None,
        policy=paths.path(world, given["policy_file"]) if given["policy_file"] else None,
        push=given["push"],
        offline=given["offline"],
        plain_http=given["plain_http"],
        timeout=given["timeout"],
        db_repositories=given["db_repositories"],
    )
    rows = examine(asked, world)
    told = Diagnosis(rows=tuple(rows))
    _print(world, given, doctor_terminal.rows(rows, color=shown, width=width()), told, color=shown)
    return code(rows)


def _read_log(world: World, given: Mapping[str, Any], *, color: bool) -> int:
    from gate.maintenance.known_errors import search
    from gate.output import doctor_terminal

    with files.reading(paths.source(world, given["from_log"]), what="the log") as file:
        seen = search(file)
    known = [(one, one.trouble) for one in seen]
    causes = [Cause(why.id, one.line, one.times, why.text, why.cause, why.mend) for one, why in known]
    told = Diagnosis(troubles=tuple(causes))
    _print(world, given, doctor_terminal.troubles(seen, color=color, width=width()), told, color=color)
    if not seen:
        say("no error that is known stands in this log; `gate doctor IMAGE` looks at everything")
    return ExitCode.PASSED if seen else ExitCode.INPUT


def _print(world: World, given: Mapping[str, Any], text: str, document: Diagnosis, *, color: bool) -> None:
    """For people, and as JSON where that was asked for; standard output carries one of the two."""
    data = strict_json.dumps(document.model_dump(mode="json"), indent=2) if given["json_file"] else b""
    if given["json_file"] == STDOUT:
        show_json(data)
        return
    if data:
        files.write(paths.output(world, given["json_file"]), data)
    show(text, color=color)
