"""Hostile text made harmless, for every place that shows what came from outside."""

import re

# C0 and C1 controls (escape codes among them), line and paragraph separators, and the marks that
# reorder or hide text (bidirectional controls, zero-width characters, the byte-order mark).
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]+"
)


# Build arguments as a history entry keeps them (`|2 TOKEN=… A=… /bin/sh -c`), and what is named like a secret.
_ARGUMENTS = re.compile(r"\A((?:RUN )?\|[0-9]+ )((?:[A-Za-z_][A-Za-z0-9_]*=\S* )+)")
_SENSITIVE = r"(?:token|secret|passw(?:or)?d|passphrase|api_?key|private_?key|credential|authorization)"
_VALUE = r"(?:\"[^\"]*\"|'[^']*'|(?:bearer |basic )?[^\s\"';&|]+)"
_NAMED_SECRET = re.compile(
    rf"(?i)([A-Za-z0-9_-]*{_SENSITIVE}[A-Za-z0-9_-]*[\"']?(?: ?[=:] ?)|--[a-z-]*{_SENSITIVE}[a-z-]* ){_VALUE}"
)


def masked(created_by: str) -> str:
    """A history entry without the values of build arguments, and of what is named like a secret.

    Anybody who can pull the image can read them; a report, a log and an alert go further than that.
    """
    if arguments := _ARGUMENTS.match(created_by):
        names = re.sub(r"=\S*", "=***", arguments[2])
        created_by = arguments[1] + names + created_by[arguments.end() :]
    return _NAMED_SECRET.sub(r"\1***", created_by)


def one_line(text: str, limit: int = 500) -> str:
    """`text` as one line without control or invisible characters, cut at `limit` characters with an ellipsis."""
    clean = _UNSAFE.sub(" ", text[: limit * 4]).strip()
    return clean if len(clean) <= limit else clean[: limit - 1].rstrip() + "…"


def lines(text: str, limit: int = 8000) -> str:
    """`text` with its line breaks kept and every other control or invisible character removed, cut at `limit`."""
    kept = "\n".join(_UNSAFE.sub(" ", line).rstrip() for line in text[: limit * 2].splitlines())
    return kept if len(kept) <= limit else kept[: limit - 1].rstrip() + "…"


def plural(count: int, noun: str) -> str:
    """`1 finding`, `2 findings`, `2 vulnerabilities`, with thousands separated."""
    if count != 1:
        noun = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{count:,} {noun}"
