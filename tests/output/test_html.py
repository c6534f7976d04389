import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest

import gate.output
from gate.output import html, html_rows
from tests.builders import finding, judged, verdict
from tests.output import samples

VOID = {"meta", "input", "br", "img", "link", "rect"}
CSS = (Path(gate.output.__file__).parent / "page.css").read_text()


class Page(HTMLParser):
    """A page taken apart; complains of an element that is not closed where it should be."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.texts = [], [], [], {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_data(self, data):
        self.texts.setdefault(self.open[-1] if self.open else "", []).append(data)

    def values(self, name):
        return [value for _, other, value in self.attributes if other == name]


SAMPLES = {"refused": [samples.refused()], "clean": [verdict()], "none": []}
SAMPLES |= {"hostile": [samples.hostile()], "two": [samples.refused(), verdict()]}


@pytest.fixture(params=SAMPLES)
def page(request):
    return Page(html.render(SAMPLES[request.param]))


def test_the_page_is_well_formed_and_names_each_thing_once(page):
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {"main", "header", "footer", "h1"} <= set(page.tags)
    assert all(value in ids for value in page.values("aria-labelledby") + page.values("for"))


def test_every_heading_of_a_table_says_what_it_heads(page):
    scopes = [value for tag, name, value in page.attributes if (tag, name) == ("th", "scope")]
    assert len(scopes) == page.tags.count("th")
    assert set(scopes) <= {"col", "row"}


def test_nothing_is_loaded_and_nothing_runs_but_what_the_page_brought(page):
    policy = next(value for value in page.values("content") if "default-src" in value)
    assert policy.startswith("default-src 'none'; ")
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        (text,) = page.texts[tag]
        digest = b64encode(sha256(text.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}';" in policy
        assert page.tags.count(tag) == 1
    assert not page.values("src")
    assert not page.values("style")
    assert not {"link", "img", "iframe", "object", "embed", "base"} & set(page.tags)
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    assert all(re.match("https?://|#", value) for value in page.values("href"))
    assert "url(" not in CSS
    assert "@import" not in CSS


def test_hostile_text_is_only_text():
    text = html.render([samples.hostile()])
    page = Page(text)
    assert "<script>alert(1)</script>" in "".join(page.texts["h2"])
    assert "javascript:" not in "".join(page.values("href"))
    assert set(page.values("href")) == {"#content", "https://good.example/a%28b%29%7Cc%60d%60?x=1&y=2"}
    assert not re.search(r"^\s*::", text, re.MULTILINE)
    assert "##[" not in text
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", text)
    assert "{{7*7}}" in text


def test_the_same_verdict_gives_the_same_bytes():
    assert html.render([samples.refused()]) == html.render([samples.refused()])


def test_the_page_says_what_was_decided_and_with_what():
    text = html.render([samples.refused()])
    for said in ("REFUSED", "2 vulnerabilities at or above critical", "6 h old", "Upgrade first", "known exploited"):
        assert said in text
    assert samples.refused().subject.digest in text


def test_findings_beyond_the_room_are_left_out_with_words():
    many = verdict(*[judged(finding())] * (html.ROWS + 2))
    text = html.render([many, samples.refused()])
    assert text.count("<tr role=") - text.count('<thead role="rowgroup"><tr role=') == html.ROWS
    assert "2 more findings not on this page" in text
    assert "8 more findings not on this page" in text
    assert text.count("<details>") == html.DETAILED


def test_rows_and_their_details_share_one_room():
    room = html_rows.RowBudget(rows=9, detailed=1)
    first, second = (tuple(html_rows.rows(samples.refused(), room)) for _ in range(2))
    assert (len(first), len(second)) == (8, 1)
    assert first[0].more is not None
    assert [row.more for row in (*first[1:], *second)] == [None] * 8


def test_layers_and_platforms_are_told_by_the_open_findings_that_they_brought():
    assert [(layer["name"], layer["findings"], layer["refusing"]) for layer in html_rows.layers(samples.refused())] == [
        ("COPY /src /app", "3", "2"),
        ("RUN apt-get update && apt-get install -y --no-install-recommends curl", "2", "1"),
        ("ADD file:0b1c2d3e4f in /", "1", "1"),
    ]
    first = html_rows.layers(samples.refused())[0]
    assert first["counts"] == "1 critical · 1 high · 1 low"
    assert [tuple(part.values()) for part in first["segments"]] == [
        ("critical", "0", "33.33"),
        ("high", "33.33", "33.33"),
        ("low", "66.67", "33.33"),
    ]
    assert [
        (place["name"], place["findings"], place["refusing"]) for place in html_rows.platforms(samples.refused())
    ] == [
        ("linux/amd64", "6", "4"),
        ("linux/arm64", "4", "3"),
    ]


def luminance(color):
    digits = color[1:] if len(color) == 7 else "".join(digit * 2 for digit in color[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(scheme):
    colors = dict(re.findall(r"--([\w-]+): (#\w+);", CSS.split(":root")[scheme + 1]))
    words = ("ink", "soft", "link", "critical", "high", "medium", "low", "unknown", "bad")
    pairs = [(word, behind) for word in words for behind in ("card", "hover")]
    pairs += [(word, "paper") for word in ("ink", "soft", "link")]
    pairs += [(word, f"{tone}-soft") for tone in ("good", "bad", "note") for word in (tone, "ink", "soft")]
    for word, behind in pairs:
        light, dark = sorted((luminance(colors[word]), luminance(colors[behind])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (word, behind)
