import re

import pytest
from markdown_it import MarkdownIt  # rich brings it

from gate.views import markdown
from tests.builders import finding, judged, verdict
from tests.views import samples

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def tokens(text):
    for token in PARSER.parse(text):
        yield token
        yield from token.children or ()


def test_it_looks_as_it_did_when_somebody_last_looked(golden):
    golden("summary.md", markdown.render([samples.refused(), verdict()]))


def test_hostile_text_is_neither_markup_nor_html_nor_link_nor_mention():
    text = markdown.render([samples.hostile()])
    links, bold, before = set(), [], ""
    for token in tokens(text):
        assert token.type not in {"image", "html_inline", "em_open", "s_open"}
        if token.type == "html_block":
            assert re.fullmatch(r"(</?details>\s*)|(<details>\n<summary>[\w ]+</summary>\n?)", token.content)
        if token.type == "text":
            assert not re.search(r"[@#<>|\[\]`*~\\]|www\.|://|:\w+:|GH-", token.content), token.content
            bold += [token.content] if before == "strong_open" else []
        if token.type == "link_open":
            links.add(token.attrs["href"])
        before = token.type
    assert bold == ["EPSS 50.0 %"]
    assert links == {"https://good.example/a%28b%29%7Cc%60d%60?x=1&y=2"}


def test_hostile_text_breaks_no_row_of_a_table():
    rows = [row for row in markdown.render([samples.hostile()]).splitlines() if row.startswith("| ")]
    assert {row.count("|") for row in rows} == {3, 6, 8}  # facts, upgrades, findings


@pytest.mark.parametrize("start", ["::error::x", "##[error]x"])
def test_no_line_is_a_command_of_github_actions(start):
    text = markdown.render([verdict(judged(finding(start), why=start)), samples.hostile()])
    assert not re.search(r"^\s*::", text, re.MULTILINE)
    assert "##[" not in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a buffer overflow in zip_open (CVE-2023-1)", "a buffer overflow in `zip_open` (`CVE-2023-1`)"),
        ("don't, 1,000 or 2.5% on 2026-06-01 12:00", "don't, 1,000 or 2.5% on 2026-06-01 12:00"),
        ("1. item", "`1`. item"),
        ("- item", "`-` item"),
        ("# title", "`#` title"),
        ("`a` b|c", "`'a'` `b¦c`"),
        ("mail me@x.org now", "mail `me@x.org` now"),
        ("naïve Überlauf", "naïve Überlauf"),
        ("\x1b[31m", "`[31m`"),
        ("...", "..."),
        ("", ""),
    ],
)
def test_prose_keeps_plain_words_and_quotes_the_rest(text, said):
    assert markdown.prose(text) == said


def test_a_code_span_cannot_be_left():
    assert markdown.code("a`b|c\\") == "`a'b¦c\\`"
    assert markdown.code("") == "-"


def test_it_never_grows_beyond_what_github_takes_and_says_so():
    long = [
        judged(finding(f"CVE-2023-{number}", "p" * 150, path="d/" * 100, installed="v" * 90)) for number in range(300)
    ]
    text = markdown.render([verdict(*long)] * 12)
    assert len(text.encode()) <= markdown.LIMIT
    assert len(text.encode()) > markdown.LIMIT * 0.99
    assert text.endswith("have everything.\n")
    assert text.count("<details>") == text.count("</details>")


def test_a_cut_inside_a_folded_part_closes_it():
    reported = samples.Decision.REPORTED
    one = judged(finding("CVE-1", "p" * 150, path="d/" * 100), reported, why="x " * 240)
    text = markdown.render([verdict(*[one] * 250)] * 8)
    assert len(text.encode()) <= markdown.LIMIT
    assert "**Cut here:**" in text
    assert text.count("<details>") == text.count("</details>")


def test_rows_beyond_what_a_person_reads_are_counted():
    text = markdown.render([verdict(*(judged(finding(f"CVE-2023-{number}")) for number in range(253)))])
    assert "… and 3 more findings in the SARIF, JSON and HTML reports" in text


def test_several_images_end_with_one_line_over_all():
    assert markdown.render([verdict(), samples.refused()]).endswith("**1 of 2 images refused**\n")
