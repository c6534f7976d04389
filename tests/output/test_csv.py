import csv
import re
from io import StringIO

import pytest

from gate.output import csv as view
from tests.builders import finding, judged, verdict
from tests.lab.tools import ROOT
from tests.output import samples


def table(*verdicts):
    return list(csv.DictReader(StringIO("".join(view.render(verdicts)), newline="")))


def test_a_row_tells_everything_of_a_finding():
    rows = table(samples.refused(), verdict(judged(finding())))
    assert len(rows) == 9
    assert list(rows[0]) == list(view.COLUMNS)
    row = rows[1]
    assert row["severity"] == "critical"
    assert row["decision"] == "refuses"
    assert row["id"] == "CVE-2020-14343"
    assert row["package"] == "PyYAML"
    assert (row["installed"], row["fixed"]) == ("5.3", "5.4")
    assert row["platforms"] == "linux/amd64 linux/arm64"
    assert row["instruction"] == "COPY /src /app"
    assert (row["known_exploited"], row["epss"], row["score"]) == ("yes", "0.973", "9.8")
    assert rows[3]["line"] == "3"


def test_an_image_without_findings_leaves_the_head_alone():
    assert "".join(view.render([verdict()])) == ",".join(view.COLUMNS) + "\r\n"


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t=", "\r=", "\n@", " =", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
)
def test_no_cell_is_a_formula(start):
    text = f"{start}cmd|' /C calc'!A0"
    (row,) = table(verdict(judged(finding(text, text, installed=text, fixed=text, path=text), rule=text, why=text)))
    for name in ("id", "package", "installed", "fixed", "path", "rule", "why"):
        assert row[name].startswith("'")


def test_no_part_of_a_cell_is_a_formula_where_a_semicolon_parts_them():
    (row,) = table(verdict(judged(finding(package='a";=1+1;\t@x'))))
    assert row["package"] == "a\";'=1+1; '@x"


def test_quotes_commas_and_line_breaks_stay_in_their_cell():
    (row,) = table(verdict(judged(finding(package='a"b,c\r\nd'))))
    assert row["package"] == 'a"b,c d'


def test_hostile_text_makes_no_row_no_formula_and_no_command():
    text = "".join(view.render([samples.hostile()]))
    assert text.count("\r\n") == 3
    assert not re.search(r"^\s*::", text, re.MULTILINE)
    assert "##[" not in text
    for row in table(samples.hostile()):
        assert not [one for one in row.values() if one[:1] in "=+-@\t" and one]
        assert row["url"] in {"", "https://good.example/a%28b%29%7Cc%60d%60?x=1&y=2"}


def test_the_same_verdict_gives_the_same_bytes():
    assert [*view.render([samples.refused()])] == [*view.render([samples.refused()])]


def test_the_page_lists_the_columns():
    page = (ROOT / "docs" / "reports.md").read_text()
    listed = page.partition("## CSV")[2].partition("\n\n")[0].partition("Columns: ")[2]
    assert tuple(re.findall(r"`([a-z_]+)`", listed)) == view.COLUMNS
