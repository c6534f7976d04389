import re

import pytest
from markdown_it import MarkdownIt  # rich brings it

from gate.model.sign_result import SignResult, Step, StepState
from gate.model.verdict import Reason
from gate.output import comment, markdown
from tests.builders import DIGEST, finding, judged, verdict
from tests.output import samples

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
    assert {row.count("|") for row in rows} == {3, 6, 8, 9}  # facts, upgrades, findings, platforms


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
        ("`a` b|c", "`a` `b¦c`"),
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


def test_findings_are_counted_by_platform_and_severity():
    rows = [row for row in markdown.render([samples.refused()]).splitlines() if row.endswith(" |")]
    assert rows[1].startswith("| `linux/amd64` |")
    assert rows[1].endswith("| 3 | 1 | 1 | 1 | 0 | 4 |")
    assert rows[2].endswith("| 2 | 1 | 1 | 0 | 0 | 3 |")
    assert rows[3] == "| all | | 3 | 1 | 1 | 1 | 0 | 4 |"


def test_an_exception_about_to_end_stands_before_other_notices():
    notices = [line for line in markdown.render([samples.refused()]).splitlines() if line.startswith(("- ⏳", "- ⚠️"))]
    assert [line[:3] for line in notices] == ["- ⏳", "- ⚠"]


def test_the_age_of_the_database_and_what_is_new_are_told_before_any_table():
    top = markdown.render([samples.refused()]).partition("| platform |")[0]
    assert "database 6 h old" in top
    assert "3 new · 4 known · 2 gone" in top


def signed(**more):
    step = Step(digest=DIGEST, what="signature", format="bundle", state=StepState.PUSHED)
    fields = {"image": "ghcr.io/acme/app:1.0", "digest": DIGEST, "signed": True, "signer": "me@x.org", "steps": (step,)}
    return SignResult(**fields | more)


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (signed(), "🔏 signed by `me@x.org`: `signature`"),
        (signed(signed=False, problem="nobody answers"), "🔓 not signed: nobody answers"),
        (signed(signed=False, reasons=(Reason(rule="r", message="not from main"),)), "🔓 not signed: not from main"),
        (signed(signed=False, dry=True), "🔓 nothing was to be signed"),
        (signed(digest="sha256:" + "9" * 64), ""),
    ],
)
def test_evidence_is_told_of_the_image_that_it_is_of(result, said):
    text = markdown.render([verdict()], [result])
    assert said in text
    assert ("🔏" in text or "🔓" in text) == bool(said)


def test_hostile_evidence_is_no_markup():
    hostile = signed(signer=samples.HOSTILE, signed=False, problem=samples.HOSTILE)
    text = markdown.render([verdict()], [hostile])
    assert {token.type for token in tokens(text)} >= {"code_inline"}
    assert not [token for token in tokens(text) if token.type in {"link_open", "image", "html_inline"}]


def test_without_room_for_a_word_there_is_none():
    assert markdown.render([verdict()], limits=markdown.SizeLimits(limit=10)) == ""
    text = markdown.render([samples.refused()], limits=markdown.SizeLimits(limit=600))
    assert len(text.encode()) <= 600
    assert "**Cut here:**" in text


def test_a_comment_begins_with_its_marker_which_a_new_tag_keeps():
    first, later = verdict(), verdict()
    later = later.model_copy(update={"subject": later.subject.model_copy(update={"tag": "2.0", "digest": None})})
    assert comment.render([first]).startswith(comment.marker([first]) + "\n## ")
    assert comment.marker([first]) == comment.marker([later])
    assert comment.marker([first], "nightly") == comment.marker([samples.hostile()], "nightly")
    assert len({comment.marker([first]), comment.marker([first], "nightly"), comment.marker([samples.hostile()])}) == 3


def test_a_marker_is_a_comment_of_html_and_nothing_else():
    assert re.fullmatch(r"<!-- gate:[0-9a-f]{24} -->", comment.marker([samples.hostile()], "--> <b>\ud800"))


def test_a_comment_is_within_what_github_takes_and_says_what_is_cut():
    long = [judged(finding(f"CVE-2023-{number}", "p" * 150, path="d/" * 100)) for number in range(300)]
    text = comment.render([verdict(*long)] * 12)
    assert comment.LIMIT * 0.98 < len(text.encode()) <= comment.LIMIT
    assert "a comment holds 65,536 characters" in text
    assert text.count("<details>") == text.count("</details>")
