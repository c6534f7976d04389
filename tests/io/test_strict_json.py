"""JSON from outside: two readers of one document must never believe different things."""

import json
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.errors import InputError
from gate.io.strict_json import dumps, load_object, loads
from gate.io.strict_json.typed import Meta, Raw, Record, convert, decode

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":1}',
        b'{"a":1,"b":2,"a":3}',
        b'{"a":{"x":1},"b":2,"a":{"y":3}}',
        b'{"a":1,"\\u0061":3}',
        b'{"a":[{"x":1}],"a":[]}',
        b'{"a":[1],"a":[1]}',
        b'{"a":[{"b":1,"b":2}]}',
        b'[[{"\\u0022":1,"\\"":1}]]',
    ],
)
def test_a_name_given_twice_is_refused(data):
    with pytest.raises(InputError, match="the report is not readable as JSON: a member is named twice"):
        loads(data, "the report")
    with pytest.raises(InputError, match="twice"):
        decode(data, dict[str, Raw], "the report")


@pytest.mark.parametrize("place", [0, 63, 64, 2_999])
@pytest.mark.parametrize(
    "twice", ['{"a":1,"a":1}', '{"a":"\\u0022","a":"\\""}', '{"a":{"b":[],"b":[]}}', '{"\\u0061":1,"a":2}']
)
def test_a_name_given_twice_is_found_anywhere_in_a_long_list(place, twice):
    items = ['{"a":"some words to make it long enough","b":[1,2,3]}'] * 3_000
    items[place] = twice
    data = ('{"list":[' + ",\n ".join(items) + "]}").encode()
    with pytest.raises(InputError, match="twice"):
        decode(data, Record, "it")


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"{", b"nul", b'{"a":1}x', b"\xff", b'{"a":NaN}', b'{"a":Infinity}', b'{"a":-Infinity}'),
        *(b'{"a":"\xff"}', b'{"\xff":1}', b'{"a":"\\ud800"}', b"{'a':1}", b"{a:1}", b'{"a":01}', b'{"a":1,}'),
        b"\xef\xbb\xbf{}",
    ],
)
def test_what_is_no_json_is_refused(data):
    for read in (loads, load_object, lambda data, what: decode(data, Record, what)):
        with pytest.raises(InputError, match="the report"):
            read(data, "the report")


@pytest.mark.parametrize("data", [b"[1]", b"5", b"null", b'"a"'])
def test_what_is_no_object_is_refused_where_one_is_due(data):
    loads(data, "the report")
    for read in (load_object, lambda data, what: decode(data, Record, what)):
        with pytest.raises(InputError, match="the report"):
            read(data, "the report")


@pytest.mark.parametrize("opens", ["[", '{"a":'])
def test_deep_nesting_is_refused(opens):
    deep = (opens * 200_000).encode()
    with pytest.raises(InputError, match="the report"):
        loads(deep, "the report")
    with pytest.raises(InputError, match="the report"):
        decode(deep, Record, "the report")


@given(VALUES, st.sampled_from([None, 1]))
def test_a_document_reads_as_the_standard_parser_reads_it(document, indent):
    assert loads(json.dumps(document, indent=indent).encode(), "it") == document


@given(VALUES)
def test_what_is_written_reads_back_the_same(document):
    assert loads(dumps(document), "it") == loads(dumps(document, indent=2), "it") == document


class Part(Record):
    sizes: list[int] | None = None


class Thing(Record):
    name: str = ""
    line: Annotated[int, Meta(ge=0)] = 0
    parts: tuple[Part, ...] = ()


def test_a_document_of_a_known_shape_is_read_without_what_the_shape_does_not_name():
    thing = decode(b'{"parts":[{"sizes":[1],"more":2},{"sizes":null},{}]}', Thing, "it")
    assert thing == Thing(parts=(Part([1]), Part(), Part()))
    assert not hasattr(thing.parts[0], "more")


@pytest.mark.parametrize(
    ("value", "place"),
    [({"name": 1}, "name"), ({"line": -1}, "line"), ({"parts": [{}, {"sizes": ["1"]}]}, r"parts\[1\].sizes\[0\]")],
)
def test_another_shape_is_refused_with_its_place(value, place):
    with pytest.raises(InputError, match=f"it: {place}: Expected") as caught:
        decode(json.dumps(value).encode(), Thing, "it", hint="look")
    assert caught.value.hint == "look"
    with pytest.raises(InputError, match=f"it: {place}: Expected"):
        convert(value, Thing, "it")


def test_a_raw_value_keeps_its_bytes():
    members = decode(b'{"a" : {"b":1.0 ,\n"c":1e2} , "d":"\\u0041"}', dict[str, Raw], "it")
    assert [bytes(value) for value in members.values()] == [b'{"b":1.0 ,\n"c":1e2}', b'"\\u0041"']
