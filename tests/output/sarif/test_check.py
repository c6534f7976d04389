"""What `gate sarif check` says of any tool's file."""

import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.errors import InputError
from gate.output.sarif import limits, reading
from gate.output.sarif.check import check
from gate.output.sarif.check_schema import WHOLE
from gate.output.sarif.diff import diff


def good():
    """A file that nothing can be said against."""
    words = {"text": "t"}
    region = {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 2}
    properties = {"tags": ["security"], "precision": "high", "security-severity": "7.5"}
    rule = {"id": "R", "name": "n", "shortDescription": words, "fullDescription": words, "help": words}
    place = {"physicalLocation": {"artifactLocation": {"uri": "src/a.py"}, "region": region}}
    result = {
        "ruleId": "R",
        "ruleIndex": 0,
        "level": "error",
        "message": words,
        "locations": [place],
        "partialFingerprints": {"primaryLocationLineHash": "1"},
    }
    run = {
        "tool": {"driver": {"name": "t", "rules": [rule | {"properties": properties}]}},
        "automationDetails": {"id": "c/"},
        "results": [result],
    }
    return {"$schema": limits.SCHEMA, "version": "2.1.0", "runs": [run]}


def put(document, path, value):
    """Set a member by a JSON pointer; `...` takes it out."""
    *parents, last = path.strip("/").split("/")
    for part in parents:
        document = document[int(part)] if isinstance(document, list) else document[part]
    if value is ...:
        del document[int(last) if isinstance(document, list) else last]
    elif isinstance(document, list):
        document[int(last)] = value
    else:
        document[last] = value


def test_nothing_is_said_against_a_good_file():
    assert check(json.dumps(good()).encode()) == ()


RULE, RESULT = "/runs/0/tool/driver/rules/0", "/runs/0/results/0"
PLACE = f"{RESULT}/locations/0/physicalLocation"
SCORE = f"{RULE}/properties/security-severity"


