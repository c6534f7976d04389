"""`gate doctor`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from gate.cli.declare import argument, command, file, flag, option, several
from gate.cli.options import ColorOption, PlainHttpOption, PolicyFileOption

if TYPE_CHECKING:
    from gate.io.run_context import RunContext
    from gate.model.diagnosis import Diagnosis


@dataclass(frozen=True)
class DoctorOptions(PlainHttpOption, PolicyFileOption, ColorOption):
    """Options of `gate doctor`."""

    image: str = argument("[IMAGE]", default="")
    from_log: str | None = file(
        "--from-log",
        help="Log of docker, buildx, cosign, Trivy or kubelet that ended in an error; - is standard input.",
    )
    push: bool = flag("--push", help="Try whether the login may push: an upload is begun, and left to expire.")
    offline: bool = flag("--offline", help="Ask nobody: look at this machine and this checkout alone.")
    db_repositories: tuple[str, ...] = several(
        "--db-repository",
        metavar="NAME",
        help="Where the vulnerability database is fetched. Repeatable. [default: Trivy's own]",
    )
    timeout: float = option(
        "--timeout",
        type=click.FloatRange(1, 3600),
        default=30.0,
        show_default=True,
        metavar="SECONDS",
        help="How long each question may take.",
    )
    json_file: str | None = file("--json", help="Write the rows as JSON.")


@command(DoctorOptions)
def doctor(options: DoctorOptions) -> int:
    """Say what is wrong, and how to mend it: programs, database, logins, tokens, packages, workflows.

    Exit code 3 when something is broken, 6 when something could not be told. With --from-log the cause of a failure
    is looked for in its log; 3 when it has no error that is known.
    """
    from gate.cli import requests
    from gate.cli.paths import here

    context = here()
    color = not requests.no_color(context, options.color)
    if options.from_log:
        return _explain_log(context, options, options.from_log, color=color)
    return _examine(context, options, color=color)


def _explain_log(context: "RunContext", options: DoctorOptions, log: str, *, color: bool) -> int:
    """Report the known errors that are in a log; the exit code. Raises `UsageError`, `InputError`."""
    from gate.cli import paths
    from gate.cli.outputs import width
    from gate.cli.printing import say
    from gate.errors import ExitCode, UsageError
    from gate.io import files
    from gate.maintenance.known_errors import search
    from gate.model.diagnosis import Cause, Diagnosis
    from gate.output import doctor_terminal

    if options.image:
        raise UsageError("a log is looked at alone", hint="leave out the image, or --from-log")
    with files.reading(paths.source(context, log), what="the log") as file:
        matches = search(file)
    causes = [
        Cause(match.trouble.id, match.line, match.times, match.trouble.text, match.trouble.cause, match.trouble.mend)
        for match in matches
    ]
    text = doctor_terminal.troubles(matches, color=color, width=width())
    _print(context, options, text, Diagnosis(troubles=tuple(causes)), color=color)
    if not matches:
        say("no error that is known stands in this log; `gate doctor IMAGE` looks at everything")
    return ExitCode.PASSED if matches else ExitCode.INPUT


def _examine(context: "RunContext", options: DoctorOptions, *, color: bool) -> int:
    """Examine the machine, the checkout and the image; the exit code. Raises `UsageError`."""
    from gate.cli import paths
    from gate.cli.outputs import width
    from gate.errors import UsageError
    from gate.model.diagnosis import Diagnosis, code
    from gate.model.image import ImageRef
    from gate.output import doctor_terminal
    from gate.pipeline.doctor import DoctorRequest, run_checks

    if options.push and (not options.image or options.offline):
        raise UsageError("nobody says where to push", hint="name the image, and leave --offline out")
    examination = DoctorRequest(
        image=ImageRef.parse(options.image) if options.image else None,
        policy=paths.path(context, options.policy_file) if options.policy_file else None,
        push=options.push,
        offline=options.offline,
        plain_http=options.plain_http,
        timeout=options.timeout,
        db_repositories=options.db_repositories,
    )
    rows = run_checks(examination, context)
    text = doctor_terminal.rows(rows, color=color, width=width())
    _print(context, options, text, Diagnosis(rows=tuple(rows)), color=color)
    return code(rows)


def _print(context: "RunContext", options: DoctorOptions, text: str, diagnosis: "Diagnosis", *, color: bool) -> None:
    """Print the text, or write JSON, or both where the JSON goes to a file."""
    from gate.cli import paths
    from gate.cli.printing import show, show_json
    from gate.io import files, strict_json

    data = strict_json.dumps(diagnosis.model_dump(mode="json"), indent=2) if options.json_file else b""
    if options.json_file == paths.STDOUT:
        show_json(data)
        return
    if options.json_file:
        files.write(paths.output(context, options.json_file), data)
    show(text, color=color)
