"""Hostile text in messages and help: nothing of it becomes a link, markup or an empty string."""

import re
from functools import lru_cache

from gate.text import lines, one_line

_SPECIAL = (
    ("&", "&amp;"),  # first: the others bring it in
    *((char, f"\\{char}") for char in "\\`*_[]|~#$"),
    ("<", "&lt;"),
    (">", "&gt;"),
    ("@", "&#64;"),  # no mention of a person or team
)
_WORD = re.compile(r"[A-Za-z0-9.:+-]{1,200}")
"""Nearly every name and version: nothing in it has to be changed for any reader."""
_LINK = re.compile(r"\](?=\()")
_URL = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?(?:[/?#][\w.~:/?#@!$&*+,;=%-]*)?", re.ASCII)
_HALF = re.compile(r"%(?![0-9A-Fa-f]{2})")
_LONGEST_URL = 1_000
_MANY = 1 << 15  # more than there are results in a run: in the order in which they come, fewer would keep none


def markdown(text: str, limit: int) -> str:
    """`text` such that Markdown shows it as it stands, its line breaks kept."""
    return _escaped(text.strip() if _easy(text, limit) else lines(text, limit).strip())


def both(text: str, plain: int, escaped: int) -> tuple[str, str]:
    """What `paragraph` and `markdown` make of a long text, each within its limit."""
    if not _easy(text, min(plain, escaped)):
        return paragraph(text, plain), markdown(text, escaped)
    kept = text.strip()
    return (_LINK.sub("] ", text)[:plain].strip() if "](" in text else kept), _escaped(kept)


def _escaped(text: str) -> str:
    for char, harmless in _SPECIAL:  # several times as fast as a pattern or a table
        if char in text:
            text = text.replace(char, harmless)
    return text


def label(text: str) -> str:
    """A name or version in Markdown, on one line."""
    return text if _WORD.fullmatch(text) else _escaped(message(text, 200))


@lru_cache(_MANY)
def short(text: str) -> str:
    """A name or version as plain text on one line; the same few come again and again."""
    return message(text, 300)


def message(text: str, limit: int) -> str:
    """One line of plain text; SARIF reads `[words](place)` in a plain message as a link, so that is broken up."""
    line = text.strip() if len(text) <= limit and text.isprintable() else one_line(text, limit)
    return _LINK.sub("] ", line)[:limit] if "](" in line else line


def paragraph(text: str, limit: int) -> str:
    """Plain text with its line breaks, links broken up as in `message`."""
    kept = text if _easy(text, limit) else lines(text, limit)
    return (_LINK.sub("] ", kept)[:limit] if "](" in kept else kept).strip()


def _easy(text: str, limit: int) -> bool:
    """Whether `gate.text` would leave it as it is: nothing that it takes out counts as printable."""
    return len(text) <= limit and text.isprintable()


def link(url: str) -> str:
    """`url` when it is plainly one of the web, else nothing. It holds nothing that would end a link in Markdown."""
    good = len(url) <= _LONGEST_URL and _URL.fullmatch(url) and ("%" not in url or not _HALF.search(url))
    return url if good and url.count("#") <= 1 else ""
