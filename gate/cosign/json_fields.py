"""Read typed, bounded fields from untrusted JSON documents; a field of another type is an error."""

import base64
import binascii
from typing import Any

from gate.errors import InputError
from gate.io import strict_json
from gate.text import is_digits

LARGEST = 128 << 20  # bytes: the most that cosign itself takes for an attachment
_MOST = 32  # log entries, timestamps, certificates of a chain
_DIGITS = 19  # of a 64-bit number
_LONGEST = 8 << 10  # characters; a checkpoint with many signatures is the longest legitimate text


class UnreadableError(InputError):
    """Malformed evidence."""


class ForeignError(UnreadableError):
    """Well-formed evidence of another kind: it says nothing about an image."""


def parse_object(data: bytes, what: str) -> dict[str, Any]:
    """Parse a JSON object of at most `LARGEST` bytes. Raises `UnreadableError`."""
    if len(data) > LARGEST:
        raise UnreadableError(f"{what} is larger than {LARGEST:,} bytes")
    try:
        document = strict_json.loads(data, what)
    except InputError as exc:
        raise UnreadableError(exc.problem) from exc
    if not isinstance(document, dict):
        raise UnreadableError(f"{what} is not an object")
    return document


def take(document: Any, name: str, kind: type[Any], what: str, default: Any = None) -> Any:
    """Return a field of type `kind`, or `default` when it is absent or null. Raises `UnreadableError`."""
    value = document.get(name) if isinstance(document, dict) else None
    value = default if value is None else value
    if not isinstance(value, kind) or isinstance(value, bool):
        raise UnreadableError(f"{what} has no {name} that can be read")
    return value


def short_text(document: Any, name: str, what: str, default: str | None = None) -> str:
    """Return a text field of bounded length (cosign may repeat it many times). Raises `UnreadableError`."""
    text: str = take(document, name, str, what, default)
    if len(text) > _LONGEST:
        raise UnreadableError(f"{what} has no {name} that can be read")
    return text


def objects(document: Any, name: str, what: str) -> list[dict[str, Any]]:
    """Return a short list of objects; empty when the field is absent. Raises `UnreadableError`."""
    values: list[dict[str, Any]] = take(document, name, list, what, [])
    if len(values) > _MOST or not all(isinstance(value, dict) for value in values):
        raise UnreadableError(f"{what} has no {name} that can be read")
    return values


def number(document: dict[str, Any], name: str, what: str) -> int:
    """Return a 64-bit number in protobuf's JSON form: a string, or absent when zero. Raises `UnreadableError`."""
    value = document.get(name)
    value = 0 if value is None else value
    if isinstance(value, str) and is_digits(value) and len(value) <= _DIGITS:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 63:
        raise UnreadableError(f"{what} has no {name} that can be read")
    return value


def to_base64(data: bytes) -> str:
    """Encode bytes in base64."""
    return base64.b64encode(data).decode()


def from_base64(text: str, what: str) -> bytes:
    """Decode canonical base64; empty is an error. Raises `UnreadableError`."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise UnreadableError(f"{what} has something that is not base64") from exc
    if not data or to_base64(data) != text:
        raise UnreadableError(f"{what} has something that is not base64")
    return data
