"""`gate explain`."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from gate.cli import paths
from gate.cli.declare import argument, command, file
from gate.cli.options import ColorOption
from gate.cli.terminal import show_page
from gate.errors import ExitCode, InputError
from gate.io import files, strict_json
from gate.io.run_context import RunContext
from gate.text import one_line

if TYPE_CHECKING:
    from gate.model.verdict import VerdictFile

_LARGEST = 1 << 30
"""Bytes of a verdict."""
_HINT = "make one with `gate scan --json=FILE`"


@dataclass(frozen=True)
class ExplainOptions(ColorOption):
    """Options of `gate explain`."""

    identity: str = argument("ID")
    verdict: str = file("--verdict", required=True, help="A verdict that `gate scan --json` wrote.")


@command(ExplainOptions, no_args_is_help=True, examples=["gate explain CVE-2023-45853 --verdict verdict.json"])
def explain(options: ExplainOptions) -> int:
    """Explain a finding: where it is, which layer added it, what fixes it, and which rule of the policy decides.

    ID is a vulnerability or an alias of it, a rule, or a licence. Exit code 3 when the verdict has no such finding.
    """
    from gate.output.explain import find, show

    context = paths.here()
    document = _read_verdict(context, options.verdict)
    found = [(verdict, findings) for verdict in document.verdicts if (findings := find(verdict, options.identity))]
    if not found:
        raise InputError(
            f"the verdict has no finding {one_line(options.identity, 100)!r}",
            hint="it may be fixed, or have another id",
        )
    for verdict, findings in found:
        show_page(context, options.color, partial(show, verdict, findings))
    return ExitCode.PASSED


def _read_verdict(context: RunContext, file: str) -> "VerdictFile":
    """Read a verdict file. Raises `InputError`."""
    from pydantic import ValidationError

    from gate.io.validation import place_of
    from gate.model.verdict import VerdictFile

    data = files.read(paths.source(context, file), limit=_LARGEST, what="the verdict")
    try:
        return VerdictFile.model_validate(strict_json.loads(data, f"the verdict {one_line(file, 200)}"))
    except InputError as exc:
        raise InputError(exc.problem, hint=exc.hint or _HINT) from exc
    except ValidationError as exc:
        raise InputError(f"{one_line(file, 200)} is no verdict: invalid `{place_of(exc)}`", hint=_HINT) from exc
