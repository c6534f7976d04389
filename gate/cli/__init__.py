"""The command line: options, words and exit codes. Everything heavy is imported where it is used."""

import os
from collections.abc import Sequence
from contextlib import suppress

import click

from gate import __version__
from gate.cli.commands import Commands
from gate.cli.declare import Group
from gate.cli.printing import fail, say, show


@click.group(
    cls=Group,
    commands=Commands(),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 passed, 10 refused, anything else: do not deploy. See `gate COMMAND --help`.",
)
@click.version_option(__version__, "-V", "--version", prog_name="gate", message="%(prog)s %(version)s")
def gate() -> None:
    """Stand between a built container image and production.

    Scan images by digest, judge what is found by a policy, and write what GitHub and people read.
    """


def run(args: Sequence[str], context: object = None) -> int:
    """Carry out a command line in `context`, or in the real one; the exit code. Here errors become words."""
    try:
        return int(gate.main(args=list(args), prog_name="gate", standalone_mode=False, obj=context) or 0)
    except SystemExit:  # so click ends when whoever read us went away, and keeps Python from complaining of it
        return 3
    except (Exception, KeyboardInterrupt) as exc:  # noqa: BLE001 here errors become words
        if "GATE_DEBUG" in os.environ and _is_bug(exc):
            from traceback import format_exc

            show(format_exc(), err=True)
            return 1
        return _told(exc)


def _is_bug(exc: BaseException) -> bool:
    from gate.errors import GateError

    return not isinstance(exc, GateError | click.ClickException | click.Abort | KeyboardInterrupt | OSError)


def _told(exc: BaseException) -> int:
    """Put what went wrong into words on standard error; the exit code."""
    from gate.cli.exhaustion import exhausted
    from gate.errors import ExitCode, GateError

    exc = exhausted(exc) or exc
    match exc:
        case click.exceptions.NoArgsIsHelpError():
            show(f"{exc.format_message()}\n", err=True)
            return ExitCode.USAGE
        case click.ClickException():
            ctx = exc.ctx if isinstance(exc, click.UsageError) else None
            fail(exc.format_message(), f"see `{ctx.command_path if ctx else 'gate'} --help`")
            return ExitCode.USAGE
        case GateError():
            fail(exc.problem, exc.hint)
            return exc.code
        case click.Abort() | KeyboardInterrupt():
            with suppress(OSError):
                say("interrupted: nothing was decided", fg="red")
            return ExitCode.INTERRUPTED
        case OSError():
            _system(exc)
        case _:
            said = f"this is a bug in gate: {type(exc).__name__}: {exc}"
            fail(said, "run again with GATE_DEBUG=1 and report what it prints")
            return ExitCode.BUG
    return ExitCode.INPUT


def _system(exc: OSError) -> None:
    """Say what the system refused: to print, or something else."""
    if _printing(exc):
        fail(f"what was to be printed could not be: {exc.strerror}", "nobody has read the answer: run again")
    else:
        what = f"{exc.filename}: " if exc.filename else "the system refused what was to be done: "
        fail(f"{what}{exc.strerror or exc}", "check the path, its permissions, and the room on the disk")


def _printing(exc: OSError) -> bool:
    """Whether it was raised where standard output is written to, which has no name."""
    trace = exc.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = str(trace.tb_frame.f_globals.get("__name__")) if trace else ""
    return not exc.filename and where.startswith(("click.", "gate.cli."))
