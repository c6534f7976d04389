"""JSON from outside: two readers of one document must never believe different things."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import TypedDict

from gate.errors import InputError
from gate.strictjson import Members, Written, check, dumps, elements, loads, pieces

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


def spelled(text):
    """A string in each of the ways in which JSON lets one write it."""
    letters = [st.sampled_from([json.dumps(letter)[1:-1], f"\\u{ord(letter):04x}"]) for letter in text]
    return st.tuples(*letters).map(lambda parts: '"' + "".join(parts) + '"')


NAMES = st.sampled_from(["a", "b", "", '"', "\\", 'x":"y', "\\u0022", "é"]).flatmap(spelled)
GAPS = st.sampled_from(["", " ", "\n\t"])
NUMBERS = st.sampled_from(["0", "-1", "1.5", "1e5", "12345678901234567890123", "true", "null"])


def objects(inner):
    """Objects in which a name may well come twice."""
    member = st.tuples(NAMES, GAPS, GAPS, inner).map(lambda parts: f"{parts[0]}{parts[1]}:{parts[2]}{parts[3]}")
    return st.lists(member, max_size=4).map(lambda members: "{" + ",".join(members) + "}")


TEXTS = st.recursive(
    NAMES | NUMBERS,
    lambda inner: objects(inner) | st.lists(inner, max_size=3).map(lambda items: "[" + " , ".join(items) + "]"),
    max_leaves=14,
)


@settings(max_examples=400)
@given(TEXTS, st.booleans())
def test_a_document_is_held_to_what_the_slow_parser_says(text, large):
    if large:  # then it is looked at piece by piece
        text = '[{"first":' + text + ',"rest":"' + "-" * 70_000 + '"},' + '{"k":"v"},' * 1_000 + text + "]"
    data = text.encode()
    try:
        loads(data, "it")
    except InputError:
        with pytest.raises(InputError, match="it is not readable as JSON"):
            check(data, "it")
    else:
        check(data, "it")


@pytest.mark.parametrize("place", [0, 63, 64, 2_999])
@pytest.mark.parametrize(
    "twice", ['{"a":1,"a":1}', '{"a":"\\u0022","a":"\\""}', '{"a":{"b":[],"b":[]}}', '{"\\u0061":1,"a":2}']
)
def test_a_name_given_twice_is_found_anywhere_in_a_long_list(place, twice):
    items = ['{"a":"some words to make it long enough","b":[1,2,3]}'] * 3_000
    items[place] = twice
    data = ('{"list":[' + ",\n ".join(items) + "]}").encode()
    with pytest.raises(InputError, match="twice"):
        Members(data, "it")


def test_a_big_document_may_hold_anything_that_json_does():
    odd = {"text": 'a "quoted" \\ word: {"a":1,"a":1} \u2028 é', "number": 10**30, "empty": [{}, [], "", None]}
    data = json.dumps({"list": [odd] * 2_000, "odd": odd}).encode()
    members = Members(data, "it")
    assert members.parsed("odd") == odd
    assert list(members.values("list")) == [odd] * 2_000


class Thing(TypedDict, total=False):
    name: str
    sizes: list[int] | None


def test_elements_of_a_kind_are_taken_as_such_without_what_it_does_not_name():
    data = b'{"list":[{"name":"a","sizes":[1],"more":2},{"sizes":null}]}'
    ((first, second),) = Members(data, "it").records("list", Thing, pytest.fail)
    assert (first.name, first.sizes, second.sizes) == ("a", (1,), None)
    assert not second.name
    assert not hasattr(first, "more")


@pytest.mark.parametrize("odd", ['{"name":1}', '{"sizes":["1"]}', "5", '{"name":1e999}'])
def test_what_is_not_plainly_of_the_kind_is_for_others_to_judge(odd):
    data = ('{"list":[' + '{"name":"a"},' * 129 + f"{odd}]}}").encode()
    asked = []
    judged = [{"name": "by them"}]
    taken = Members(data, "it").records("list", Thing, lambda some, first: asked.append((first, some)) or judged)
    plain = [one.name for some in taken for one in some]
    ((first, some),) = asked
    assert plain == ["a"] * first + ["by them"]
    assert some == [{"name": "a"}] * (129 - first) + [loads(odd.encode(), "it")]


DEEP = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3)
)


@given(DEEP, st.integers(0, 200))
def test_pieces_are_the_document(document, count):
    whole = {"short": document, "long": [document] * count, "keyed": {str(n): document for n in range(count)}}
    assert b"".join(pieces(whole)) == dumps(whole)
    written = {"runs": [{"results": Written([*elements(n for n in range(count))])}]}
    assert b"".join(pieces(written)) == dumps({"runs": [{"results": list(range(count))}]})
