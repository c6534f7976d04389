"""Write JSON."""

from typing import Any


def dumps(document: Any, *, indent: int = 0, sort: bool = False) -> bytes:
    """Encode with members in the given order, or with `sort` by name; the same document gives the same bytes."""
    import msgspec

    data = msgspec.json.encode(document, order="deterministic" if sort else None)
    return msgspec.json.format(data, indent=indent) + b"\n" if indent else data


def dumps_line(document: Any) -> bytes:
    """Encode on one line that ends with a line break, without a second copy of the document."""
    import msgspec

    return msgspec.json.Encoder().encode_lines([document])
