"""Four judges that are not us: the OASIS schema, Microsoft's Multitool, GitHub's numbers, and sarif-tools."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sarif import loader

from gate.io import strict_json
from gate.model.findings import Advisory, Finding, Kind, Occurrence, Severity, Subject
from gate.model.verdict import Decision, Judged
from gate.output import sarif
from gate.output.sarif.check import check
from tests.builders import HERE, advisory, finding, judged, verdict
from tests.output.samples import HOSTILE, hostile, refused


def document(*verdicts):
    return sarif.render(verdicts, sarif.Options()).document


SAMPLES = {"refused": refused, "hostile": hostile, "empty": verdict}


@pytest.mark.parametrize("sample", SAMPLES)
def test_documents_keep_to_the_schema_of_oasis(taken, sample):
    taken(document(SAMPLES[sample]()))


@pytest.mark.parametrize("sample", SAMPLES)
def test_microsoft_s_rules_for_sarif_and_github_find_no_error_and_no_warning(microsoft, sample):
    assert microsoft(document(SAMPLES[sample]())) == []


def test_the_judge_from_microsoft_is_awake(microsoft):
    bad = document(refused())
    del bad["runs"][0]["results"][0]["locations"]
    assert microsoft(bad)


def test_sarif_tools_reads_back_every_finding(tmp_path):
    one = refused()
    file = tmp_path / "a.sarif"
    file.write_bytes(sarif.to_bytes(document(one)))
    read = loader.load_sarif_file(str(file))
    assert read.get_distinct_tool_names() == ["gate"]
    records = read.get_records()
    open_ = [each for each in one.findings if each.decision not in {Decision.ACCEPTED, Decision.NOT_AFFECTED}]
    assert len(records) == len(one.findings)
    assert {record["Code"].split(" ")[0] for record in records} >= {"CVE-2023-45853-zlib1g"}
    assert all(record["Location"] and int(record["Line"]) >= 1 for record in records)
    assert sum(record["Severity"] == "error" for record in records) >= sum(
        each.severity in {Severity.CRITICAL, Severity.HIGH} for each in open_
    )


def test_one_document_as_it_has_always_been(golden):
    made = document(refused())
    made["runs"][0]["tool"]["driver"] |= {"version": "0", "semanticVersion": "0.0.0", "fullName": "gate 0"}
    golden("refused.sarif.json", strict_json.dumps(made, indent=2))


def texts(node):
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)


def test_hostile_text_brings_no_control_character_no_link_and_no_markup():
    made = document(hostile())
    for text in texts(made):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b]", text)
        assert not text.startswith("::")
        assert "](" not in text.replace("\\](", "")
    for rule in made["runs"][0]["tool"]["driver"]["rules"]:
        shown = rule["help"]["markdown"]
        bare = re.sub(r"<https?://[^>\s]+>", "", shown)
        assert "<" not in bare
        assert not re.search(r"(?<!\\)(?:!\[|`|\|)", bare)
        assert "@octocat" not in shown


def test_a_link_in_plain_text_is_broken_up():
    told = advisory("CVE-1", title="see [here](https://evil.example)", description="or\n[there](1)")
    run = document(verdict(judged(finding("CVE-1")), advisories={"CVE-1": told}))["runs"][0]
    rule = run["tool"]["driver"]["rules"][0]
    for text in (
        run["results"][0]["message"]["text"],
        rule["shortDescription"]["text"],
        rule["fullDescription"]["text"],
    ):
        assert "](" not in text
        assert "here" in text


text = st.one_of(
    st.text(max_size=40), st.sampled_from(["", " ", HOSTILE, "::error::x", "a/b", "..", "%", "a:b", "[x](y)", "\ud800"])
)
occurrence = st.builds(Occurrence, platform=text, layer=text, diff_id=text, created_by=text)
findings = st.builds(
    Finding,
    kind=st.sampled_from(Kind),
    id=text,
    severity=st.sampled_from(Severity),
    fingerprint=st.sampled_from(["1" * 32, "2" * 32]),
    advisory=st.sampled_from(["known", "", "missing"]),
    occurrences=st.lists(occurrence, max_size=3).map(tuple),
    severity_source=text,
    package=text,
    purl=text,
    ecosystem=text,
    installed=text,
    fixed=text,
    status=text,
    path=text,
    start_line=st.integers(-1, 10**6),
    end_line=st.integers(-1, 10**6),
    message=text,
    score=st.none() | st.floats(0, 10),
    vector=text,
    aliases=st.lists(text, max_size=2).map(tuple),
)
judgements = st.builds(
    Judged,
    finding=findings,
    decision=st.sampled_from(Decision),
    severity=st.sampled_from(Severity),
    rule=text,
    why=text,
    known_exploited=st.booleans(),
    epss=st.none() | st.floats(0, 1),
)
advisories = st.builds(
    Advisory,
    id=text,
    title=text,
    description=text,
    resolution=text,
    url=text | st.just("https://example.org/x"),
    references=st.lists(text, max_size=2).map(tuple),
    weaknesses=st.lists(text | st.just("CWE-79"), max_size=2).map(tuple),
)
clean = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
subjects = st.builds(Subject, name=clean, tag=st.none() | clean, local=st.booleans())


@settings(max_examples=60)  # the whole schema judges each of them
@given(st.lists(judgements, max_size=4), advisories, subjects)
def test_any_verdict_becomes_a_document_that_nobody_refuses(taken, some, told, subject):
    one = verdict(judged(finding())).model_copy(
        update={"findings": tuple(some), "advisories": {"known": told}, "subject": subject}
    )
    made = document(one)
    assert len(made["runs"][0]["results"]) == len(some)
    taken(json.loads(sarif.to_bytes(made)))


def test_a_check_of_our_own_document_has_nothing_to_say_but_that_suppressions_are_not_read():
    found = check(sarif.to_bytes(document(refused())))
    assert [(problem.kind, "suppressions" in problem.message) for problem in found] == [("ignored", True)]


def test_places_are_shared_only_by_equal_ones():
    run = document(verdict(judged(finding()), judged(finding("CVE-2", occurrences=(HERE, HERE)))))["runs"][0]
    first, second = (result["locations"] for result in run["results"])
    assert first == second
