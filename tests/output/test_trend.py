import re
from datetime import timedelta

import pytest

from gate.maintenance.trend import Change, Point, Trend
from gate.model.findings import Severity
from gate.output import trend, trend_page
from gate.output.terminal_page import cells
from tests.builders import DIGEST, NOW
from tests.output import samples
from tests.output.test_html import Page

KINDS = "vulnerability"


def change(identity="CVE-2023-1", package="zlib1g", severity=Severity.CRITICAL):
    return Change(id=identity, package=package, severity=severity, kind=KINDS, fingerprint="f" * 32)


def point(number, **more):
    fields = {
        "judged_at": NOW + timedelta(days=number),
        "source": f"{number}/verdict.json",
        "tag": "1.0",
        "digest": DIGEST,
        "passed": number % 2 == 1,
        "counts": {Severity.CRITICAL: number % 4, Severity.LOW: number},
        "refusing": number % 4,
        "database_age": 6.0,
        "new": None if not number else 1,
        "gone": None if not number else 1,
        "new_findings": (change(),) if number else (),
        "gone_findings": (change("CVE-2022-9", "curl", Severity.LOW),) if number else (),
    }
    return Point(**fields | more)


def of(*points, image="ghcr.io/acme/app"):
    return Trend(image=image, points=points)


SEVERAL = of(*(point(number) for number in range(6)))
WORDS = {"id": samples.HOSTILE, "package": samples.HOSTILE, "severity": Severity.LOW, "kind": KINDS}
CHANGED = Change(**WORDS, fingerprint="f")
HOSTILE = of(
    point(0, tag=samples.HOSTILE, source=samples.HOSTILE),
    point(1, tag=samples.HOSTILE, new_findings=(CHANGED,), gone_findings=(CHANGED,), unsure=samples.HOSTILE),
    image=samples.HOSTILE,
)


def plain(*trends, width=110):
    return trend.show(trends, color=False, width=width)


def test_it_looks_as_it_did_when_somebody_last_looked(golden):
    golden("trend.txt", plain(SEVERAL) + "\n" + plain(SEVERAL, width=80))


@pytest.mark.parametrize(
    ("counts", "width", "bars"),
    [([], 5, ""), ([0, 0], 5, "▁▁"), ([0, 1, 7, 14], 9, "▁▂▄█"), ([1, 1000], 9, "▂█"), ([1, 2, 3], 2, "▅█")],
)
def test_a_bar_is_as_high_as_its_count(counts, width, bars):
    assert trend.sparkline(counts, width) == bars


@pytest.mark.parametrize("width", [40, 80, 110, 200])
@pytest.mark.parametrize("one", [SEVERAL, HOSTILE], ids=["several", "hostile"])
def test_no_line_is_wider_than_the_terminal(one, width):
    assert max(cells(line) for line in plain(one, width=width).splitlines()) <= width


def test_a_single_verdict_is_compared_with_nothing():
    text = plain(of(point(0)))
    assert "1 verdict, 2026-06-01 12:00 UTC\n" in text
    assert "The last change" not in text


def test_earlier_verdicts_than_there_is_room_for_are_counted():
    text = plain(of(*(point(number) for number in range(50))))
    assert "… 20 earlier verdicts (--html or --json has them all)" in text
    many = point(1, new=40, new_findings=tuple(change(f"CVE-{number}") for number in range(40)))
    assert "… and 30 more new" in plain(of(point(0), many))


def test_what_could_not_be_compared_is_said():
    text = plain(
        of(point(0), point(1, new=0, gone=0, new_findings=(), gone_findings=(), unsure="not the same platforms"))
    )
    assert "compared only in part: not the same platforms" in text
    assert "no new and no fixed findings, as far as could be compared" in text


@pytest.mark.parametrize("text", [plain(HOSTILE), trend_page.render([HOSTILE])], ids=["terminal", "page"])
def test_hostile_text_stays_text(text):
    assert not re.search(r"^\s*::", text, re.MULTILINE)
    assert "##[" not in text
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", text)


def test_the_page_is_well_formed_loads_nothing_and_runs_nothing():
    page = Page(trend_page.render([SEVERAL, HOSTILE]))
    policy = next(value for value in page.values("content") if "default-src" in value)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "script" not in page.tags
    assert not {"link", "img", "iframe"} & set(page.tags)
    assert not page.values("src") + page.values("style")
    assert page.values("href") == ["#content"]
    assert page.tags.count("th") == len([1 for tag, name, _ in page.attributes if (tag, name) == ("th", "scope")])


def test_the_page_has_a_bar_for_each_verdict_and_a_row_with_its_numbers():
    text = trend_page.render([SEVERAL])
    assert len(re.findall(r'<rect class="(?:passed|refused)"', text)) == 6
    assert len(re.findall(r'<tr class="(?:passed|refused)"', text)) == 6
    assert '<rect class="critical" x="5.08" y="83.33" width="0.84" height="16.67"/>' in text
    assert "6 verdicts, 2026-06-01 12:00 UTC to 2026-06-06 12:00 UTC" in text
    assert "gone" in text


def test_the_page_says_what_it_leaves_out():
    text = trend_page.render([of(*(point(number) for number in range(510)))])
    assert "10 earlier verdicts not on this page" in text
    assert len(re.findall(r'<tr class="(?:passed|refused)"', text)) == 500


def test_the_same_trend_gives_the_same_bytes():
    assert trend_page.render([SEVERAL]) == trend_page.render([SEVERAL])
