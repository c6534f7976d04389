"""Hostile text made harmless, for every place that shows what came from outside."""

import re

# C0 and C1 controls (escape codes among them), line and paragraph separators, and the marks that
# reorder or hide text (bidirectional controls, zero-width characters, the byte-order mark).
UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]+"
)


def one_line(text: str, limit: int = 500) -> str:
    """`text` as one line without control or invisible characters, cut at `limit` characters with an ellipsis."""
    if len(text) <= limit and text.isprintable():  # nearly every one; nothing of what is unsafe counts as printable
        return text.strip()
    clean = UNSAFE.sub(" ", text[: limit * 4]).strip()
    return clean if len(clean) <= limit else clean[: limit - 1].rstrip() + "…"


def lines(text: str, limit: int = 8000) -> str:
    """`text` with its line breaks kept and every other control or invisible character removed, cut at `limit`."""
    kept = "\n".join(UNSAFE.sub(" ", line).rstrip() for line in text[: limit * 2].splitlines())
    return kept if len(kept) <= limit else kept[: limit - 1].rstrip() + "…"


def plural(count: int, noun: str) -> str:
    """`1 finding`, `2 findings`, `2 vulnerabilities`, with thousands separated."""
    if count != 1:
        noun = noun[:-1] + "ies" if noun.endswith("y") and noun[-2:-1] not in "aeiou" else noun + "s"
    return f"{count:,} {noun}"
