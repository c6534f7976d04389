"""Escape outside text for GitHub Flavored Markdown.

Plain words stay; every other word becomes a code span, in which GitHub interprets no Markdown, HTML, mention, issue
number, emoji or link.
"""

import re
from collections.abc import Iterable, Iterator

from gate.text import inert, is_digits, one_line

_CLOSED = "\n</details>\n"
_TOKEN = re.compile(r"""["(]*`[^`]+`[)",;:.!?]*|\S+""")
_SPAN = re.compile(r"""(["(]*)`([^`]+)`([)",;:.!?]*)""")
_WORD = re.compile(r"""(["(]*)(.*?)([)",;:.!?]*)""")
_PLAIN = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*|[0-9]+(?:[.,-][0-9]+)*%?|[0-9]+:[0-9]+|[\u2013\u2014→·…%≥≤]")


def code(text: str, limit: int = 300) -> str:
    """Return a code span; a backtick and `|`, which could end it or its cell, are replaced by similar characters."""
    clean = one_line(text, limit).replace("`", "'").replace("|", "¦")
    return f"`{clean}`" if clean else "-"


def prose(text: str, limit: int = 500) -> str:
    """Return `text` with all words as code that are not plain words, and what is in backticks as one code span."""
    return " ".join(_word(word) for word in _TOKEN.findall(one_line(text, limit)))


def _word(word: str) -> str:
    if span := _SPAN.fullmatch(word):
        return f"{span[1]}{code(span[2])}{span[3]}"
    match = _WORD.fullmatch(word)
    before, core, after = match.groups() if match else ("", word, "")
    starts_list = is_digits(core) and after[:1] in {".", ")"}
    plain = not core or (_PLAIN.fullmatch(core) and not starts_list)
    return f"{before}{core if plain else code(core)}{after}"


def within(lines: Iterable[str], limit: int, words: str) -> str:
    """Join lines, escaped, in at most `limit` bytes of UTF-8; `words` say why it was cut.

    An open `<details>` is closed. Returns an empty text when `limit` is too small for `words`.
    """
    cut = f"\n**Cut here:** {words}\n"
    left = limit - len(cut.encode()) - len(_CLOSED)
    if left < 0:
        return ""
    parts: list[str] = []
    opened = False
    for line in lines:
        safe = inert(line) + "\n"
        left -= len(safe.encode())
        if left < 0:
            parts.append((_CLOSED if opened else "") + cut)
            break
        opened = opened != (line in {"<details>", "</details>"})
        parts.append(safe)
    return "".join(parts)


def folded(head: str, body: Iterable[str]) -> Iterator[str]:
    """Yield lines that are shown when `head`, a text of ours, is clicked: in HTML no outside text is safe."""
    yield from ("<details>", f"<summary>{head}</summary>", "", *body, "</details>", "")


def target(url: str) -> str:
    """Return the target of a link with `&` escaped; brackets and blanks are encoded already."""
    return url.replace("&", "&amp;")