@pytest.mark.parametrize(
    ("path", "value", "kind", "words"),
    [
        ("/version", "2.0.0", "refused", "version"),
        ("/$schema", ..., "advice", "schema"),
        ("/runs", {}, "refused", "no list"),
        ("/runs/0", 3, "refused", "no object"),
        ("/runs/0/tool/driver/name", "", "refused", "no name"),
        ("/runs/0/tool/driver/rules", ..., "advice", "no `rules`"),
        ("/runs/0/results", None, "refused", "no list"),
        ("/runs/0/results/0", None, "refused", "no object"),
        ("/runs/0/automationDetails", ..., "advice", "no category"),
        ("/runs/0/automationDetails/id", "c", "ignored", "no `/`"),
        (RULE, [], "refused", "no object"),
        (f"{RULE}/id", "", "refused", "no id"),
        (f"{RULE}/shortDescription", {"text": " "}, "advice", "shortDescription"),
        (f"{RULE}/fullDescription", ..., "advice", "fullDescription"),
        (f"{RULE}/help", {"markdown": "x"}, "advice", "help.text"),
        (f"{RULE}/defaultConfiguration", {"level": "fatal"}, "refused", "level"),
        (f"{RULE}/properties/precision", "exact", "ignored", "precision"),
        (f"{RULE}/properties/tags", [], "advice", "tag `security`"),
        (SCORE, None, "refused", "not a number"),
        (SCORE, "undefined", "refused", "not a number"),
        (SCORE, "nan", "refused", "not a number"),
        (SCORE, True, "refused", "not a number"),
        (SCORE, [], "refused", "not a number"),
        (SCORE, "0.0", "ignored", "above 0.0"),
        (SCORE, "10.1", "ignored", "above 0.0"),
        (SCORE, 7.5, "advice", "bare number"),
        (f"{RESULT}/message", {"text": ""}, "refused", "no message"),
        (f"{RESULT}/level", "fatal", "refused", "level"),
        (f"{RESULT}/level", None, "refused", "null"),
        (f"{RESULT}/ruleIndex", 1, "refused", "ruleIndex"),
        (f"{RESULT}/ruleIndex", "0", "refused", "ruleIndex"),
        (f"{RESULT}/ruleId", "other", "ignored", "different rules"),
        (f"{RESULT}/locations", [], "refused", "no location"),
        (f"{RESULT}/locations", ..., "refused", "no location"),
        (f"{PLACE}/artifactLocation", {"uri": ""}, "refused", "empty"),
        (f"{PLACE}/artifactLocation", ..., "refused", "empty"),
        (f"{PLACE}/artifactLocation/uri", "ghcr.io:443/app", "refused", "scheme"),
        (f"{PLACE}/artifactLocation/uri", "app:1.0", "refused", "scheme"),
        (f"{PLACE}/artifactLocation/uri", "https://x/y", "refused", "scheme"),
        (f"{PLACE}/artifactLocation/uri", "file:///x/y", "advice", "absolute"),
        (f"{PLACE}/artifactLocation/uri", "/app/.env", "ignored", "begins with"),
        (f"{PLACE}/artifactLocation/uri", "a/%2e%2e/b", "ignored", "upwards"),
        (f"{PLACE}/artifactLocation/uri", "a b", "ignored", "percent-encoded"),
        (f"{PLACE}/artifactLocation/uri", "opt/100%/x", "refused", "encodes nothing"),
        (f"{PLACE}/artifactLocation/uri", "Dockerfile (nginx:1.23 lines:1-1)", "refused", "before its first slash"),
        (f"{PLACE}/artifactLocation/uri", "nginx 1:23/x", "refused", "before its first slash"),
        (f"{PLACE}/artifactLocation/uri", ":tag/x", "refused", "begins with a colon"),
        (f"{PLACE}/artifactLocation/uri", "127.0.0.1:5000/app", "refused", "before its first slash"),
        (f"{PLACE}/artifactLocation/uri", "a/b\tc", "refused", "control character"),
        (
            f"{RESULT}/relatedLocations",
            [{"physicalLocation": {"artifactLocation": {"uri": "a b/d%"}}}],
            "refused",
            "encodes nothing",
        ),
        (f"{RESULT}/level", [], "refused", "level"),
        (f"{RESULT}/ruleId", 42, "refused", "not of type"),
        (f"{RESULT}/severity", "high", "refused", "Additional properties"),
        (f"{RESULT}/codeFlows", [{"threadFlows": [{"locations": []}]}], "refused", "should be non-empty"),
        (f"{RULE}/properties/tags", ["security", "security"], "refused", "non-unique"),
        (f"{RULE}/defaultConfiguration", {"level": {}}, "refused", "level"),
        (f"{RULE}/properties/precision", [], "ignored", "precision"),
        ("/runs/0/invocations", [{"exitCode": 0}], "refused", "executionSuccessful"),
        (f"{PLACE}/region", ..., "advice", "four numbers"),
        (f"{PLACE}/region/endColumn", ..., "advice", "four numbers"),
        (f"{PLACE}/region/startLine", 0, "refused", "whole one from 1"),
        (f"{PLACE}/region/startLine", "1", "refused", "whole one from 1"),
        (f"{RESULT}/partialFingerprints", {}, "advice", "primaryLocationLineHash"),
        (f"{RESULT}/partialFingerprints/primaryLocationLineHash", "", "advice", "primaryLocationLineHash"),
        (f"{RESULT}/suppressions", [{"kind": "external"}], "ignored", "suppressions"),
    ],
)
def test_one_thing_wrong_is_one_thing_said(path, value, kind, words):
    document = good()
    put(document, path, value)
    found = check(json.dumps(document).encode())
    assert (kind, True) in [(problem.kind, words in problem.message) for problem in found]
    assert all(problem.rule.startswith(("https://docs.github.com/", "https://github.com/")) for problem in found)
    assert all(problem.message for problem in found)


