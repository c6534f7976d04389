"""JSON from outside: two readers of one document must never believe different things."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.errors import InputError
from gate.strictjson import Members, dumps, loads

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
    ],
)
def test_a_name_given_twice_is_refused(data):
    with pytest.raises(InputError, match="twice"):
        Members(data, "the report")
    with pytest.raises(InputError, match=r"[Dd]uplicate"):
        loads(data, "the report")


def test_a_name_given_twice_deep_inside_is_refused():
    with pytest.raises(InputError, match=r"[Dd]uplicate"):
        list(Members(b'{"a":[{"b":1,"b":2}]}', "the report").batches("a"))


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"nul", b"[1]", b'{"a":1}x', b"\xff", b'{"a":NaN}', b'{"a":Infinity}', b'{"a":"\xff"}', b'{"\xff":1}'],
)
def test_what_is_no_json_object_is_refused(data):
    with pytest.raises(InputError, match="the report"):
        Members(data, "the report").parsed("a")


def test_deep_nesting_is_refused():
    deep = b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    with pytest.raises(InputError, match="the report"):
        Members(deep, "the report")
    with pytest.raises(InputError, match="the report"):
        loads(deep, "the report")


def test_a_member_that_is_no_list_has_no_elements_to_give():
    with pytest.raises(InputError, match="a is not readable"):
        list(Members(b'{"a":5}', "the report").batches("a"))


def test_an_absent_or_empty_list_has_none():
    members = Members(b'{"a":null}', "the report")
    assert list(members.batches("a")) == list(members.batches("b")) == []
    assert "a" in members
    assert "b" not in members


@given(st.dictionaries(st.text(max_size=6), VALUES, max_size=6), st.sampled_from([None, 1]))
def test_members_say_what_the_standard_parser_says(document, indent):
    data = json.dumps(document, indent=indent).encode()
    members = Members(data, "the report")
    assert {name: members.parsed(name) for name in document} == document
    assert loads(data, "the report") == document


@given(st.lists(st.dictionaries(st.text(max_size=4), VALUES, max_size=3), max_size=5), st.sampled_from([None, 1]))
def test_objects_of_a_list_are_told_apart_even_when_equal(items, indent):
    data = json.dumps({"list": items}, indent=indent).encode()
    members = Members(data, "the report")
    assert [
        {name: one.parsed(name) for name in item} for one, item in zip(members.objects("list"), items, strict=True)
    ] == items
    assert [one for batch in members.batches("list") for one in batch] == items


@given(VALUES)
def test_what_is_written_reads_back_the_same(document):
    assert loads(dumps(document), "it") == loads(dumps(document, indent=2), "it") == document
