"""Write imported settings as lines of gate.yaml."""

from collections.abc import Iterator
from datetime import date, timedelta

from gate.io.yaml_document import inline
from gate.maintenance.policy_import.settings import ImportedException, ImportedSettings

_DAYS = 90
"""Days until an exception ends for which the file gives no end."""


def policy_lines(settings: ImportedSettings, today: date) -> str:
    """Return the lines; empty when nothing is carried over.

    Owners, and reasons that the file does not give, are empty texts, which `gate.yaml` does not accept: nothing is
    excused before somebody has filled them in.
    """
    lines = []
    if settings.fail_on:
        lines += ["fail_on:", *(f"  {key}: {inline(value)}" for key, value in settings.fail_on.items())]
    if settings.platforms:
        lines.append(f"platforms: {inline(settings.platforms)}")
    if settings.vex:
        lines.append(f"vex: {inline(settings.vex)}  # relative to gate.yaml")
    if settings.exceptions:
        lines.append("exceptions:")
        for exception in settings.exceptions:
            lines += _exception(exception, today)
    return "".join(f"{line}\n" for line in lines)


def _exception(exception: ImportedException, today: date) -> Iterator[str]:
    yield f"  - id: {inline(exception.id)}"
    if exception.package:
        yield f"    package: {inline(exception.package)}"
    if exception.path:
        yield f"    path: {inline(exception.path)}"
    yield '    owner: ""  # fill in: who is responsible for it'
    if exception.reason:
        yield f"    reason: {inline(exception.reason)}"
    else:
        yield '    reason: ""  # fill in: why it is acceptable'
    if exception.expires:
        yield f'    expires: "{exception.expires}"'
    else:
        yield f'    expires: "{today + timedelta(days=_DAYS)}"  # the file gives no end: {_DAYS} days from today'
