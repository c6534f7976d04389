"""`gate trend`, from verdicts that `gate judge` wrote."""

from datetime import timedelta

import pytest

from tests.builders import NOW
from tests.trivy.reports import encoded, os_result, vulnerability


@pytest.fixture
def verdicts(gate):
    """A folder with two verdicts of one image: the second, a day later, has one finding less and another more."""
    folder = gate.folder / "history"
    folder.mkdir()
    for number, names in enumerate((("CVE-2024-0001", "CVE-2024-0002"), ("CVE-2024-0002", "CVE-2024-0003"))):
        found = [vulnerability(VulnerabilityID=name, Severity="HIGH") for name in names]
        (gate.folder / "report.json").write_bytes(encoded(os_result(*found)))
        gate("judge", "report.json", f"--json=history/{number}.json", now=NOW + timedelta(days=number))
    return folder


def test_the_table_tells_how_it_went(gate, verdicts):
    said = gate("trend", "history")
    assert said.code == 0
    assert said.err == ""
    assert "2 verdicts, 2026-06-01 12:00 UTC to 2026-06-02 12:00 UTC" in said.out
    assert "+ HIGH      CVE-2024-0003 openssl" in said.out
    assert "- HIGH      CVE-2024-0001 openssl" in said.out
    assert "\x1b" not in said.out
    assert gate("trend", "history/0.json", "history/1.json", "--color", "always").out.count("\x1b")


def test_the_documents_tell_the_same(gate, verdicts):
    said = gate("trend", "history", "--json=trend.json", "--html", "trend.html", "-q")
    assert (said.code, said.out) == (0, "")
    (trend,) = said.json("trend.json")["trends"]
    assert [(point["new"], point["gone"], point["source"]) for point in trend["points"]] == [
        (None, None, "0.json"),
        (1, 1, "1.json"),
    ]
    assert "CVE-2024-0003" in (said.folder / "trend.html").read_text()
    alone = gate("trend", "history", "--json")
    assert alone.out.startswith('{"version":1')
    assert "2 verdicts" in alone.err


def test_a_refused_image_is_no_failure_of_the_trend(gate, verdicts):
    assert "refused" in gate("trend", "history").out


def test_what_is_no_verdict_is_exit_3_and_writes_nothing(gate, verdicts):
    (verdicts / "2.json").write_text('{"version": 1, "verdicts": [{}]}')
    said = gate("trend", "history", "--json=trend.json")
    assert said.code == 3
    assert "2.json is not a verdict" in said.err
    assert not (said.folder / "trend.json").exists()
    assert gate("trend", "no-such-folder").code == 3
    assert gate("trend", "report.json").code == 3


def test_a_folder_without_verdicts_is_exit_3_and_says_what_it_passed_over(gate):
    (gate.folder / "empty").mkdir()
    (gate.folder / "empty" / "a.json").write_text("{}")
    said = gate("trend", "empty")
    assert said.code == 3
    assert "1 JSON file without verdicts passed over" in said.err


def test_two_documents_need_two_places(gate, verdicts):
    assert gate("trend", "history", "--json", "--html", "-").code == 2
    assert gate("trend", "history", "--json=a", "--html", "a").code == 2
    assert gate("trend", "history", "--json=no/such/a").code == 3
