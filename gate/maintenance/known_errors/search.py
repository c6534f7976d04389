"""A log, whatever it is and however long, searched for known errors in one pass and little memory."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import IO

from gate.maintenance.known_errors.known import Trouble, known

_CHUNK = 1 << 20
_LONGEST = 1 << 12
"""Bytes before and after a phrase that are looked at together."""
ENOUGH = 10_000
"""Lines with words of an error after which it is looked for no further."""
# Colours, cursor movements and titles; hyperlinks. Bounded, so that text in between is not lost to an open one.
_ESCAPES = re.compile(rb"\x1b(?:\[[0-?]{0,40}[ -/]{0,5}[@-~]|\][^\x07\x1b\n]{0,2000}(?:\x07|\x1b\\)|[@-Z\\^_])")
_BREAKS = (b"\n", b"\r")


@dataclass
class Seen:
    """An error that a log has."""

    trouble: Trouble
    line: int
    """Where it is first, counted from 1 by line feeds."""
    times: int = 1
    """Lines; at most 10,000 are counted."""


def search(log: IO[bytes]) -> list[Seen]:
    """What the log has, the first met first; errors that name no cause only when there is no other."""
    found: dict[str, Seen] = {}
    looks = dict.fromkeys((one.id for one in known()), ENOUGH)
    for first, text in _pieces(log):
        for trouble in known():
            for place, meant in islice(_places(text, trouble), looks[trouble.id]):
                looks[trouble.id] -= 1
                if not meant:
                    continue
                if trouble.id in found:
                    found[trouble.id].times += 1
                else:
                    found[trouble.id] = Seen(trouble, first + text.count(b"\n", 0, place))
    seen = sorted(found.values(), key=lambda one: one.line)
    return [one for one in seen if not one.trouble.vague] or seen


def _places(text: bytes, trouble: Trouble) -> Iterator[tuple[int, bool]]:
    """Where lines with phrases of this error begin, and whether it is meant: the first of the table that they have.

    From phrase to phrase, not line by line: no byte is looked at twice for the same phrase.
    """
    done = set()
    for together in trouble.words:
        phrase = together[0].encode()
        place = text.find(phrase)
        while place >= 0:
            start, end = _around(text, place, place + len(phrase))
            if start not in done:
                done.add(start)
                yield start, _meant(text[start:end]) is trouble
            place = text.find(phrase, end)


def _around(text: bytes, start: int, end: int) -> tuple[int, int]:
    """The line that has this phrase, or as much of it as is looked at together."""
    first, last = max(0, start - _LONGEST), end + _LONGEST
    before = max(text.rfind(one, first, start) for one in _BREAKS)
    after = [place for one in _BREAKS if (place := text.find(one, end, last)) >= 0]
    return (before + 1 if before >= 0 else first), min(after, default=min(last, len(text)))


def _meant(line: bytes) -> Trouble | None:
    said = line.decode("utf-8", "replace")
    return next((one for one in known() if any(all(map(said.__contains__, each)) for each in one.words)), None)


def _pieces(log: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Whole lines in pieces of about a megabyte, in lower case and plain, with the number of the first line of each."""
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
