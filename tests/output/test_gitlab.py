import json
from uuid import UUID

import jsonschema
import pytest

from gate.model.findings import Gap, GapKind, Subject
from gate.output import gitlab
from tests.builders import finding, judged, scan, verdict
from tests.output import samples


def record(required, **properties):
    """Of exactly these properties; those after `required` may be left out."""
    known = required | properties
    return {"type": "object", "required": sorted(required), "properties": known, "additionalProperties": False}


def rows(item, **more):
    return {"type": "array", "items": item, **more}


TEXT, WORD = {"type": "string"}, {"type": "string", "minLength": 1}
URL = {"type": "string", "pattern": "^https?://.+"}
MOMENT = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$"}
TOOL = record({"id": WORD, "name": WORD, "version": WORD, "vendor": record({"name": WORD})})
# The part of GitLab's container-scanning-report-format.json 15.0.7 that is written, with its bounds, and nothing else.
VULNERABILITY = record(
    {
        "id": WORD,
        "identifiers": rows(record({"type": WORD, "name": WORD, "value": WORD}, url=URL), minItems=1),
        "location": record(
            {
                "dependency": record({"package": record({"name": TEXT}), "version": TEXT}),
                "operating_system": WORD,
                "image": WORD,
            }
        ),
    },
    name={"type": "string", "maxLength": 255},
    description={"type": "string", "maxLength": 1_048_576},
    severity={"enum": ["Info", "Unknown", "Low", "Medium", "High", "Critical"]},
    solution={"type": "string", "maxLength": 7000},
    links=rows(record({"url": URL})),
    details=record({"decision": record({"name": WORD, "type": {"const": "text"}, "value": TEXT})}),
    flags=rows(
        record({"type": {"const": "flagged-as-likely-false-positive"}, "origin": WORD, "description": WORD}),
    ),
)
REPORT = record(
    {
        "version": {"const": "15.0.7"},
        "scan": record(
            {
                "analyzer": TOOL,
                "scanner": TOOL,
                "type": {"const": "container_scanning"},
                "start_time": MOMENT,
                "end_time": MOMENT,
                "status": {"const": "success"},
            },
            messages=rows(record({"level": {"enum": ["info", "warn", "fatal"]}, "value": WORD})),
        ),
        "vulnerabilities": rows(VULNERABILITY),
    }
)


def report(*verdicts):
    document = json.loads(gitlab.render(verdicts))
    jsonschema.Draft202012Validator(REPORT).validate(document)
    return document


@pytest.mark.parametrize("verdicts", [[], [verdict()], [samples.refused(), verdict()], [samples.hostile()]], ids=len)
def test_it_is_what_gitlab_takes(verdicts):
    assert report(*verdicts)


def test_a_vulnerability_tells_package_fix_place_and_decision():
    found = report(samples.refused())["vulnerabilities"]
    assert len(found) == 7
    one = found[1]
    assert one["severity"] == "Critical"
    assert one["identifiers"][0]["value"] == "CVE-2020-14343"
    assert one["identifiers"][0]["type"] == "cve"
    assert one["location"] == {
        "dependency": {"package": {"name": "PyYAML"}, "version": "5.3"},
        "operating_system": "debian 12.4",
        "image": "ghcr.io/acme/app:1.0",
    }
    assert "5.4" in one["solution"]
    assert one["details"]["decision"]["value"].startswith("refuses")


def test_what_a_statement_excuses_is_flagged_and_nothing_else():
    flagged = [one for one in report(samples.refused())["vulnerabilities"] if "flags" in one]
    assert [one["identifiers"][0]["value"] for one in flagged] == ["CVE-2022-0002"]


def test_every_vulnerability_has_an_id_of_its_own_that_a_rescan_keeps():
    twice = verdict(judged(finding()), judged(finding(installed="2.0")), judged(finding("CVE-2")))
    ids = [one["id"] for one in report(twice)["vulnerabilities"]]
    assert len({UUID(text) for text in ids}) == 3
    later = twice.model_copy(update={"subject": twice.subject.model_copy(update={"tag": "2.0", "digest": None})})
    assert [one["id"] for one in report(later)["vulnerabilities"]] == ids


def test_an_id_does_not_depend_on_where_the_image_was_when_it_was_scanned():
    pushed = verdict(judged(finding()))
    name = pushed.subject.name

    def known(**subject):
        document = report(pushed.model_copy(update={"subject": Subject(**subject)}))
        [one] = document["vulnerabilities"]
        return one["id"], one["location"]["image"]

    assert known(name=name, tag="1")[0] == known(name="build/image", local=True, reported_as=f"{name}:1")[0]
    assert known(name=name, tag="1") == known(name="/tmp/x/other.tar", local=True, reported_as=f"{name}:1")
    assert known(name="build/app", local=True)[0] == known(name="/home/runner/work/app/", local=True)[0]
    assert known(name=name)[0] != known(name="ghcr.io/acme/another")[0]


def test_tags_of_one_image_in_one_report_have_ids_of_their_own():
    one = verdict(judged(finding()))
    other = one.model_copy(update={"subject": one.subject.model_copy(update={"tag": "2.0"})})
    document = report(one, other)
    assert len({one["id"] for one in document["vulnerabilities"]}) == 2


def test_what_has_no_room_in_it_is_told():
    messages = report(samples.refused())["scan"]["messages"]
    assert {"level": "info", "value": "ghcr.io/acme/app:1.0: 1 secret in the other reports only"} in messages


def test_what_was_not_looked_at_is_told():
    gap = Gap(kind=GapKind.UNKNOWN_OS, platform="linux/amd64", message="nobody knows this distribution")
    platform = scan().platforms[0].model_copy(update={"gaps": (gap,)})
    messages = report(verdict(platforms=(platform,)))["scan"]["messages"]
    assert [one["level"] for one in messages] == ["info", "warn"]
    assert "nobody knows this distribution" in messages[1]["value"]


def test_hostile_text_is_no_markdown_and_no_link():
    for one in report(samples.hostile())["vulnerabilities"]:
        for text in (one["description"], one["solution"]):
            outside = " ".join(text.split("`")[::2])
            assert not set(outside) & set("<>@#[]*~!\\")
        assert {link["url"] for link in one["links"]} == {"https://good.example/a%28b%29%7Cc%60d%60?x=1&y=2"}


def test_the_same_verdict_gives_the_same_bytes():
    assert gitlab.render([samples.refused()]) == gitlab.render([samples.refused()])
