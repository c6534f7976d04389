"""What came and went between verdicts, and what of it can be told."""

import json
from datetime import timedelta

import pytest

from gate.errors import InputError
from gate.maintenance.trend import trends
from gate.maintenance.trend.reading import Reader
from gate.model.findings import Gap, GapKind, Kind, Severity
from gate.model.verdict import Decision, VerdictFile
from tests.builders import NOW, finding, judged, scan, verdict

A, B, C = (judged(finding(f"CVE-{number}", name)) for number, name in enumerate(("a", "b", "c"), 1))


def day(number, *findings, **more):
    """A verdict of that day; the image has another digest each time."""
    one = verdict(*findings, judged_at=NOW + timedelta(days=number), **more)
    return one.model_copy(update={"subject": one.subject.model_copy(update={"digest": f"sha256:{number:064}"})})


@pytest.fixture
def told(tmp_path):
    """The trends of verdicts, each written to a file of its own in a folder, and the folder read."""

    def call(*verdicts):
        for number, one in enumerate(verdicts):
            write(tmp_path / f"{number}.json", one)
        return trends(Reader().read([tmp_path]))

    return call


def write(path, *verdicts):
    path.parent.mkdir(parents=True, exist_ok=True)
    document = VerdictFile(gate="1", passed=all(one.passed for one in verdicts), verdicts=verdicts)
    path.write_text(document.model_dump_json())
    return path


def ids(changes):
    return [one.id for one in changes]


def test_findings_that_came_and_went_are_told_between_neighbours(told):
    (trend,) = told(day(1, A, B), day(0, A), day(2, B, C))
    assert trend.image == "ghcr.io/acme/app"
    assert [point.judged_at for point in trend.points] == [NOW + timedelta(days=number) for number in range(3)]
    assert [(point.new, point.gone) for point in trend.points] == [(None, None), (1, 0), (1, 1)]
    assert [ids(point.new_findings) for point in trend.points] == [[], ["CVE-2"], ["CVE-3"]]
    assert ids(trend.points[2].gone_findings) == ["CVE-1"]
    assert not [point for point in trend.points if point.unsure]


def test_a_point_tells_what_the_verdict_was(told):
    (trend,) = told(day(0, A, judged(finding("CVE-9", "z", Severity.LOW), Decision.ACCEPTED), database_age=7.5))
    (point,) = trend.points
    assert point.passed is False
    assert point.refusing == 1
    assert point.counts == {Severity.CRITICAL: 1}
    assert point.database_age == 7.5
    assert (point.tag, point.source) == ("1.0", "0.json")


def test_what_is_accepted_later_is_still_there(told):
    later = judged(A.finding, Decision.ACCEPTED)
    (trend,) = told(day(0, A), day(1, later))
    assert (trend.points[1].new, trend.points[1].gone) == (0, 0)


def test_a_rescan_that_did_not_look_for_it_mends_nothing(told):
    secret = judged(finding("key", "", kind=Kind.SECRET, path="app/.env"))
    (trend,) = told(day(0, secret, B), day(1, A, kinds=(Kind.VULNERABILITY,)))
    assert ids(trend.points[1].gone_findings) == ["CVE-2"]
    assert ids(trend.points[1].new_findings) == ["CVE-1"]
    assert trend.points[1].unsure == "different kinds of findings were scanned for"


def test_a_platform_that_was_not_looked_at_mends_nothing(told):
    gap = Gap(kind=GapKind.UNKNOWN_OS, platform="linux/amd64", message="nobody knows it")
    blind = scan().platforms[0].model_copy(update={"gaps": (gap,)})
    (trend,) = told(day(0, A), day(1, platforms=(blind,)), day(2, A))
    assert [(point.new, point.gone) for point in trend.points[1:]] == [(0, 0), (0, 0)]
    assert "a scan was incomplete" in trend.points[1].unsure


def test_a_platform_that_is_not_in_both_is_not_compared(told):
    arm = scan().platforms[0].model_copy(update={"platform": "linux/arm64"})
    (trend,) = told(day(0, A), day(1, platforms=(arm,)))
    assert trend.points[1].gone == 0
    assert trend.points[1].unsure == "different platforms"


def test_images_are_told_apart_and_the_same_verdict_counts_once(told, tmp_path):
    other = day(0, B)
    other = other.model_copy(update={"subject": other.subject.model_copy(update={"name": "ghcr.io/acme/web"})})
    write(tmp_path / "deeper" / "run" / "both.json", day(0, A), other)
    found = told(day(0, A), day(1, A))
    assert [(trend.image, len(trend.points)) for trend in found] == [("ghcr.io/acme/app", 2), ("ghcr.io/acme/web", 1)]


def test_the_worst_change_stands_first(told):
    low = judged(finding("CVE-0", "a", Severity.LOW))
    (trend,) = told(day(0), day(1, low, C, A))
    assert ids(trend.points[1].new_findings) == ["CVE-1", "CVE-3", "CVE-0"]


def test_other_json_in_a_folder_is_passed_over_and_counted(tmp_path):
    write(tmp_path / "a.json", day(0, A))
    (tmp_path / "signed.json").write_text('{"version": 1, "results": []}')
    (tmp_path / "notes.txt").write_text("no JSON")
    reader = Reader()
    assert len(list(reader.read([tmp_path]))) == 1
    assert [path.name for path in reader.passed_over] == ["signed.json"]


@pytest.mark.parametrize(
    "data",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"version": 2, "verdicts": []}',
        '{"version": 1, "verdicts": 5}',
        '{"version": 1, "verdicts": [{}]}',
        '{"version": 1, "version": 1, "verdicts": []}',
    ],
)
def test_a_file_that_is_no_verdict_is_an_error_that_names_it(tmp_path, data):
    path = tmp_path / "odd.json"
    path.write_text(data)
    with pytest.raises(InputError, match=r"odd\.json"):
        list(Reader().read([path]))


@pytest.mark.parametrize(
    "change",
    [
        {"findings": [{}]},
        {"findings": {}},
        {"findings": [{"finding": None}]},
        {"judged_at": "yesterday"},
        {"platforms": [{"platform": 5}]},
        {"counts": {"critical": "many"}},
    ],
)
def test_a_verdict_with_something_else_in_it_is_an_error(tmp_path, change):
    path = write(tmp_path / "odd.json", day(0, A))
    document = json.loads(path.read_text())
    document["verdicts"][0] |= change
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match=r"odd\.json is not a verdict"):
        list(Reader().read([path]))


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    outside = write(tmp_path / "outside.json", day(0, A))
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link.json").symlink_to(outside)
    assert list(Reader().read([folder])) == []
