"""`gate man` once its words are read."""

from collections.abc import Sequence

from gate import files
from gate.cli import where
from gate.cli.manual import pages
from gate.cli.printing import say, show
from gate.cli.where import here
from gate.errors import ExitCode, InputError, UsageError
from gate.text import one_line, plural
from gate.views.manpage import file_name, render


def print_page(words: Sequence[str]) -> int:
    """Print one page. Raises `UsageError` for a command that there is not."""
    from gate.cli import gate

    found = pages(gate)
    name = " ".join(("gate", *words))
    if name not in found:
        raise UsageError(f"there is no command {one_line(name, 100)!r}", hint="`gate --help` lists them")
    show(render(found[name]))
    return ExitCode.PASSED


def write_pages(words: Sequence[str], folder: str) -> int:
    """Write every page, `gate-scan.1`, into `folder`. Raises `UsageError`, `InputError`."""
    from gate.cli import gate

    if words:
        raise UsageError("--dir writes the pages of all commands", hint="leave the command out")
    target = where.output(here(), f"{folder}/gate.1").parent
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise InputError(
            f"the folder {one_line(folder, 200)} cannot be made: {exc.strerror}", hint=files.NOT_WRITTEN
        ) from exc
    found = pages(gate)
    for name, page in found.items():
        files.write(target / file_name(name), render(page).encode("ascii"))
    say(f"{plural(len(found), 'page')} in {one_line(folder, 300)}")
    return ExitCode.PASSED
