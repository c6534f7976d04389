"""Outside text in GitHub Flavored Markdown."""

import pytest

from gate.output.gfm import prose


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("run `gate verify --help` (or ask).", "run `gate verify --help` (or ask)."),
        ("`a b`: `c`", "`a b`: `c`"),
        ("one ` is no span", "one `'` is no span"),
        ("`<img src=x>` @team", "`<img src=x>` `@team`"),
        ("`a``b`", "`a` `b`"),
    ],
)
def test_what_is_in_backticks_is_one_code_span(text, shown):
    assert prose(text) == shown
