"""Hostile text made harmless."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.io.redact import masked
from gate.text import inert, lines, one_line, plural, printable, printable_json


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("a\r\n::error::b", "a ::error::b"),
        ("a\u202eb\u2066c", "a b c"),
        ("\ufeffa\u200bb\u2028c", "a b c"),
        ("a\U000e0041\U000e0042b", "a b"),
        ("a\U000e0100b\ufe0fc", "a b c"),
        ("a\xadb\u034fc\u115fd\u3164e", "a b c d e"),
        ("  plain text  ", "plain text"),
        ("日本語 ünï", "日本語 ünï"),
    ],
)
def test_control_and_invisible_characters_go(text, shown):
    assert one_line(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::x", " :error::x"),
        ("a\n \t::set-output::", "a\n \t :set-output::"),
        ("a\n\u2003::x", "a\n\u2003 :x"),
        ("std::string", "std::string"),
        ("a ##[command]x", "a # [command]x"),
        ("###[command]x", "## [command]x"),
        ("##vso[task]x", "# vso[task]x"),
        ("\x1b[31m::error::x", "\x1b[31m :error::x"),
    ],
)
def test_no_line_is_left_a_command_of_a_runner(text, shown):
    assert inert(text) == shown


@pytest.mark.parametrize(
    ("text", "color", "shown"),
    [
        ("a\n\tb\n", False, "a\n\tb\n"),
        ("\x1b[31mred\x1b[0m\n", True, "\x1b[31mred\x1b[0m\n"),
        ("\x1b[31mred\x1b[0m\n", False, "red\n"),
        ("\x1b[2J\x1b]0;title\x07\r\u202eb", True, " [2J ]0;title   b"),
        ("#\x1b[0m#[x", False, "# [x"),
        ("\x1b[1m::x", False, " :x"),
    ],
)
def test_what_is_printed_commands_neither_terminal_nor_runner(text, color, shown):
    assert printable(text, color=color) == shown


@given(st.recursive(st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_json_is_printed_with_the_same_values(value):
    shown = printable_json(json.dumps(value, ensure_ascii=False, indent=1))
    assert json.loads(shown) == value
    assert "##[" not in shown
    assert one_line(shown.replace("\n", ""), 10**6) == shown.replace("\n", "").strip()


def test_json_keeps_what_would_command_a_runner_as_a_value():
    shown = printable_json('["##[add-path]x", "\U000e0041\u202e"]')
    assert json.loads(shown) == ["##[add-path]x", "\U000e0041\u202e"]
    assert shown == '["#\\u0023[add-path]x", "\\udb40\\udc41\\u202e"]'


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
        ("|2 TOKEN=hunter2 b PASS=c /bin/sh -c make # buildkit", "/bin/sh -c make # buildkit"),
        ("RUN |1 NPM=hunter2 /bin/ash -eo pipefail -c npm ci", "RUN /bin/ash -eo pipefail -c npm ci"),
        ("RUN |1 A=hunter2 cmd /S /C dir", "RUN cmd /S /C dir"),
        ("RUN |1 A=hunter2 b make all", "RUN ***"),
        ("RUN |2 A=/bin/sh -c hunter2 B=c /bin/sh -c make", "RUN /bin/sh -c make"),
        ("RUN /bin/sh -c GITHUB_TOKEN=hunter2 make", "RUN /bin/sh -c GITHUB_TOKEN=*** make"),
        ("RUN AWS_SECRET_ACCESS_KEY=hunter2/a+b= aws s3 ls", "RUN AWS_SECRET_ACCESS_KEY=*** aws s3 ls"),
        ("RUN export NPM_AUTH='hunter2 with blanks'; npm ci", "RUN export NPM_AUTH=***; npm ci"),
        ('RUN PRIVATE_KEY="hunter2 \\" b" c', "RUN PRIVATE_KEY=*** c"),
        ('RUN sh -c "PASSWORD=hunter2 make" && x', 'RUN sh -c "PASSWORD=*** make" && x'),
        ("RUN DB_PASS=hunter2 x", "RUN DB_PASS=*** x"),
        ('RUN echo "password: hunter2" > f', 'RUN echo "password: ***" > f'),
        ("ENV DB_PASSWORD hunter2", "ENV DB_PASSWORD ***"),
        ("RUN a=//npm.example/:_authToken=hunter2", "RUN a=//npm.example/:_authToken=***"),
        ("RUN /bin/sh -c curl -H 'Authorization: Bearer ey.J' x", "RUN /bin/sh -c curl -H 'Authorization: ***' x"),
        ("RUN curl -H Authorization: Bearer hunter2 x", "RUN curl -H Authorization: *** x"),
        ('RUN curl -H "X-Api-Key: hunter2" x', 'RUN curl -H "X-Api-Key: ***" x'),
        ("RUN /bin/sh -c login --password hunter2", "RUN /bin/sh -c login --password ***"),
        ("RUN x --token=hunter2 --registry-token hunter2 y", "RUN x --token=*** --registry-token *** y"),
        ('RUN ["x", "--password", "hunter2", "y"]', 'RUN ["x", "--password", ***, "y"]'),
        ("ADD https://bob:hunter2@x.example/root.tar /", "ADD https://***@x.example/root.tar /"),
        ("RUN wget https://bob:hun/ter2@x.example/a", "RUN wget https://***@x.example/a"),
        ("RUN git clone https://hunter2@git.example/a", "RUN git clone https://***@git.example/a"),
        ("RUN curl -u bob:hunter2 https://x.example", "RUN curl -u *** https://x.example"),
        ("RUN curl -sSLu bob:hunter2 x; id -u bob", "RUN curl -sSLu *** x; id -u bob"),
        ("RUN curl -ubob:hunter2 x", "RUN curl -u*** x"),
        ("RUN curl --user 'bob:hunter 2' x", "RUN curl --user *** x"),
        ("RUN mysql -uroot -phunter2 db", "RUN mysql -uroot -p*** db"),
        ("RUN docker login -u bob -p hunter2 ghcr.io", "RUN docker login -u bob -p *** ghcr.io"),
        ("RUN echo 'root:hunter2' | chpasswd", "RUN echo 'root:***' | chpasswd"),
        ("RUN echo machine a login b password hunter2 > .netrc", "RUN echo machine a login b password *** > .netrc"),
        ("RUN x ghp_0123456789abcdefABCD y", "RUN x *** y"),
        ("RUN x \x1b[31mghp_0123456789abcdefABCD y", "RUN x  [31m*** y"),
        ("RUN make PASS\u200bWORD=x TOKEN=hunter2\nmore", "RUN make PASS WORD=x TOKEN=*** more"),
    ],
)
def test_secrets_of_a_history_entry_are_hidden(entry, kept):
    assert masked(entry) == kept
    assert masked(kept) == kept


@pytest.mark.parametrize(
    "entry",
    [
        "COPY /src /app # buildkit",
        "COPY --chown=app:app secret /x",
        "RUN /bin/sh -c apt-get install -y openssl passwd",
        "RUN --mount=type=secret,id=npm_token,target=/root/.npmrc npm ci",
        'RUN x --password "$PASS" --token ${TOKEN} y',
        "RUN pip install git+ssh://git@git.example/x",
        "RUN curl http://cache.example:8080/pkg@1.0.tgz",
        "RUN mkdir -p /x && useradd -u 1000 -p x app",
        "RUN docker login --password-stdin ghcr.io",
        "RUN BYPASS=1 AUTHORS=me make",
    ],
)
def test_what_is_no_secret_is_shown_as_it_is(entry):
    assert masked(entry) == entry


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "token",
        "-token ",
        "://",
        "://a:",
        "login x ",
        "curl -u ",
        "'\"",
        "TOKEN='",
        " /a/",
        "sh a b ",
        "_-pass",
        "\\",
    ],
)
def test_a_hostile_history_of_megabytes_costs_no_more_than_a_long_one(piece):
    """What is looked at is bounded; a pattern that grows with the square of that is seen in the seconds it takes."""
    assert len(masked(piece * 1_000_000)) <= 500
    for start in ("", "RUN |9 A=", "|999 "):
        assert len(masked(start + piece * 1000)) <= 500


@pytest.mark.parametrize(
    ("count", "noun", "text"),
    [
        (1, "finding", "1 finding"),
        (0, "finding", "0 findings"),
        (1234, "vulnerability", "1,234 vulnerabilities"),
        (6, "day", "6 days"),
        (2, "key", "2 keys"),
    ],
)
def test_counts_read_well(count, noun, text):
    assert plural(count, noun) == text
