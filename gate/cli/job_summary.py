"""The job summary of GitHub Actions: a file that the steps of a job add Markdown to."""

from collections.abc import Callable
from pathlib import Path

from gate.cli.printing import say
from gate.errors import UsageError
from gate.io import files
from gate.io.run_context import RunContext
from gate.text import one_line

_VARIABLE = "GITHUB_STEP_SUMMARY"


def check(context: RunContext) -> None:
    """Check that there is a job summary. Raises `UsageError`."""
    if not context.env.get(_VARIABLE):
        raise UsageError(
            "there is no job summary to write to", hint=f"--summary is for GitHub Actions, which sets {_VARIABLE}"
        )


def add(context: RunContext, render: Callable[[int], str]) -> None:
    """Add what `render` returns for a number of free bytes. Raises `InputError`."""
    from gate.output.markdown import LIMIT

    path = Path(context.env[_VARIABLE])
    with files.input_errors(f"the job summary {one_line(str(path), 200)} cannot be written", files.NOT_WRITTEN):
        used = path.stat().st_size if path.exists() else 0
        separator = "\n" if used else ""
        text = render(max(LIMIT - used - len(separator), 0))
        if not text:
            say("note: the summary of this step is full already")
            return
        files.append(path, (separator + text).encode())  # other commands of the step write to it too
