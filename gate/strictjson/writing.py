"""Documents written, as a whole or piece by piece."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from gate.strictjson.parts import BATCH, Piece, batches

DEEPEST = 6
"""How deep in a document long lists may lie and still be taken piece by piece; those of SARIF lie there."""


def dumps(document: Any, *, indent: int = 0) -> bytes:
    """Encode, members in the order given; the same document gives the same bytes."""
    import msgspec

    data = msgspec.json.encode(document)
    return msgspec.json.format(data, indent=indent) + b"\n" if indent else data


@dataclass(frozen=True)
class Written:
    """A list that is encoded already."""

    pieces: Sequence[Piece]
    """All of it but its brackets."""

    def after(self, others: Sequence[Piece]) -> "Written":
        """The list with those elements before its own."""
        return Written([*others, *([b","] if others and self.pieces else ()), *self.pieces])


def elements(items: Iterable[Any]) -> Iterator[Piece]:
    """The pieces of a `Written`, encoded as `items` come: they need not all be there at a time."""
    return _joined([dumps(some)[1:-1]] for some in batches(items))


def pieces(document: Any, deepest: int = DEEPEST) -> Iterator[Piece]:
    """What `dumps` gives, piece by piece: a big document is never there as a whole a second time.

    A `Written` in it stands for its list.
    """
    ends = b"[", b"]"
    inside: Iterable[Piece]
    if isinstance(document, Written):
        inside = document.pieces
    elif not deepest or not isinstance(document, dict | list | tuple):
        ends, inside = (b"", b""), [dumps(document)]
    elif isinstance(document, list | tuple):
        short = len(document) <= BATCH
        inside = _joined(pieces(one, deepest - 1) for one in document) if short else elements(document)
    elif len(document) <= BATCH:
        ends = b"{", b"}"
        inside = _joined(chain([dumps(name), b":"], pieces(one, deepest - 1)) for name, one in document.items())
    else:
        ends, inside = (b"{", b"}"), _joined([dumps(dict(some))[1:-1]] for some in batches(document.items()))
    yield ends[0]
    yield from inside
    yield ends[1]


def _joined(parts: Iterable[Iterable[Piece]]) -> Iterator[Piece]:
    for place, part in enumerate(parts):
        if place:
            yield b","
        yield from part
