"""Fields of documents from outside, each of the type it has to have or an error: what reading evidence stands on."""

import base64
import binascii
from typing import Any

from gate.errors import InputError
from gate.io import strict_json
from gate.text import is_digits

LARGEST = 128 << 20  # bytes: the most that cosign itself takes for an attachment
_MOST = 32  # log entries, timestamps, certificates of a chain
_DIGITS = 19  # of a 64-bit number
_LONGEST = 8 << 10  # characters; checkpoints with many signatures are the longest that there are


class UnreadableError(InputError):
    """A piece of evidence that is not what it has to be."""


class ForeignError(UnreadableError):
    """A piece that is sound, for all that is known, but of a kind that says nothing about an image to us."""


def opened(data: bytes, what: str) -> dict[str, Any]:
    """A JSON object of a bounded size. Raises `UnreadableError`."""
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
    """A field; null is as good as not there. Raises `UnreadableError`."""
    value = document.get(name) if isinstance(document, dict) else None
    value = default if value is None else value
    if not isinstance(value, kind) or isinstance(value, bool):
        raise UnreadableError(f"{what} has no {name} that can be read")
    return value


def word(document: Any, name: str, what: str, default: str | None = None) -> str:
    """A text that is short, since cosign may say it again and again. Raises `UnreadableError`."""
    text: str = take(document, name, str, what, default)
    if len(text) > _LONGEST:
        raise UnreadableError(f"{what} has no {name} that can be read")
    return text


def objects(document: Any, name: str, what: str) -> list[dict[str, Any]]:
    """A short list of objects; none when it is not there. Raises `UnreadableError`."""
    values: list[dict[str, Any]] = take(document, name, list, what, [])
    if len(values) > _MOST or not all(isinstance(value, dict) for value in values):
        raise UnreadableError(f"{what} has no {name} that can be read")
    return values


def number(document: dict[str, Any], name: str, what: str) -> int:
    """A 64-bit number as protobuf's JSON has it: in a string, or left out when zero. Raises `UnreadableError`."""
    value = document.get(name)
    value = 0 if value is None else value
    if isinstance(value, str) and is_digits(value) and len(value) <= _DIGITS:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 63:
        raise UnreadableError(f"{what} has no {name} that can be read")
    return value


def encoded(data: bytes) -> str:
    """In base64."""
    return base64.b64encode(data).decode()


def decoded(text: str, what: str) -> bytes:
    """Bytes of canonical base64, and not none. Raises `UnreadableError`."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise UnreadableError(f"{what} has something that is not base64") from exc
    if not data or encoded(data) != text:
        raise UnreadableError(f"{what} has something that is not base64")
    return data
