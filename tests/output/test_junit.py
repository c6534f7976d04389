import re
from xml.etree import ElementTree as ET

import pytest

from gate.model.verdict import Decision, Reason
from gate.output import junit
from tests.builders import finding, judged, verdict
from tests.output import samples

# What Jenkins' junit-10.xsd takes of each element that is written: attributes (those it asks for with `!`), children.
SCHEMA = {
    "testsuites": ({"name", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name!", "tests!", "failures!", "errors!", "skipped", "time", "timestamp"},
        {"properties", "testcase"},
    ),
    "properties": (set(), {"property"}),
    "property": ({"name!", "value!"}, set()),
    "testcase": ({"name!", "classname", "time"}, {"failure", "skipped", "system-out"}),
    "failure": ({"type", "message"}, set()),
    "skipped": ({"type", "message"}, set()),
    "system-out": (set(), set()),
}


def parsed(*verdicts):
    root = ET.fromstring("".join(junit.render(verdicts)).encode())
    assert root.tag == "testsuites"
    for element in root.iter():
        attributes, children = SCHEMA[element.tag]
        assert set(element.attrib) <= {name.rstrip("!") for name in attributes}
        assert set(element.attrib) >= {name.rstrip("!") for name in attributes if name.endswith("!")}
        assert {child.tag for child in element} <= children
        if element.tag in {"testsuites", "testsuite"}:
            for name, tag in (("tests", "testcase"), ("failures", "failure"), ("skipped", "skipped")):
                assert int(element.get(name, "0")) == len(list(element.iter(tag))) or name not in element.attrib
            assert element.get("errors") == "0"
    return root


def states(root):
    return {case.get("name"): case[0].tag for case in root.iter("testcase")}


@pytest.mark.parametrize("verdicts", [[], [verdict()], [samples.refused(), verdict()], [samples.hostile()]], ids=len)
def test_it_is_what_readers_of_junit_take(verdicts):
    assert len(parsed(*verdicts)) == len(verdicts)


def test_what_refuses_fails_and_what_is_accepted_is_skipped():
    found = states(parsed(samples.refused()))
    assert found["CVE-2023-5363 libssl3 3.0.11-1~deb12u1"] == "failure"
    assert found["aws-access-key-id app/.env"] == "failure"
    assert found["CVE-2022-0001 libc6 1.0-1"] == "skipped"
    assert found["CVE-2022-0002 libc6 1.0-1"] == "skipped"
    assert found["CVE-2011-3374 apt 1.0-1"] == "system-out"
    assert len(found) == 8


def test_what_was_known_before_passes_and_says_so():
    root = parsed(verdict(judged(finding(), Decision.KNOWN, why="it was there in the baseline")))
    assert states(root) == {"CVE-2023-45853 zlib1g 1.0-1": "system-out"}
    assert "it was there in the baseline" in next(root.iter("system-out")).text


def test_a_rule_that_no_finding_stands_for_fails_by_itself():
    reason = Reason(rule="max_database_age", message="the vulnerability database is 9 days old")
    root = parsed(verdict().model_copy(update={"passed": False, "reasons": (reason,)}))
    assert states(root) == {"max_database_age": "failure"}
    assert next(root.iter("failure")).get("message") == reason.message


def test_an_image_without_findings_is_one_passing_case():
    assert states(parsed(verdict())) == {"policy": "system-out"}


def test_a_suite_tells_the_digest_and_what_it_was_judged_with():
    told = {one.get("name"): one.get("value") for one in parsed(samples.refused()).iter("property")}
    assert told["digest"] == samples.refused().subject.digest
    assert told["verdict"] == "refused"
    assert told["database"].startswith("6 h old")


@pytest.mark.parametrize(
    "odd", ["\x00", "\x0b", "\ufffe", "\uffff", "\ud800", "]]>", "<!--", "&amp;", '"', "&#0;", "\x85"]
)
def test_no_text_breaks_the_document(odd):
    text = f"a{odd}b"
    root = parsed(verdict(judged(finding(text, text), why=text, rule=text)))
    assert [*root.iter("testcase")][-1].get("name").startswith("a")


def test_no_line_is_a_command_of_github_actions():
    text = "".join(junit.render([samples.hostile()]))
    assert not re.search(r"^\s*::", text, re.MULTILINE)
    assert "##[" not in text


def test_the_same_verdict_gives_the_same_bytes():
    assert [*junit.render([samples.refused()])] == [*junit.render([samples.refused()])]