@pytest.mark.parametrize(("name", "told"), [("other", True), ("{}", False), ("{}/of-it", False)])
def test_a_result_that_points_to_no_rule_names_one_that_is_described(name, told):
    document = good()
    named = document["runs"][0]["results"][0]["ruleId"]
    put(document, f"{RESULT}/ruleIndex", ...)
    put(document, f"{RESULT}/ruleId", name.format(named))
    assert ["is not described: other" in one.message for one in check(json.dumps(document).encode())] == [True] * told


@pytest.mark.parametrize(
    "uri",
    [
        "src/a.py",
        "a b",
        "a/b:c",
        "a%3Ab",
        "./a:b",
        "x?y=%",
        "usr/lib/python3.11/site-packages/a-1.0.dist-info/METADATA",
    ],
)
def test_a_uri_that_github_s_parser_takes_is_not_refused(uri):
    document = good()
    put(document, f"{PLACE}/artifactLocation/uri", uri)
    assert [one for one in check(json.dumps(document).encode()) if one.kind == "refused"] == []


def test_a_break_of_the_schema_is_named_with_its_place_in_a_file_of_any_size():
    document = good()
    result = document["runs"][0]["results"][0]
    many = [{**result, "message": {"text": "x" * 3000}} for _ in range(3500)]
    related = {"physicalLocation": {"artifactLocation": {"uri": "b.py"}, "region": {"startLine": 0}}}
    many[3456] = {**many[3456], "relatedLocations": [related]}
    document["runs"][0]["results"] = many
    data = json.dumps(document).encode()
    assert len(data) > WHOLE
    (problem,) = [one for one in check(data) if one.kind == "refused"]
    assert problem.where == "/runs/0/results/3456/relatedLocations/0/physicalLocation/region/startLine"


def test_a_base_of_another_scheme_is_told():
    document = good()
    put(document, "/runs/0/originalUriBaseIds", {"R": {"uri": "https://x/"}})
    put(document, f"{PLACE}/artifactLocation/uriBaseId", "R")
    (problem,) = check(json.dumps(document).encode())
    assert problem.kind == "refused"


def test_a_location_may_point_to_an_artifact():
    document = good()
    put(document, "/runs/0/artifacts", [{"location": {"uri": "src/a.py"}}])
    put(document, f"{PLACE}/artifactLocation", {"index": 0})
    assert check(json.dumps(document).encode()) == ()


def test_two_runs_of_one_tool_and_category_are_refused_and_the_other_is_named():
    document = good()
    document["runs"] *= 2
    (problem,) = check(json.dumps(document).encode())
    assert (problem.kind, problem.where) == ("refused", "/runs/1/automationDetails")
    assert "/runs/0" in problem.message


def test_a_rule_that_comes_twice_is_told():
    document = good()
    rules = document["runs"][0]["tool"]["driver"]["rules"]
    rules.append(rules[0])
    assert [problem.kind for problem in check(json.dumps(document).encode())] == ["refused"]
    rules[1] = rules[0] | {"name": "other"}
    assert [problem.kind for problem in check(json.dumps(document).encode())] == ["ignored"]


def test_a_thousand_alike_are_a_few_and_a_number():
    document = good()
    put(document, f"{RESULT}/partialFingerprints", ...)
    document["runs"][0]["results"] *= 1000
    found = check(json.dumps(document).encode())
    assert len(found) == 4
    assert "997 more like this" in found[-1].message


def test_the_gravest_come_first():
    document = good()
    put(document, f"{RESULT}/partialFingerprints", ...)
    put(document, SCORE, "x")
    assert [problem.kind for problem in check(json.dumps(document).encode())] == ["refused", "advice"]


def test_a_gzipped_file_is_read_as_it_is_uploaded():
    assert check(gzip.compress(json.dumps(good()).encode())) == ()


