"""Which vulnerabilities are exploited (CISA's catalogue) or likely to be (FIRST's EPSS): read, renewed, never guessed.

A list that is absent, unreadable or too old is an error: it never means that nothing is exploited.
"""

import math
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Generic, TypeVar

from gate.errors import GateError, InputError
from gate.io import files, strict_json
from gate.policy import Policy, spell
from gate.text import one_line

KEV_URL = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
EPSS_URL = "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"
_LARGEST = 256 << 20  # unpacked; the real ones have 2 and 10 MB
_RENEW = timedelta(hours=12)  # both are published once a day at most
_DRIFT = timedelta(days=1)  # a date further ahead than clocks differ is no date
_NAME = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}")
_DECIMAL = re.compile(r"[0-9]{0,20}\.?[0-9]{1,20}(?:[eE][+-]?[0-9]{1,3})?")
_SCORED = re.compile(r"score_date:([0-9T:+-]+Z?)")

T = TypeVar("T")


@dataclass(frozen=True)
class Feed(Generic[T]):
    """A list and when it was made, as it says itself."""

    entries: T
    made: datetime


@dataclass(frozen=True)
class Lists:
    """What is known of exploitation; None for what the policy does not ask for."""

    known_exploited: frozenset[str] | None = None
    epss: Mapping[str, float] | None = None


def load(
    policy: Policy,
    contents: Mapping[str, bytes],
    *,
    cache: Path | None,
    now: datetime,
    fetch: Callable[[str], bytes] | None,
) -> Lists:
    """The lists that the policy asks for or names.

    `contents` are the files that it names, read already; `fetch` gets a public list (None when offline), which is
    kept in `cache`/feeds; where no cache counts (in CI), `cache` is None. Raises `InputError` when a list cannot be had
    or is older than `feeds.max_age`.
    """
    feeds, exploited, epss = policy.feeds, None, None
    store = _Store(cache / "feeds" if cache else None, feeds.max_age, now, fetch)
    if feeds.known_exploited is not None:
        exploited = store.given(contents[feeds.known_exploited], feeds.known_exploited, parse_kev)
    elif policy.fail_on.known_exploited:
        exploited = store.public("known-exploited", KEV_URL, parse_kev)
    if feeds.epss is not None:
        epss = store.given(contents[feeds.epss], feeds.epss, parse_epss)
    elif policy.fail_on.epss is not None:
        epss = store.public("epss", EPSS_URL, parse_epss)
    return Lists(exploited, epss)


@dataclass(frozen=True)
class _Store:
    folder: Path | None
    max_age: timedelta
    now: datetime
    fetch: Callable[[str], bytes] | None

    def given(self, data: bytes, name: str, parse: Callable[[bytes, str], Feed[T]]) -> T:
        """A file's entries, when it says itself that it is young enough."""
        shown = one_line(name, 200)
        feed = parse(data, shown)
        if not self._young(feed.made, self.max_age):
            raise InputError(
                f"{shown} is of {feed.made:%Y-%m-%d}, which feeds.max_age ({spell(self.max_age)}) does not allow",
                hint="fetch it anew, or allow an older one",
            )
        return feed.entries

    def public(self, name: str, url: str, parse: Callable[[bytes, str], Feed[T]]) -> T:
        """A public list: the kept one while it is fresh, a new one when it can be had, the kept one until too old."""
        kept = self._kept(name, parse)
        if kept and self._young(kept.made, min(_RENEW, self.max_age)):
            return kept.entries
        problem: GateError | None = None
        if self.fetch is not None:
            try:
                data = self.fetch(url)
                feed = parse(data, url)
            except GateError as exc:
                problem = exc
            else:
                self._keep(name, data)
                return feed.entries
        if kept and self._young(kept.made, self.max_age):
            return kept.entries
        why = problem.problem if problem else "nothing may be fetched"
        state = f"the kept one is of {kept.made:%Y-%m-%d}" if kept else "none is kept"
        raise InputError(
            f"{url} cannot be had ({one_line(why, 300)}) and {state}",
            hint="name a file of it in the policy (feeds), or run once with network",
        ) from problem

    def _young(self, made: datetime, most: timedelta) -> bool:
        return -_DRIFT <= self.now - made <= most

    def _kept(self, name: str, parse: Callable[[bytes, str], Feed[T]]) -> Feed[T] | None:
        """What was fetched before: a line with the time of it, then the bytes. What cannot be read is none."""
        if self.folder is None or not files.is_private(self.folder):
            return None
        path = self.folder / name
        if not path.is_file():
            return None
        try:
            fetched, _, data = files.read(path, limit=_LARGEST, what="feed").partition(b"\n")
            return Feed(parse(data, name).entries, datetime.fromisoformat(fetched.decode("ascii")))
        except (GateError, ValueError):
            return None

    def _keep(self, name: str, data: bytes) -> None:
        if self.folder is None:
            return
        try:
            self.folder.mkdir(parents=True, mode=0o700, exist_ok=True)
            if files.is_own(self.folder) and not files.is_private(self.folder):
                for path in self.folder.iterdir():  # others could have written it
                    path.unlink()
                self.folder.chmod(0o700)
        except OSError as exc:
            raise InputError(
                f"{one_line(str(self.folder), 200)} cannot be made: {exc.strerror}", hint=files.NOT_WRITTEN
            ) from exc
        files.write(self.folder / name, self.now.isoformat().encode("ascii") + b"\n" + data)


def parse_kev(data: bytes, name: str) -> Feed[frozenset[str]]:
    """Read CISA's known_exploited_vulnerabilities.json. Raises `InputError`."""
    document = strict_json.loads(data, name)
    entries = document.get("vulnerabilities") if isinstance(document, dict) else None
    if not isinstance(entries, list) or not entries:
        raise InputError(f"{name} holds no list of known exploited vulnerabilities", hint=f"it is at {KEV_URL}")
    found = frozenset(_cve(one.get("cveID") if isinstance(one, dict) else None, name) for one in entries)
    if document.get("count", len(entries)) != len(entries):
        raise InputError(f"{name} holds {len(entries)} entries and says that it has {one_line(str(document['count']))}")
    return Feed(found, _moment(document.get("dateReleased"), name))


def parse_epss(data: bytes, name: str) -> Feed[dict[str, float]]:
    """Read FIRST's scores: the CSV of all, gzipped or not, or an answer of their API. Raises `InputError`."""
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
