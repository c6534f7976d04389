"""Hostile text made harmless."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.text import lines, masked, one_line, plural


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("a\r\n::error::b", "a ::error::b"),
        ("a\u202eb\u2066c", "a b c"),
        ("\ufeffa\u200bb\u2028c", "a b c"),
        ("  plain text  ", "plain text"),
        ("日本語 ünï", "日本語 ünï"),
    ],
)
def test_control_and_invisible_characters_go(text, shown):
    assert one_line(text) == shown


@given(st.text(max_size=200), st.integers(1, 50))
def test_one_line_is_one_printable_line_within_its_limit(text, limit):
    shown = one_line(text, limit)
    assert len(shown) <= limit
    assert len(shown.splitlines()) <= 1
    assert "\x1b" not in shown


@given(st.text(max_size=300), st.integers(1, 80))
def test_lines_keep_breaks_and_nothing_else_that_steers_a_terminal(text, limit):
    shown = lines(text, limit)
    assert len(shown) <= limit
    assert not any(character < " " and character != "\n" for character in shown)


@pytest.mark.parametrize(
    ("entry", "kept"),
    [
        ("|2 TOKEN=abc VERSION=1.2 /bin/sh -c make # buildkit", "|2 TOKEN=*** VERSION=*** /bin/sh -c make # buildkit"),
        ("RUN |1 NPM=xyz /bin/sh -c npm ci # buildkit", "RUN |1 NPM=*** /bin/sh -c npm ci # buildkit"),
        ("RUN /bin/sh -c GITHUB_TOKEN=ghp_x make", "RUN /bin/sh -c GITHUB_TOKEN=*** make"),
        ("RUN /bin/sh -c curl -H 'Authorization: Bearer ey.J' x", "RUN /bin/sh -c curl -H 'Authorization: ***' x"),
        ("RUN /bin/sh -c login --password hunter2", "RUN /bin/sh -c login --password ***"),
        ("COPY /src /app # buildkit", "COPY /src /app # buildkit"),
        ("RUN /bin/sh -c apt-get install -y openssl", "RUN /bin/sh -c apt-get install -y openssl"),
    ],
)
def test_values_of_build_arguments_and_of_named_secrets_are_masked(entry, kept):
    assert masked(entry) == kept


@pytest.mark.parametrize(
    ("count", "noun", "text"),
    [(1, "finding", "1 finding"), (0, "finding", "0 findings"), (1234, "vulnerability", "1,234 vulnerabilities")],
)
def test_counts_read_well(count, noun, text):
    assert plural(count, noun) == text
