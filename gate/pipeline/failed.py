"""Images of a call that could not be judged, beside others that could."""

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
    """The failure of the image that stands at `place` of the call."""
    return Failure(
        image=one_line(image, 300),
        subject=subject,
        place=place,
        problem=one_line(error.problem.removeprefix(f"{image}: "), 1000),  # the image stands beside it
        hint=one_line(error.hint, 1000),
        code=int(error.code),
    )


def all_failed(errors: Sequence[GateError]) -> GateError:
    """One error for a call of which every image failed: of those with the lowest exit code the first, with the rest."""
    worst = min(errors, key=lambda one: one.code)
    others = [one.problem for one in errors if one is not worst and one.problem != worst.problem]
    if others:
        worst.problem += f" (and {plural(len(others), 'more image')} failed: {'; '.join(others[:5])})"
    return worst


def as_error(failures: Sequence[Failure]) -> GateError:
    """The failures of a call as one error, for a command that does all of it or nothing."""
    kinds = {kind.code: kind for kind in (UsageError, InputError, ToolMissingError, ToolFailedError, RegistryError)}
    return all_failed([kinds[ExitCode(one.code)](f"{one.image}: {one.problem}", hint=one.hint) for one in failures])
