"""YAML of others: where each value stands, and what is refused because two readers would differ in it."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gate.errors import InputError
from gate.io.yaml_document.nodes import trees

MARKS = "- : { } [ ] , ? | > ' \" # ~ & &a *a << <<: !!str ! --- ... %YAML \\ \\ud800 a: b k: 1 null true é \t"
WORDS = st.sampled_from([*MARKS.split(" "), "\n", "\n  ", "\n- ", "\n---\n", "\r\n", "\r", "\x85", "\u2028", "\ufeff"])


def roots(text):
    return list(trees(text, "f.yaml"))


def plain(node):
    """What nodes say, without their places."""
    if isinstance(node.value, dict):
        return {key: plain(inner) for key, inner in node.value.items()}
    return [plain(one) for one in node.value] if isinstance(node.value, list) else node.value


def value(text):
    [root] = roots(text)
    return plain(root)


def refused(text):
    with pytest.raises(InputError) as caught:
        roots(text)
    return caught.value.problem


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a: word  # said", "word"),
        ("a: 'it''s'", "'it''s'"),
        ('a: "\\x41"\r\nb: c', '"\\x41"'),
        ("é: {a: x, b: y}\na: &here word", "word"),
        ("a: !!str &here 'word'", "'word'"),
        ('a: &here\n  "word"', '"word"'),
        ("a: 1.5\n", "1.5"),
        ("a: two\n  words\nb: c", "two\n  words"),
    ],
)
def test_a_scalar_stands_from_its_first_letter_or_quote_to_its_last(text, written):
    [root] = roots(text)
    node = root.value["a"]
    assert text[node.start : node.end] == written
    assert node.style == (written[0] if written[0] in "'\"" else "")


@pytest.mark.parametrize("text", ['a: &here "\\x41"', "a: &here |\n  text", "a: &here two\n  words"])
def test_a_scalar_that_is_not_as_it_reads_begins_with_its_anchor(text):
    [root] = roots(text)
    assert text[root.value["a"].start] == "&"


def test_every_document_is_read_and_an_empty_one_is_none():
    text = "# before\n---\n# Source: chart/a.yaml\na: 1\n---\n--- # nothing\n...\n---\n- b\n"
    assert [plain(root) for root in roots(text)] == [{"a": 1}, None, None, ["b"]]
    assert roots("") == roots("# only a comment\n") == []


def test_an_alias_is_the_node_that_its_anchor_stands_at():
    [root] = roots("a: &x {k: v}\nb: *x\nc: [*x, &x w, *x]")
    assert root.value["b"] is root.value["a"] is root.value["c"].value[0]
    assert root.value["c"].value[2].value == "w"


def test_an_anchor_ends_with_its_document():
    assert refused("a: &x 1\n---\nb: *x") == "f.yaml:3:4: there is no anchor 'x' before this alias"


def test_a_merge_fills_in_what_is_not_written_out():
    assert value("a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc:\n  <<: [*a, *b]\n  x: 5") == {
        "a": {"x": 1, "y": 2},
        "b": {"y": 3, "z": 4},
        "c": {"x": 5, "y": 2, "z": 4},
    }
    assert value("a: &a {x: 1}\nb: {y: 2, <<: *a}\nc: {<<: {<<: *a, z: 3}}") == {
        "a": {"x": 1},
        "b": {"y": 2, "x": 1},
        "c": {"z": 3, "x": 1},
    }


def test_a_tag_that_changes_what_a_value_is_leaves_it_untold():
    assert value("a: !!str 1\nb: !!binary YQ==\nc: !mine x\nd: ! y\ne: !!map {}\nf: !!seq []") == {
        "a": "1",
        "b": ...,
        "c": ...,
        "d": ...,
        "e": {},
        "f": [],
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3", "f.yaml:3:1: the key 'a' stands here twice"),
        ('a: 1\n"\\x61": 3', "f.yaml:2:1: the key 'a' stands here twice"),
        ("a: &x {b: 1}\nc: {<<: *x, <<: *x}", "f.yaml:2:13: the key '<<' stands here twice"),
        ("a: &x {b: 1}\nc: {b: 2, <<: *x}", "f.yaml:2:11: what is merged here has 'b' too, and readers differ"),
        ("a: &x {b: 1}\nc: {'<<': *x}", "f.yaml:2:5: '<<' in quotes"),
        ("a: {<<: 1}", "f.yaml:1:5: what is merged here is no mapping"),
        ("a: {<<: [1]}", "f.yaml:1:5: what is merged here is no mapping"),
        ("!!str a: 1", "f.yaml:1:1: a key with a tag"),
        ("&k a: 1", "f.yaml:1:1: a key with an anchor"),
        ("{a: 1}: 2", "f.yaml:1:1: a key has to be a word"),
        ("a: &x b\n*x : 2", "f.yaml:2:1: a key has to be a word"),
        ("a: &x [*x]", "f.yaml:1:8: 'x' would hold itself"),
        ("a: !reset {}", "f.yaml:1:4: the tag '!reset' is not read"),
        ("a: !!set {}", "f.yaml:1:4: the tag 'tag:yaml.org,2002:set' is not read"),
        ("%YAML 1.1\n---\na: yes", "f.yaml:2:1: a directive changes what the document means"),
        ("%TAG ! tag:x,2000:\n---\na: 1", "f.yaml:2:1: a directive changes what the document means"),
        ('a: "\\ud800"', "f.yaml:1:4: half of a character"),
        ("a: [", "f.yaml:1:5: "),
        ("a: b\x00", "f.yaml is not readable as YAML"),
    ],
)
def test_what_is_no_plain_answer_is_refused_at_its_place(text, said):
    assert refused(text).startswith(said)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: b # c\u2028d: e", "1:9"),
        ("a: b # c\x85d: e", "1:9"),
        ("a: b\rc: d", "1:5"),
        ("a: 1\n---\n\ufeffb: 2", "3:1"),
        ("a: 1\n--- {b: 2}", "2:1"),
        ('a: "x\n---b\n"', "2:1"),
        ("--- |\n  a: 1", "1:1"),
        ("a: 1\n---#b\nc: 2", "2:1"),
    ],
)
def test_what_readers_cut_into_other_lines_and_documents_is_refused(text, place):
    assert refused(text).startswith(f"f.yaml:{place}: ")
    with pytest.raises(InputError) as caught:
        roots(text)
    assert caught.value.hint


def test_the_same_as_escapes_or_in_a_separators_comment_is_read():
    assert value('--- # {b: 2}\r\na: "\\u2028\\N\\uFEFF\\r"\r\n') == {"a": "\u2028\x85\ufeff\r"}


def bomb(levels, width=10):
    lines = ["a0: &a0 x"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels)]
    return "\n".join(lines)


def test_aliases_repeat_no_more_than_their_bound():
    assert len(roots(bomb(5))[0].value) == 5
    assert "aliases repeat more than 100,000 values" in refused(bomb(12))
    assert "aliases repeat more than 100,000 values" in refused(bomb(4) + "\nb:" + "\n- *a3" * 100)


def test_all_that_stands_behind_an_alias_is_counted():
    deep = "a: &a {b: [[" + "x, " * 1000 + "]]}\nb:"
    assert "aliases repeat more than 100,000 values" in refused(deep + "\n- *a" * 100)


def test_merges_are_counted_as_what_they_repeat():
    wide = "a: &a {" + ", ".join(f"k{n}: v" for n in range(1000)) + "}\nb:"
    assert "aliases repeat more than 100,000 values" in refused(wide + "\n- <<: *a" * 101)


def test_nesting_has_its_bound_and_aliases_do_not_get_around_it():
    assert roots("[" * 100 + "]" * 100)
    assert "nested more than 100 deep" in refused("[" * 101 + "]" * 101)
    assert "nested more than 100 deep" in refused("[" * 100_000)
    half = "a: &a " + "[" * 60 + "]" * 60 + "\nb: "
    assert roots(half + "[" * 39 + "*a" + "]" * 39)
    assert "nested more than 100 deep" in refused(half + "[" * 40 + "*a" + "]" * 40)


def test_documents_and_values_have_their_bound():
    assert len(roots("---\n" * 10_000)) == 10_000
    assert "more than 10,000 documents" in refused("---\n" * 10_001)
    assert list(trees("[a, [b, c]]", "f.yaml", most=5))
    with pytest.raises(InputError, match=r"f\.yaml:1:9: more than 4 values"):
        list(trees("[a, [b, c]]", "f.yaml", most=4))


@given(st.lists(WORDS, max_size=30).map("".join) | st.lists(WORDS, max_size=30).map(" ".join) | st.text(max_size=80))
@example("[" * 5000)
@example("*a")
@settings(max_examples=500)
def test_no_text_ends_in_anything_but_nodes_or_words(text):
    said = ""
    try:
        for root in roots(text):
            plain(root)
    except InputError as exc:
        said = exc.problem
    assert said.isprintable()
