"""Write JSON."""

from typing import Any


def dumps(document: Any, *, indent: int = 0) -> bytes:
    """Encode, members in the order given; the same document gives the same bytes."""
    import msgspec

    data = msgspec.json.encode(document)
    return msgspec.json.format(data, indent=indent) + b"\n" if indent else data


def dumps_line(document: Any) -> bytes:
    """Encode on one line that ends with a line break, without a second copy of the document."""
    import msgspec

    return msgspec.json.Encoder().encode_lines([document])
