"""Convert the errors of single images into `Failure` values, and several of them into one error."""

from collections.abc import Sequence

from gate.errors import (
    ExitCode,
    GateError,
    InputError,
    RegistryError,
    ToolFailedError,
    ToolMissingError,
    UsageError,
)
from gate.model.findings import Subject
from gate.model.verdict import Failure
from gate.text import one_line, plural


def failure(place: int, image: str, subject: Subject, error: GateError) -> Failure:
    """Make the failure of the image at index `place` of the call."""
    return Failure(
        image=one_line(image, 300),
        subject=subject,
        place=place,
        problem=one_line(error.problem.removeprefix(f"{image}: "), 1000),  # `image` names it already
        hint=one_line(error.hint, 1000),
        code=int(error.code),
    )


def all_failed(errors: Sequence[GateError]) -> GateError:
    """Combine the errors of a call whose images all failed: the first with the lowest exit code, then the others."""
    worst = min(errors, key=lambda error: error.code)
    others = [error.problem for error in errors if error is not worst and error.problem != worst.problem]
    if others:
        worst.problem += f" (and {plural(len(others), 'more image')} failed: {'; '.join(others[:5])})"
    return worst


def as_error(failures: Sequence[Failure]) -> GateError:
    """Combine failures into one error, for commands that process all images or none."""
    kinds = {kind.code: kind for kind in (UsageError, InputError, ToolMissingError, ToolFailedError, RegistryError)}
    return all_failed(
        [
            kinds[ExitCode(failure.code)](f"{failure.image}: {failure.problem}", hint=failure.hint)
            for failure in failures
        ]
    )
