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


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 passed, 10 refused, anything else: do not deploy. See `gate COMMAND --help`.",
)
@click.version_option(__version__, "-V", "--version", prog_name="gate", message="%(prog)s %(version)s")
def gate() -> None:
    """Stand between a built container image and production.

    Scan images by digest, judge what is found by a policy, and write what GitHub and people read.
    """


for command in (scan, judge, explain, policy, sarif):
    gate.add_command(command)


def run(args: Sequence[str], world: object = None) -> int:
    """Carry out a command line in `world`, or in the real one; the exit code. Here errors become words."""
    from gate.errors import ExitCode, GateError
    from gate.text import lines, one_line

    try:
        return int(gate.main(args=list(args), prog_name="gate", standalone_mode=False, obj=world) or 0)
    except click.ClickException as exc:
        exc.show()
        return ExitCode.USAGE
    except GateError as exc:
        click.secho(f"error: {one_line(exc.problem, 2000)}", fg="red", err=True)
        if exc.hint:
            click.secho(f" hint: {one_line(exc.hint, 1000)}", fg="cyan", err=True)
        return exc.code
    except (click.Abort, KeyboardInterrupt):
        click.secho("interrupted: nothing was decided", fg="red", err=True)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Whoever read us went away: keep Python from complaining about it once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.INPUT
    except OSError as exc:
        click.secho(f"error: what was to be printed could not be: {exc.strerror}", fg="red", err=True)
        return ExitCode.INPUT
    except Exception as exc:
        if "GATE_DEBUG" in os.environ:
            raise
        words = lines(f"{type(exc).__name__}: {exc}", 500)
        click.secho(f"error: this is a bug in gate: {one_line(words, 500)}", fg="red", err=True)
        click.secho(" hint: run again with GATE_DEBUG=1 and report what it prints", fg="cyan", err=True)
        return ExitCode.BUG
