"""A manual page in roff's `man` macros (man(7)), for man, groff and mandoc alike."""

from collections.abc import Iterator
from dataclasses import dataclass

from gate.text import one_line

_ESCAPES = str.maketrans(
    {
        "\\": r"\(rs",
        "-": r"\-",  # or it is shown as a hyphen, which nobody can paste into a shell
        "'": r"\(aq",
        "`": r"\(ga",
        "^": r"\(ha",
        "~": r"\(ti",
        '"': r"\(dq",
    }
)


@dataclass(frozen=True)
class Page:
    """What the page of one command says; no text of it is markup."""

    name: str
    """As it is typed: `gate policy check`."""
    summary: str
    usage: str
    """What follows the name: `[OPTIONS] IMAGE...`."""
    paragraphs: tuple[str, ...]
    options: tuple[tuple[str, str], ...] = ()
    """As they are typed, and what they do."""
    commands: tuple[tuple[str, str], ...] = ()
    """Of a group: name and summary."""
    codes: tuple[tuple[int, str], ...] = ()
    """Exit codes and what they mean."""
    related: tuple[str, ...] = ()
    """Other commands, as they are typed."""
    version: str = ""


def file_name(command: str) -> str:
    """`gate-policy-check.1`."""
    return f"{_dashed(command)}.1"


def render(page: Page) -> str:
    """The page, ASCII alone: what is not is written as roff names it."""
    return "\n".join(_lines(page)) + "\n"


def _lines(page: Page) -> Iterator[str]:
    yield f'.TH "{_text(_dashed(page.name).upper())}" "1" "" "{_text(f"gate {page.version}")}" "gate"'
    yield ".SH NAME"
    yield f"{_line(_dashed(page.name))} \\- {_text(page.summary)}"
    yield ".SH SYNOPSIS"
    yield f".B {_text(page.name)}"
    yield _line(page.usage)
    yield ".SH DESCRIPTION"
    for number, paragraph in enumerate(page.paragraphs):
        if number:
            yield ".PP"
        yield _line(paragraph)
    yield from _list("COMMANDS", page.commands)
    yield from _list("OPTIONS", page.options)
    yield from _list("EXIT STATUS", [(str(code), meaning) for code, meaning in page.codes])
    if page.related:
        yield ".SH SEE ALSO"
        yield ",\n".join(f".BR {_text(_dashed(one))} (1)" for one in page.related)


def _list(title: str, rows: tuple[tuple[str, str], ...] | list[tuple[str, str]]) -> Iterator[str]:
    if rows:
        yield f".SH {title}"
    for term, meaning in rows:
        yield ".TP"
        yield f"\\fB{_text(term)}\\fR"
        yield _line(meaning)


def _dashed(name: str) -> str:
    return name.replace(" ", "-")


def _line(text: str) -> str:
    """A line that is no request, whatever it starts with."""
    shown = _text(text)
    return rf"\&{shown}" if shown.startswith((".", r"\(aq")) else shown


def _text(text: str) -> str:
    escaped = one_line(text, 4000).translate(_ESCAPES)
    return "".join(one if one.isascii() else f"\\[u{ord(one):04X}]" for one in escaped)
