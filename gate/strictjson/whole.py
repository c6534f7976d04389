"""A whole document at once, by the parser that can tell whether a name is given twice."""

from typing import Any

from gate.errors import InputError
from gate.text import one_line


def loads(data: bytes, what: str) -> Any:
    """Parse a whole document. Raises `InputError` naming `what`."""
    import jiter

    try:
        return jiter.from_json(data, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="keys")
    except (ValueError, RecursionError) as exc:
        raise unreadable(what, exc) from exc


def unreadable(what: str, exc: Exception) -> InputError:
    """What a parser complains of, in our words."""
    said = "a member is named twice: " if "uplicate" in str(exc) else ""
    return InputError(f"{what} is not readable as JSON: {said}{one_line(str(exc), 200)}")
