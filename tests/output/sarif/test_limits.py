"""Each of GitHub's numbers, with a report over it."""

import json
import random
import zlib

import pytest

from gate.model.findings import Severity
from gate.model.verdict import Decision
from gate.output import sarif
from gate.output.sarif import limits
from gate.output.sarif.check import check
from tests.builders import advisory, finding, judged, verdict


def refusals(document):
    return [problem.message for problem in check(sarif.to_bytes(document)) if problem.kind == "refused"]


@pytest.fixture(scope="module")
def many():
    """One more than GitHub takes; the accepted ones come first and would crowd out the others."""
    accepted = [judged(finding(f"CVE-1-{n}"), Decision.ACCEPTED) for n in range(30)]
    mild = [judged(finding(f"CVE-2-{n}", severity=Severity.LOW), Decision.REPORTED) for n in range(limits.RESULTS - 40)]
    bad = [judged(finding(f"CVE-3-{n}")) for n in range(11)]
    return sarif.render([verdict(*accepted, *mild, *bad)], sarif.Options())


def test_more_results_and_rules_than_github_takes_are_cut_worst_kept(many):
    run = many.document["runs"][0]
    assert len(run["results"]) == len(run["tool"]["driver"]["rules"]) == limits.RESULTS
    assert [result["ruleId"] for result in run["results"][:11]] == [f"CVE-3-{n}-zlib1g" for n in range(11)]
    assert sum("suppressions" in result for result in run["results"]) == 29
    assert not refusals(many.document)


def test_what_was_cut_is_said_in_the_run_and_to_the_caller(many):
    run = many.document["runs"][0]
    told = [note["message"]["text"] for note in run["invocations"][0]["toolExecutionNotifications"]]
    assert list(many.cut) == run["properties"]["cut"] == told
    assert "worst 25,000 of 25,001 findings" in many.cut[0]
    assert "shows the worst 5,000" in many.cut[1]


def test_results_that_github_takes_and_does_not_show_are_told():
    some = [judged(finding(f"CVE-{n}")) for n in range(limits.SHOWN + 1)]
    assert not sarif.render([verdict(*some[:-1])], sarif.Options()).cut
    (words,) = sarif.render([verdict(*some)], sarif.Options()).cut
    assert "worst 5,000 of the 5,001" in words


def noisy(count, length):
    """Findings whose descriptions do not pack."""
    rolls = random.Random(7)
    known = {}
    for number in range(count):
        words = "".join(rolls.choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=length))
        known[f"CVE-{number}"] = advisory(f"CVE-{number}", title=words[:250], description=words)
    return verdict(*(judged(finding(name)) for name in known), advisories=known)


def test_a_file_that_packs_too_big_loses_words_first():
    one = noisy(6_000, 2_000)
    rendered = sarif.render([one], sarif.Options())
    assert len(rendered.document["runs"][0]["results"]) == 6_000
    assert any("long descriptions are cut" in words for words in rendered.cut)
    assert len(zlib.compress(sarif.to_bytes(rendered.document), 6)) <= limits.PACKED


def test_then_it_loses_the_mildest_results():
    rendered = sarif.render([noisy(12_000, 1_100)], sarif.Options())
    assert 4_000 < len(rendered.document["runs"][0]["results"]) < 12_000
    assert any("findings are in the SARIF file" in words for words in rendered.cut)
    assert len(zlib.compress(sarif.to_bytes(rendered.document), 6)) <= limits.PACKED
    assert not refusals(rendered.document)


def result(**more):
    region = {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1}
    place = {"physicalLocation": {"artifactLocation": {"uri": "a"}, "region": region}}
    base = {"ruleId": "R", "message": {"text": "m"}, "locations": [place]}
    return base | {"partialFingerprints": {"primaryLocationLineHash": "1"}} | more


def rule(**more):
    words = {"text": "t"}
    base = {"id": "R", "shortDescription": words, "fullDescription": words, "help": words}
    return base | more


def file(results=(), rules=None, runs=1, **driver):
    made = [
        {
            "tool": {"driver": {"name": "t", "rules": [rule()] if rules is None else rules, **driver}},
            "automationDetails": {"id": f"c{number}/"},
            "results": list(results),
        }
        for number in range(runs)
    ]
    return {"$schema": limits.SCHEMA, "version": "2.1.0", "runs": made}


PLACE = result()["locations"][0]


def flows(count):
    return [{"threadFlows": [{"locations": [{"location": PLACE}] * count}]}]


@pytest.mark.parametrize(
    ("kind", "within", "over"),
    [
        ("refused", file(runs=20), file(runs=21)),
        ("refused", file([result()] * 25_000), file([result()] * 25_001)),
        (
            "refused",
            file(rules=[rule(id=str(n)) for n in range(25_000)]),
            file(rules=[rule(id=str(n)) for n in range(25_001)]),
        ),
        ("refused", file([result(locations=[PLACE] * 1000)]), file([result(locations=[PLACE] * 1001)])),
        (
            "refused",
            file([result(relatedLocations=[PLACE | {"id": n} for n in range(1000)])]),
            file([result(relatedLocations=[PLACE | {"id": n} for n in range(1001)])]),
        ),
        ("refused", file([result(codeFlows=flows(10_000))]), file([result(codeFlows=flows(10_001))])),
        (
            "refused",
            file(rules=[rule(properties={"tags": [f"t{n}" for n in range(20)]})]),
            file(rules=[rule(properties={"tags": [f"t{n}" for n in range(21)]})]),
        ),
        ("cut", file([result()] * 5_000), file([result()] * 5_001)),
        ("cut", file([result(locations=[PLACE] * 100)]), file([result(locations=[PLACE] * 101)])),
        ("cut", file([result(codeFlows=flows(1_000))]), file([result(codeFlows=flows(1_001))])),
        (
            "cut",
            file(rules=[rule(properties={"tags": [f"t{n}" for n in range(10)]})]),
            file(rules=[rule(properties={"tags": [f"t{n}" for n in range(11)]})]),
        ),
        ("cut", file(rules=[rule(name="n" * 255)]), file(rules=[rule(name="n" * 256)])),
        (
            "cut",
            file(rules=[rule(fullDescription={"text": "d" * 1024})]),
            file(rules=[rule(fullDescription={"text": "d" * 1025})]),
        ),
    ],
    ids=[
        "runs",
        "results",
        "rules",
        "locations",
        "related locations",
        "thread flow locations",
        "tags",
        "results shown",
        "locations shown",
        "thread flow locations shown",
        "tags shown",
        "name",
        "description",
    ],
)
def test_the_check_knows_the_number(kind, within, over):
    def kinds(document):
        return [problem.kind for problem in check(json.dumps(document).encode())]

    assert kind not in kinds(within)
    assert kind in kinds(over)


def test_the_check_knows_how_many_extensions_are_taken():
    def with_extensions(count):
        made = file()
        made["runs"][0]["tool"]["extensions"] = [{"name": f"e{n}"} for n in range(count)]
        return refusals(made)

    assert not with_extensions(100)
    assert with_extensions(101)


def test_the_check_packs_a_big_file_to_see_whether_it_is_taken():
    blob = random.Random(3).randbytes(6_000_000).hex()
    document = file()
    document["runs"][0]["properties"] = {"blob": blob[:10_000_000]}
    assert not refusals(document)
    document["runs"][0]["properties"] = {"blob": blob + random.Random(4).randbytes(6_000_000).hex()}
    assert any("10,000,000 are taken" in message for message in refusals(document))
