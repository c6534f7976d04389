"""Hostile text made harmless, for every place that shows what came from outside."""

import re

# C0 and C1 controls (escape codes among them), line and paragraph separators, lone surrogates, interlinear annotation,
# and every character that is not shown or reorders what is: Default_Ignorable_Code_Point of Unicode 16, which has the
# bidirectional controls, zero-width characters, fillers, variation selectors and tag characters.
_HIDDEN = (
    "\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
UNSAFE = re.compile(f"[\x00-\x1f{_HIDDEN}]+")
_UNSAFE_IN_LINES = re.compile(f"[\x00-\x08\x0b-\x1f{_HIDDEN}]")
_HIDDEN_IN_JSON = re.compile(f"[{_HIDDEN}]")
_COMMAND = re.compile(r"^((?:[^\S\n]|\x1b\[[0-9;]*m)*)::", re.MULTILINE)
_OLD_COMMAND = re.compile(r"##(?=(?:vso)?\[)")
_COLORS = re.compile(r"(\x1b\[[0-9;]*m)")


def inert(text: str) -> str:
    """`text` without what a runner of GitHub Actions takes for a command: `::` that starts a line, `##[` anywhere.

    The width stays: a blank takes the place of one character. Source: actions/runner, `ActionCommand.cs`; `##vso[` is
    that of Azure Pipelines.
    """
    return _OLD_COMMAND.sub("# ", _COMMAND.sub(r"\1 :", text))


def printable(text: str, *, color: bool = False) -> str:
    """`text` of several lines as it may be printed: inert, without control and invisible characters.

    Line breaks and tabs stay; with `color` codes of colours are kept, and no other escape codes.
    """
    if not color:
        text = _COLORS.sub("", text)
    parts = _COLORS.split(text)
    parts[::2] = [_UNSAFE_IN_LINES.sub(" ", part) for part in parts[::2]]
    return inert("".join(parts))


def printable_json(text: str) -> str:
    """The same JSON, with escapes for what would command a runner or is not shown."""
    escaped = _HIDDEN_IN_JSON.sub(lambda found: "".join(map(_escape, found[0])), text)
    return _OLD_COMMAND.sub(r"#\\u0023", escaped)


def _escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[place]:02x}{units[place + 1]:02x}" for place in range(0, len(units), 2))


def visible(text: str) -> str:
    """`text` with a blank in place of control and invisible characters, line breaks included."""
    return text if text.isascii() and text.isprintable() else UNSAFE.sub(" ", text)


def one_line(text: str, limit: int = 500) -> str:
    """`text` as one line without control or invisible characters, cut at `limit` characters with an ellipsis."""
    if len(text) <= limit and text.isascii() and text.isprintable():  # nearly every one
        return text.strip()
    clean = UNSAFE.sub(" ", text[: limit * 4]).strip()
    return clean if len(clean) <= limit else clean[: limit - 1].rstrip() + "…"


def lines(text: str, limit: int = 8000) -> str:
    """`text` with its line breaks kept and every other control or invisible character removed, cut at `limit`."""
    kept = "\n".join(UNSAFE.sub(" ", line).rstrip() for line in text[: limit * 2].splitlines())
    return kept if len(kept) <= limit else kept[: limit - 1].rstrip() + "…"


def is_digits(text: str) -> bool:
    """Whether `text` is one or more of the digits 0 to 9; other digits of Unicode, such as `²`, are none."""
    return text.isascii() and text.isdigit()


def plural(count: int, noun: str) -> str:
    """`1 finding`, `2 findings`, `2 vulnerabilities`, with thousands separated."""
    if count != 1:
        noun = noun[:-1] + "ies" if noun.endswith("y") and noun[-2:-1] not in "aeiou" else noun + "s"
    return f"{count:,} {noun}"
