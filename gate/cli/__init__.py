"""The command line: options, help texts, error messages and exit codes.

In: arguments and the environment. Out: documents on standard output or in files, messages on standard error, an exit
code. One module for each command, with its options as a frozen dataclass (`declare.py`); `commands.py` lists them.
What a command does is in the module of the same name in `gate.pipeline`. Modules that take long to import are imported
in the functions that use them, so that the help is quick. Start with `scan.py`.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from traceback import format_exception

import click

from gate import __version__
from gate.cli.commands import Commands
from gate.cli.printing import fail, say, show
from gate.errors import ExitCode, GateError


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 passed, 10 refused, anything else: do not deploy. See `gate COMMAND --help`.",
)
@click.version_option(__version__, "-V", "--version", prog_name="gate", message="%(prog)s %(version)s")
def gate() -> None:
    """Scan, judge, sign and verify container images between build and production.

    Images are scanned by digest, findings are judged by a policy, and images that pass are signed with their evidence.
    """


def run(args: Sequence[str], context: object = None) -> int:
    """Run a command line and return the exit code; errors are printed. Tests pass in a `RunContext`."""
    try:
        return int(gate.main(args=list(args), prog_name="gate", standalone_mode=False, obj=context) or 0)
    except SystemExit:  # raised by click when the reader of standard output has gone
        return 3
    except (Exception, KeyboardInterrupt) as exc:  # noqa: BLE001 the last resort
        return _report(exc)


def _report(exc: BaseException) -> int:
    """Print an error on standard error; return the exit code."""
    from gate.cli.exhaustion import exhausted

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
            fail(exc.problem, exc.hint, exc.example)
            return exc.code
        case click.Abort() | KeyboardInterrupt():
            with suppress(OSError):
                say("interrupted: nothing was decided", fg="red")
            return ExitCode.INTERRUPTED
        case OSError():
            _report_os_error(exc)
        case _:
            if "GATE_DEBUG" in os.environ:
                show("".join(format_exception(exc)), err=True)
            else:
                problem = f"this is a bug in gate: {type(exc).__name__}: {exc}"
                fail(problem, "run again with GATE_DEBUG=1 and report what it prints")
            return ExitCode.BUG
    return ExitCode.INPUT


def _report_os_error(exc: OSError) -> None:
    if _is_from_printing(exc):
        fail(f"the output could not be printed: {exc.strerror}", "the result was not printed: run again")
    else:
        what = f"{exc.filename}: " if exc.filename else "the operating system refused an operation: "
        fail(f"{what}{exc.strerror or exc}", "check the path, its permissions, and the free space on the disk")


def _is_from_printing(exc: OSError) -> bool:
    """Whether it was raised by a write to standard output or standard error, which have no file name."""
    trace = exc.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = str(trace.tb_frame.f_globals.get("__name__")) if trace else ""
    return not exc.filename and where.startswith(("click.", "gate.cli."))
