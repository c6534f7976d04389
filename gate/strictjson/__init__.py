"""JSON read without trust and written without surprise: the only room that knows `jiter` and `msgspec`.

Duplicate keys are refused because readers differ in which one they believe; NaN and infinity because they are no
JSON; nesting is bounded by the parsers. A big document is split at its lists, so that no more than some of their
elements are Python objects at a time, whether it is read or written.
"""

from gate.strictjson.checking import check
from gate.strictjson.members import Members, untouched
from gate.strictjson.outline import Outline
from gate.strictjson.parts import Piece
from gate.strictjson.records import record
from gate.strictjson.whole import encoding_problem, load_object, loads
from gate.strictjson.writing import Written, dumps, elements, pieces

__all__ = [
    "Members",
    "Outline",
    "Piece",
    "Written",
    "check",
    "dumps",
    "elements",
    "encoding_problem",
    "load_object",
    "loads",
    "pieces",
    "record",
    "untouched",
]
