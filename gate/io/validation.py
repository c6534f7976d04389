"""Put pydantic's validation errors into words."""

from typing import Any

from pydantic import ValidationError

from gate.text import one_line


def describe(error: ValidationError, root: str = "") -> str:
    """`place: message` of the first problem; `root` names a problem of the whole document, which has no place."""
    place = place_of(error) or root
    return f"{place}: {message(error.errors()[0])}" if place else message(error.errors()[0])


def place_of(error: ValidationError) -> str:
    """Where the first problem is: `verdicts.0.subject`; empty for the whole document."""
    return one_line(".".join(map(str, error.errors()[0]["loc"])), 100)


def message(problem: Any) -> str:
    """What is wrong, of one of `ValidationError.errors()`; a `ValueError` of a validator of ours in its own words."""
    return one_line(problem["msg"].removeprefix("Value error, "), 200)
