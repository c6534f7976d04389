"""Text with variables: put in where their value is known, anything where it is not."""

import re
from collections.abc import Mapping

_VARIABLE = re.compile(r"\$(?:\{[^}]*\}|\w+)")
_NAMED = re.compile(r"\$(?:\{(\w+)(?:(:?[-+])([^}]*))?\}|(\w+))")
"""`$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME:+instead}`; other modifiers are not resolved."""


def resolved(text: str, values: Mapping[str, str]) -> str:
    """Put in the variables that have a value or a default of their own; the others stay as they are."""

    def value(found: re.Match[str]) -> str:
        name, operator, word, plain = found.groups()
        known = values.get(name or plain)
        is_set = known is not None and (bool(known) or operator in {"-", "+"})
        if operator in {"-", ":-"}:
            return known if known is not None and is_set else word
        if operator in {"+", ":+"}:
            return word if is_set else ""
        return found[0] if known is None else known

    return _NAMED.sub(value, text)


def like(template: str, text: str) -> bool:
    """Whether `text` may be `template` with its variables filled in. Takes time in proportion to the text."""
    first, *rest = _VARIABLE.split(template)
    if not rest:
        return template == text
    *middle, last = rest
    if not text.startswith(first) or len(text) < len(first) + len(last) or not text.endswith(last):
        return False
    place, end = len(first), len(text) - len(last)
    for part in middle:
        place = text.find(part, place, end)
        if place < 0:
            return False
        place += len(part)
    return True
