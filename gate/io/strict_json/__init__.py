"""Strict JSON: parse untrusted documents, decode typed records, write; the only package with `jiter` and `msgspec`.

Duplicate keys are refused because readers differ in which one they believe; NaN and infinity because they are no
JSON; nesting is bounded by the parsers. `loads` gives plain values, `typed.decode` records of a known shape.
"""

from gate.io.strict_json.load import encoding_problem, load_object, loads
from gate.io.strict_json.write import dumps, dumps_line

__all__ = ["dumps", "dumps_line", "encoding_problem", "load_object", "loads"]
