"""Get the KEV catalog and the EPSS scores: from a file of the policy, or from the publisher through the cache.

A feed that is missing, unreadable or too old is an error; it never means that nothing is exploited.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar

from gate.errors import GateError, InputError, RegistryError
from gate.io import files, verbose
from gate.io.run_context import RunContext
from gate.judging.feeds import EPSS_URL, KEV_URL, Feed, parse_epss, parse_kev
from gate.policy import spell
from gate.policy.loader import Loaded
from gate.text import one_line

_LARGEST_CACHED = 256 << 20  # bytes
_LARGEST_DOWNLOAD = 64 << 20  # bytes; all EPSS scores are about 2 MB
_RENEW = timedelta(hours=12)  # both are published once a day at most
_DRIFT = timedelta(days=1)  # how far clocks may differ

T = TypeVar("T")


def load_feeds(
    loaded: Loaded, context: RunContext, download: Callable[[str], bytes] | None
) -> tuple[frozenset[str] | None, Mapping[str, float] | None]:
    """Return the ids in the KEV catalog and the EPSS scores by id; None for a feed that the policy does not use.

    `download` fetches a URL; None when offline. Downloads are cached, except in CI, where other jobs may write to the
    cache. Raises `InputError` when a feed is not available, or older than `feeds.max_age`.
    """
    rules, named = loaded.policy.fail_on, loaded.policy.feeds
    feeds = _Feeds(loaded, context, None if context.in_ci else context.cache / "feeds", download)
    exploited, epss = None, None
    if named.known_exploited is not None:
        exploited = feeds.from_file(named.known_exploited, parse_kev)
    elif rules.known_exploited:
        exploited = feeds.from_publisher("known-exploited", KEV_URL, parse_kev)
    if named.epss is not None:
        epss = feeds.from_file(named.epss, parse_epss)
    elif rules.epss is not None:
        epss = feeds.from_publisher("epss", EPSS_URL, parse_epss)
    return exploited, epss


def download(url: str, context: RunContext) -> bytes:
    """Fetch a feed from its publisher. Raises `RegistryError`."""
    from gate.io.http_client import Http

    with Http(context.env, idle=30, deadline=120, run=context.deadline) as http:

        def ask() -> bytes:
            with http.open("GET", url, {}) as reply:
                if reply.status != HTTPStatus.OK:
                    raise RegistryError(f"{reply.host} answered {reply.status}")
                return reply.read(_LARGEST_DOWNLOAD)

        return http.patiently(ask)


@dataclass(frozen=True)
class _Feeds:
    loaded: Loaded
    context: RunContext
    folder: Path | None
    """The cache; None where it does not count."""
    download: Callable[[str], bytes] | None

    def from_file(self, name: str, parse: Callable[[bytes, str], Feed[T]]) -> T:
        """Entries of a file of the policy. Raises `InputError` when it is too old."""
        shown, max_age = one_line(name, 200), self.loaded.policy.feeds.max_age
        feed = parse(self.loaded.files[name], shown)
        if not self._within(max_age, feed.made):
            raise InputError(
                f"{shown} is of {feed.made:%Y-%m-%d}, which feeds.max_age ({spell(max_age)}) does not allow",
                hint="fetch it anew, or allow an older one",
            )
        return feed.entries

    def from_publisher(self, name: str, url: str, parse: Callable[[bytes, str], Feed[T]]) -> T:
        """Entries of the cached feed when it is fresh, else of a download, else of the cached feed within `max_age`."""
        cached, max_age = self._cached(name, parse), self.loaded.policy.feeds.max_age
        if cached and self.folder and self._within(min(_RENEW, max_age), cached.made):
            verbose.from_cache(name, self.folder)
            return cached.entries
        problem: GateError | None = None
        if self.download is not None:
            try:
                data = self.download(url)
                feed = parse(data, url)
            except GateError as exc:
                problem = exc
            else:
                self._cache(name, data)
                return feed.entries
        if cached and self._within(max_age, cached.made):
            return cached.entries
        why = problem.problem if problem else "nothing may be fetched"
        state = f"the cached one is of {cached.made:%Y-%m-%d}" if cached else "none is cached"
        raise InputError(
            f"{url} is not available ({one_line(why, 300)}) and {state}",
            hint="name a file of it in the policy (feeds), or run once with network",
        ) from problem

    def _within(self, max_age: timedelta, made: datetime) -> bool:
        return -_DRIFT <= self.context.now - made <= max_age

    def _cached(self, name: str, parse: Callable[[bytes, str], Feed[T]]) -> Feed[T] | None:
        """The cached feed, with the time of its download (the first line); None when it is unreadable."""
        if self.folder is None or not files.is_private(self.folder):
            return None
        try:
            fetched, _, data = files.read(self.folder / name, limit=_LARGEST_CACHED, what="feed").partition(b"\n")
            return Feed(parse(data, name).entries, datetime.fromisoformat(fetched.decode("ascii")))
        except (GateError, ValueError):
            return None

    def _cache(self, name: str, data: bytes) -> None:
        if self.folder is None:
            return
        try:
            self.folder.mkdir(parents=True, mode=0o700, exist_ok=True)
            if files.is_own(self.folder) and not files.is_private(self.folder):
                for path in self.folder.iterdir():  # other users could have written these
                    path.unlink()
                self.folder.chmod(0o700)
        except OSError as exc:
            raise InputError(
                f"{one_line(str(self.folder), 200)} cannot be made: {exc.strerror}", hint=files.NOT_WRITTEN
            ) from exc
        files.write(self.folder / name, self.context.now.isoformat().encode("ascii") + b"\n" + data)
