"""Parse JSON strictly, and say why a document is none."""

import codecs
from typing import Any

from gate.errors import InputError
from gate.text import one_line

_SPACE = 1 << 16
"""Bytes that are looked at to tell whether a document is empty."""


def loads(data: bytes, what: str) -> Any:
    """Parse a whole document. Raises `InputError` naming `what`."""
    import jiter

    try:
        return jiter.from_json(data, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="keys")
    except (ValueError, RecursionError) as exc:
        raise encoding_problem(data, what) or unreadable(what, exc) from exc


def load_object(data: bytes, what: str) -> dict[str, Any]:
    """Parse a document that has to be an object. Raises `InputError` naming `what`."""
    document = loads(data, what)
    if not isinstance(document, dict):
        raise InputError(f"{what} is not readable as JSON: it is no object")
    return document


def encoding_problem(data: bytes, what: str) -> InputError | None:
    """Say that a document is empty, or in another encoding than UTF-8; None when neither is so."""
    start = data[:4]
    if start.startswith(codecs.BOM_UTF8):
        return InputError(
            f"{what} begins with a byte-order mark (BOM), which is not part of JSON",
            hint="write it as UTF-8 without BOM: PowerShell 5 adds one, PowerShell 7 does not",
        )
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _is_wide(start):
        return InputError(
            f"{what} is encoded as UTF-16 or UTF-32, and JSON is UTF-8",
            hint="PowerShell's > writes UTF-16: have the tool write the file itself (--output FILE), or pipe to "
            "`Set-Content -Encoding ascii`",
        )
    if not data[:_SPACE].strip() and len(data) <= _SPACE:
        return InputError(f"{what} is empty", hint="did the program that should have written it fail?")
    return None


def _is_wide(start: bytes) -> bool:
    """Whether the first characters are of UTF-16 or UTF-32 without a mark: ASCII with zeros between (RFC 4627)."""
    return tuple(bool(byte) for byte in start) in {
        (True, False, True, False),
        (False, True, False, True),
        (True, False, False, False),
        (False, False, False, True),
    }


def unreadable(what: str, exc: Exception) -> InputError:
    """What a parser complains of, in our words."""
    said = "a member is named twice: " if "uplicate" in str(exc) else ""
    return InputError(f"{what} is not readable as JSON: {said}{one_line(str(exc), 200)}")
