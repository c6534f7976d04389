"""Parse CISA's KEV catalog (vulnerabilities known to be exploited) and FIRST's EPSS scores."""

import math
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from gate.errors import InputError
from gate.io import strict_json
from gate.text import one_line

KEV_URL = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
EPSS_URL = "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"
_LARGEST = 256 << 20  # unpacked; the real ones have 2 and 10 MB
_NAME = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}")
_DECIMAL = re.compile(r"[0-9]{0,20}\.?[0-9]{1,20}(?:[eE][+-]?[0-9]{1,3})?")
_SCORED = re.compile(r"score_date:([0-9T:+-]+Z?)")

T = TypeVar("T")


@dataclass(frozen=True)
class Feed(Generic[T]):
    """Entries of a feed, and its date as the feed states it."""

    entries: T
    made: datetime


def parse_kev(data: bytes, name: str) -> Feed[frozenset[str]]:
    """Parse CISA's `known_exploited_vulnerabilities.json`. Raises `InputError`."""
    document = strict_json.loads(data, name)
    entries = document.get("vulnerabilities") if isinstance(document, dict) else None
    if not isinstance(entries, list) or not entries:
        raise InputError(f"{name} holds no list of known exploited vulnerabilities", hint=f"it is at {KEV_URL}")
    found = frozenset(_cve(one.get("cveID") if isinstance(one, dict) else None, name) for one in entries)
    if document.get("count", len(entries)) != len(entries):
        raise InputError(f"{name} holds {len(entries)} entries and says that it has {one_line(str(document['count']))}")
    return Feed(found, _moment(document.get("dateReleased"), name))


def parse_epss(data: bytes, name: str) -> Feed[dict[str, float]]:
    """Parse FIRST's scores: the CSV of all, gzipped or not, or an answer of their API. Raises `InputError`."""
    if data.startswith(b"\x1f\x8b"):
        data = _unpacked(data, name)
    return _epss_answer(data, name) if data.lstrip()[:1] == b"{" else _epss_table(data, name)


def _epss_table(data: bytes, name: str) -> Feed[dict[str, float]]:
    try:
        rows = data.decode("ascii").splitlines()
    except UnicodeDecodeError as exc:
        raise InputError(f"{name} is no table of EPSS scores", hint=f"it is at {EPSS_URL}") from exc
    dated = _SCORED.search(rows[0]) if rows and rows[0].startswith("#") else None
    head = rows[1].split(",")[:2] if dated and len(rows) > 1 else []
    if not dated or head != ["cve", "epss"]:
        raise InputError(
            f"{name} is no table of EPSS scores with its date",
            hint="it begins with #model_version:…,score_date:… and cve,epss,percentile",
        )
    return Feed(_scores(([*row.split(",", 2), ""][:2] for row in rows[2:] if row), name), _moment(dated[1], name))


def _epss_answer(data: bytes, name: str) -> Feed[dict[str, float]]:
    document = strict_json.loads(data, name)
    entries = document.get("data")
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise InputError(f"{name} is no answer of FIRST's EPSS API")
    if document.get("total") != len(entries):
        raise InputError(
            f"{name} holds {len(entries)} of {one_line(str(document.get('total')), 20)} scores",
            hint="take the table of all of them instead",
        )
    scores = _scores(([str(one.get("cve")), str(one.get("epss"))] for one in entries), name)
    return Feed(scores, min(_moment(one.get("date"), name) for one in entries))


def _scores(rows: Iterator[list[str]], name: str) -> dict[str, float]:
    found = {}
    for cve, score in rows:
        number = float(score) if _DECIMAL.fullmatch(score) else math.nan
        if not 0 <= number <= 1:
            raise InputError(f"{name} gives {one_line(cve, 40)} the score {one_line(score, 40)!r}")
        found[_cve(cve, name)] = number
    if not found:
        raise InputError(f"{name} holds no score")
    return found


def _cve(value: Any, name: str) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise InputError(f"{name} names {one_line(str(value), 40)!r}, which is no CVE")
    return value


def _moment(value: Any, name: str) -> datetime:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError) as exc:
        raise InputError(f"{name} does not say when it was made") from exc
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _unpacked(data: bytes, name: str) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        found = unpacker.decompress(data, _LARGEST)
    except zlib.error as exc:
        raise InputError(f"{name} is not readable as gzip") from exc
    if not unpacker.eof:
        raise InputError(f"{name} is cut off, or larger than {_LARGEST:,} bytes unpacked")
    return found
