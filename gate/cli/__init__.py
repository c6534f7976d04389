"""The command line: options, words and exit codes. Everything heavy is imported where it is used."""

import os
import sys
from collections.abc import Sequence

import click

from gate import __version__
from gate.cli.explain import explain
from gate.cli.judge import judge
from gate.cli.policy import policy
from gate.cli.sarif import sarif
from gate.cli.scan import scan
from gate.cli.sign import sign
from gate.cli.upload import upload
from gate.cli.verify import verify


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 passed, 10 refused, anything else: do not deploy. See `gate COMMAND --help`.",
)
@click.version_option(__version__, "-V", "--version", prog_name="gate", message="%(prog)s %(version)s")
def gate() -> None:
    """Stand between a built container image and production.

    Scan images by digest, judge what is found by a policy, and write what GitHub and people read.
    """


for command in (scan, sign, verify, judge, explain, policy, sarif, upload):
    gate.add_command(command)


def run(args: Sequence[str], world: object = None) -> int:
    """Carry out a command line in `world`, or in the real one; the exit code. Here errors become words."""
    try:
        return int(gate.main(args=list(args), prog_name="gate", standalone_mode=False, obj=world) or 0)
    except (Exception, KeyboardInterrupt) as exc:
        if "GATE_DEBUG" in os.environ and _is_bug(exc):
            raise
        return _told(exc)


def _is_bug(exc: BaseException) -> bool:
    from gate.errors import GateError

    return not isinstance(exc, GateError | click.ClickException | click.Abort | KeyboardInterrupt | OSError)


def _told(exc: BaseException) -> int:
    """Put what went wrong into words on standard error; the exit code."""
    from gate.errors import ExitCode, GateError

    match exc:
        case click.ClickException():
            exc.show()
            return ExitCode.USAGE
        case GateError():
            _say(exc.problem, exc.hint)
            return exc.code
        case click.Abort() | KeyboardInterrupt():
            click.secho("interrupted: nothing was decided", fg="red", err=True)
            return ExitCode.INTERRUPTED
        case BrokenPipeError():
            # Whoever read us went away: keep Python from complaining about it once more at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        case OSError():
            _say(f"what was to be printed could not be: {exc.strerror}")
        case _:
            said = f"this is a bug in gate: {type(exc).__name__}: {exc}"
            _say(said, "run again with GATE_DEBUG=1 and report what it prints")
            return ExitCode.BUG
    return ExitCode.INPUT


def _say(problem: str, hint: str = "") -> None:
    from gate.text import one_line

    click.secho(f"error: {one_line(problem, 2000)}", fg="red", err=True)
    if hint:
        click.secho(f" hint: {one_line(hint, 1000)}", fg="cyan", err=True)