def bomb():
    return gzip.compress(b" " * (reading.LARGEST + 10), 1)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"[]", "no object"),
        (b'{"a": NaN}', "not readable"),
        (b'{"a": 1, "a": 2}', "not readable"),
        (b"[" * 100_000, "not readable"),
        (b"\x1f\x8bgarbage", "no intact gzip"),
        (gzip.compress(b"{}")[:-4], "cut off"),
        (bomb(), "larger than"),
    ],
    ids=["empty", "list", "NaN", "twice", "deep", "gzip", "cut", "bomb"],
)
def test_what_is_no_sarif_at_all_is_unusable_input(data, words):
    with pytest.raises(InputError, match=words):
        check(data)


def test_hostile_text_is_shown_harmless():
    document = good()
    put(document, f"{PLACE}/artifactLocation/uri", "x:\x1b[31m\n::error::\u202e")
    for problem in check(json.dumps(document).encode()):
        assert problem.message.isprintable()


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
SPOTS = [
    "/runs",
    "/runs/0",
    "/runs/0/tool",
    "/runs/0/tool/driver",
    "/runs/0/tool/driver/rules",
    "/runs/0/tool/extensions",
    "/runs/0/results",
    "/runs/0/automationDetails",
    "/runs/0/originalUriBaseIds",
    "/runs/0/artifacts",
    RULE,
    SCORE,
    f"{RULE}/properties",
    f"{RULE}/help",
    RESULT,
    f"{RESULT}/message",
    f"{RESULT}/level",
    f"{RESULT}/ruleId",
    f"{RULE}/id",
    f"{RULE}/properties/tags",
    f"{RULE}/properties/precision",
    f"{RULE}/defaultConfiguration",
    f"{PLACE}/artifactLocation/uri",
    f"{PLACE}/region/startLine",
    f"{RESULT}/rule",
    f"{RESULT}/ruleIndex",
    f"{RESULT}/codeFlows",
    f"{RESULT}/locations",
    f"{RESULT}/relatedLocations",
    f"{RESULT}/partialFingerprints",
    f"{RESULT}/suppressions",
    PLACE,
    f"{PLACE}/region",
    f"{PLACE}/artifactLocation",
]


@settings(max_examples=300)
@given(st.sampled_from(SPOTS), anything)
def test_whatever_stands_anywhere_there_is_an_answer(path, value):
    document = good()
    put(document, path, value)
    data = json.dumps(document).encode()
    check(data)
    try:
        change = diff(data, data)
    except InputError:
        return  # a run or a result that is none
    assert not change.opened
    assert not change.closed


def test_without_a_fingerprint_alerts_are_told_apart_by_their_line():
    old, new = good(), good()
    put(old, f"{RESULT}/partialFingerprints", ...)
    put(new, f"{RESULT}/partialFingerprints", ...)
    put(new, f"{PLACE}/region/startLine", 2)
    change = diff(json.dumps(old).encode(), json.dumps(new).encode())
    assert (len(change.opened), len(change.closed), len(change.kept)) == (1, 1, 0)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f"{RESULT}/ruleId", "S"),
        (f"{PLACE}/artifactLocation/uri", "src/b.py"),
        (f"{RESULT}/partialFingerprints/primaryLocationLineHash", "2"),
    ],
)
def test_another_rule_path_or_fingerprint_is_another_alert(path, value):
    new = good()
    put(new, path, value)
    change = diff(json.dumps(good()).encode(), json.dumps(new).encode())
    assert (len(change.opened), len(change.closed), len(change.kept)) == (1, 1, 0)


def test_another_line_or_message_is_the_same_alert():
    new = good()
    put(new, f"{PLACE}/region/startLine", 9)
    put(new, f"{RESULT}/message/text", "other")
    change = diff(json.dumps(good()).encode(), json.dumps(new).encode())
    assert (len(change.opened), len(change.closed), len(change.kept)) == (0, 0, 1)
