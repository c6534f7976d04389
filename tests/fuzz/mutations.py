"""Documents that are damaged in the ways that programs and people damage them, and in ways that only attackers do."""

import json
import re
from copy import deepcopy

from hypothesis import strategies as st

_TEXTS = ["", " ", "\x00", "\ud800", "é", "::error::x", "../../x", "a" * 5000, "1e999", "0001-01-01T00:00:00Z"]
_TEXTS += [
    "sha256:" + "0" * 64,
    "9999-12-31T23:59:59+14:00",
    "0001-01-01T00:00:00+14:00",
    "%",
    "%ff",
    "http://[",
    "\u0661",
]
_NUMBERS = [0, -1, 1.5, 2**31, 2**63, -(2**63) - 1, 10**30, float("inf"), float("nan")]
_DEEP = json.loads("[" * 300 + "]" * 300)
_JUNK = [None, True, False, [], {}, [None], [[]], [{}], {"": None}, _DEEP, *_TEXTS, *_NUMBERS]
JUNK = st.sampled_from(_JUNK).map(deepcopy)
_NOISE = [b"", b"\0", b"\xff", b"\xef\xbb\xbf", b"{", b"]", b'"', b"\n", b",", b"9" * 400, b"\\ud800", b"- ", b": "]
NOISE = st.sampled_from(_NOISE) | st.binary(max_size=8)


def _spots(node, found):
    """Every holder of a value with the key that the value has there."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in children:
        found.append((node, key))
        _spots(value, found)
    return found


@st.composite
def documents(draw, start):
    """A JSON document with one to three of its values replaced, removed, doubled, wrapped or exchanged."""
    whole = {"": deepcopy(start)}
    for _ in range(draw(st.integers(1, 3))):
        spots = _spots(whole, [])
        holder, key = draw(st.sampled_from(spots))
        kind = draw(st.sampled_from(["replace", "replace", "remove", "double", "wrap", "exchange", "rename"]))
        if kind == "remove" and holder is not whole:
            del holder[key]
        elif kind == "double" and isinstance(holder, list):
            holder.append(deepcopy(holder[key]))
        elif kind == "wrap":
            holder[key] = draw(st.sampled_from([[holder[key]], {"a": holder[key]}]))
        elif kind == "exchange":
            other, there = draw(st.sampled_from(spots))
            holder[key] = deepcopy(other[there])
        elif kind == "rename" and isinstance(holder, dict) and holder is not whole:
            holder[draw(st.sampled_from([key.upper(), key + "\0", f" {key}", key[:-1]]))] = holder.pop(key)
        else:
            holder[key] = draw(JUNK)
        if whole[""] is None or not _spots(whole, []):
            break
    return whole[""]


@st.composite
def damaged(draw, start):
    """Bytes of which some are others, are missing, or are there twice."""
    data = bytearray(start)
    for _ in range(draw(st.integers(1, 3))):
        place, size = draw(st.integers(0, len(data))), draw(st.integers(0, 40))
        kind = draw(st.sampled_from(["replace", "insert", "remove", "cut", "double"]))
        if kind == "replace":
            data[place : place + size] = draw(NOISE)
        elif kind == "insert":
            data[place:place] = draw(NOISE)
        elif kind == "remove":
            del data[place : place + size]
        elif kind == "cut":
            del data[place:]
        else:
            data[place:place] = data[place : place + size]
    return bytes(data)


@st.composite
def texts(draw, start):
    """The bytes of a JSON document, damaged as a document, as bytes, in its encoding, or with a member twice."""
    kind = draw(st.sampled_from(["document", "document", "document", "bytes", "twice", "encoding"]))
    plain = json.dumps(start).encode()
    if kind == "bytes":
        return draw(damaged(plain))
    if kind == "encoding":
        coding = draw(st.sampled_from(["utf-8-sig", "utf-16", "utf-32", "utf-16-le"]))
        return json.dumps(start, ensure_ascii=False).encode(coding)
    if kind == "twice":
        members = list(re.finditer(rb'"[^"\\]{1,40}": ', plain))
        place = draw(st.sampled_from(members)).start()
        name = re.match(rb'"[^"]*": ', plain[place:])[0]
        return plain[:place] + name + json.dumps(draw(JUNK)).encode() + b", " + plain[place:]
    return json.dumps(draw(documents(start))).encode()
