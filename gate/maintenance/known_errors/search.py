"""Search a log of any size for known errors, in one pass and with little memory."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import IO

from gate.maintenance.known_errors.known import KnownError, known

_CHUNK = 1 << 20
_LONGEST = 1 << 12
"""Maximum length of the part of a line before and after a phrase, in bytes."""
ENOUGH = 10_000
"""Lines with phrases of an error after which it is not searched any more."""
# Colours, cursor movements, titles and hyperlinks. Bounded, so that an unfinished sequence does not swallow text.
_ESCAPES = re.compile(rb"\x1b(?:\[[0-?]{0,40}[ -/]{0,5}[@-~]|\][^\x07\x1b\n]{0,2000}(?:\x07|\x1b\\)|[@-Z\\^_])")
_BREAKS = (b"\n", b"\r")


@dataclass
class Match:
    """A known error in a log."""

    error: KnownError
    line: int
    """Line of its first occurrence, from 1."""
    times: int = 1
    """Number of lines with it; at most 10,000 are counted."""


def search(log: IO[bytes]) -> list[Match]:
    """Find the known errors of a log, in order of their first line; vague ones only when there is no other."""
    matches: dict[str, Match] = {}
    remaining = dict.fromkeys((error.id for error in known()), ENOUGH)
    for first_line, text in _pieces(log):
        for error in known():
            for start, is_match in islice(_candidates(text, error), remaining[error.id]):
                remaining[error.id] -= 1
                if not is_match:
                    continue
                if error.id in matches:
                    matches[error.id].times += 1
                else:
                    matches[error.id] = Match(error, first_line + text.count(b"\n", 0, start))
    ordered = sorted(matches.values(), key=lambda match: match.line)
    return [match for match in ordered if not match.error.vague] or ordered


def _candidates(text: bytes, error: KnownError) -> Iterator[tuple[int, bool]]:
    """Start of each line with a phrase of this error, and whether it is the first error of the table that matches.

    It searches for phrases, not line by line, so that no byte is read twice for the same phrase.
    """
    done = set()
    for phrases in error.words:
        phrase = phrases[0].encode()
        position = text.find(phrase)
        while position >= 0:
            start, end = _line_around(text, position, position + len(phrase))
            if start not in done:
                done.add(start)
                yield start, _first_match(text[start:end]) is error
            position = text.find(phrase, end)


def _line_around(text: bytes, start: int, end: int) -> tuple[int, int]:
    """Start and end of the line around a phrase, limited in length."""
    first, last = max(0, start - _LONGEST), end + _LONGEST
    before = max(text.rfind(line_break, first, start) for line_break in _BREAKS)
    after = [position for line_break in _BREAKS if (position := text.find(line_break, end, last)) >= 0]
    return (before + 1 if before >= 0 else first), min(after, default=min(last, len(text)))


def _first_match(line: bytes) -> KnownError | None:
    text = line.decode("utf-8", "replace")
    return next(
        (error for error in known() if any(all(phrase in text for phrase in phrases) for phrases in error.words)), None
    )


def _pieces(log: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Pieces of whole lines, about a megabyte each, lower case without escape codes, with their first line number."""
    number, rest = 1, b""
    while chunk := log.read(_CHUNK):
        data = rest + chunk.replace(b"\0", b"")  # UTF-16, as PowerShell writes it
        end = data.rfind(b"\n") + 1
        if not end and len(data) > _CHUNK:
            yield number, _plain(data)
            rest = data[-_LONGEST:]
            continue
        whole, rest = data[:end], data[end:]
        if whole:
            yield number, _plain(whole)
            number += whole.count(b"\n")
    if rest:
        yield number, _plain(rest)


def _plain(data: bytes) -> bytes:
    return (_ESCAPES.sub(b"", data) if b"\x1b" in data else data).lower()
