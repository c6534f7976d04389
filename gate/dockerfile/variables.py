"""Text with variables, whose values nobody knows."""

import re

_VARIABLE = re.compile(r"\$(?:\{[^}]*\}|\w+)")


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
