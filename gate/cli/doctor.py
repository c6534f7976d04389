"""`gate doctor`."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from gate.cli import paths
from gate.cli.declare import argument, command, file, flag, json_file, seconds, several
from gate.cli.options import ColorOption, PlainHttpOption, PolicyFileOption
from gate.cli.printing import say
from gate.cli.terminal import show_page
from gate.errors import ExitCode, UsageError
from gate.io import files, strict_json
from gate.io.run_context import RunContext

if TYPE_CHECKING:
    from gate.model.diagnosis import Diagnosis


@dataclass(frozen=True)
class DoctorOptions(PlainHttpOption, PolicyFileOption, ColorOption):
    """Options of `gate doctor`."""

    image: str = argument("[IMAGE]", default="")
    from_log: str | None = file(
        "--from-log",
        help="Explain the errors in a log of docker, buildx, cosign, Trivy or kubelet; - is standard input.",
    )
    push: bool = flag("--push", help="Check that the login may push: start an upload and let it expire.")
    offline: bool = flag("--offline", help="Use no network: check this machine and this checkout only.")
    db_repositories: tuple[str, ...] = several(
        "--db-repository",
        metavar="NAME",
        help="Repository of the vulnerability database. Repeatable. [default: Trivy's own]",
    )
    timeout: float = seconds("--timeout", most=3600, default=30, help="How long each check may take.")
    json_file: str | None = json_file("the rows")


@command(DoctorOptions, examples=["gate doctor ghcr.io/owner/app:1.4", "gate doctor --from-log build.log"])
def doctor(options: DoctorOptions) -> int:
    """Check programs, database, logins, tokens, packages and workflows; say what is wrong and how to fix it.

    Exit code 3 when something is broken, 6 when something is unknown. With --from-log, explain the errors of a log
    instead; 3 when it has no known error.
    """
    context = paths.here()
    if options.from_log:
        return _explain_log(context, options, options.from_log)
    return _examine(context, options)


def _explain_log(context: RunContext, options: DoctorOptions, log: str) -> int:
    """Report the known errors that are in a log; the exit code. Raises `UsageError`, `InputError`."""
    from gate.maintenance.known_errors import search
    from gate.model.diagnosis import Cause, Diagnosis
    from gate.output import doctor_terminal

    if options.image:
        raise UsageError("an image and --from-log exclude each other", hint="leave one of them out")
    with files.reading(paths.source(context, log), what="the log") as file:
        matches = search(file)
    causes = [
        Cause(match.error.id, match.line, match.times, match.error.text, match.error.cause, match.error.remedy)
        for match in matches
    ]
    _print(context, options, Diagnosis(causes=tuple(causes)), partial(doctor_terminal.known_errors, matches))
    if not matches:
        say("this log has no known error; `gate doctor IMAGE` checks everything")
    return ExitCode.PASSED if matches else ExitCode.INPUT


def _examine(context: RunContext, options: DoctorOptions) -> int:
    """Check the machine, the checkout and the image; the exit code. Raises `UsageError`."""
    from gate.model.diagnosis import Diagnosis, code
    from gate.model.image import ImageRef
    from gate.output import doctor_terminal
    from gate.pipeline.doctor import DoctorRequest, run_checks

    if options.push and (not options.image or options.offline):
        raise UsageError("--push needs an image and a network", hint="name the image, and leave --offline out")
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
    _print(context, options, Diagnosis(rows=tuple(rows)), partial(doctor_terminal.rows, rows))
    return code(rows)


def _print(context: RunContext, options: DoctorOptions, diagnosis: "Diagnosis", render: Callable[..., str]) -> None:
    """Write the diagnosis as JSON, if asked, and print it unless the JSON went to standard output."""
    if options.json_file:
        data = strict_json.dumps(diagnosis.model_dump(mode="json"), indent=2)
        paths.put(context, options.json_file, [data], json=True)
    if options.json_file != paths.STDOUT:
        show_page(context, options.color, render)
