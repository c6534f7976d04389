"""HTTP client with redirects, retries and a deadline.

Whatever goes wrong comes out as `RegistryError`; what may go better next time as its subclass `TransientError`,
which `Http.patiently` retries.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.client import HTTPException
from typing import Self, TypeVar
from urllib.parse import unquote, urlsplit

import urllib3
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from gate.errors import RegistryError
from gate.io import verbose
from gate.io.deadline import Deadline
from gate.io.http_client.errors import TransientError, explained, host_of
from gate.io.http_client.proxy import proxy_for, tls
from gate.io.http_client.response import Reply, checked, redirected
from gate.io.http_client.sockets import Sockets

T = TypeVar("T")

_TRIES = 5
_LONGEST_PAUSE = 60.0
"""Seconds; a server that asks for a longer pause is believed, and the run ends instead."""
_REDIRECTS = 5
_CONNECT = 15.0
"""Seconds for a connection to come about: where packets vanish, five tries of it are enough to wait."""
_CHUNK = 1 << 18
_DRAIN = 1 << 16
"""Bytes of an unwanted answer that are read so that its connection can be used again."""


class Http:
    """Connections to any host, kept until the end of the `with`; safe to use from several threads."""

    def __init__(  # noqa: PLR0913 the bounds of all that is asked
        self,
        env: Mapping[str, str],
        *,
        idle: float,
        deadline: float,
        run: Deadline | None = None,
        pause: float = 0.5,
        connections: int = 4,
    ) -> None:
        """Take proxies and authorities from `env`; `idle` s bound each wait, `deadline` s and `run` the whole life.

        `pause` is the first pause, in seconds, before a try is repeated; it doubles each time.
        """
        self._env = env
        self._idle = idle
        self._allowed = deadline
        self._run = run or Deadline()
        left = self._run.left(deadline)
        self._ends = time.monotonic() + left
        self._pause = pause
        self._connections = connections
        self._managers: dict[str, urllib3.PoolManager] = {}
        self._lock = threading.Lock()
        self._sockets = Sockets()
        self._stopped = threading.Event()
        self._timer = threading.Timer(left, self.abort)

    def __enter__(self) -> Self:
        """Start the clock: a timer ends every connection when it runs out, even one that drips."""
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close every connection; no thread is left."""
        self._timer.cancel()
        self._timer.join()
        for manager in self._managers.values():
            manager.clear()

    def abort(self) -> None:
        """Close every connection now, from any thread: waiting requests raise `RegistryError`."""
        self._stopped.set()
        self._sockets.end()

    def patiently(self, work: Callable[[], T]) -> T:
        """Do `work`, and again after a growing pause when it raises `TransientError`, a bounded number of times."""
        tries = 0
        while True:
            try:
                return work()
            except TransientError as exc:
                tries += 1
                pause = self._pause * 2 ** (tries - 1) * random.uniform(0.5, 1.5)  # noqa: S311 spreads load, hides nothing
                if exc.pause is not None:
                    pause = exc.pause
                    if pause > _LONGEST_PAUSE:
                        raise RegistryError(
                            f"{exc.problem}, and asks to wait for {pause:,.0f} s", hint=exc.hint
                        ) from exc
                if tries == _TRIES or pause > self._ends - time.monotonic():
                    more = f"give the run more time with {self._run.option}" if self._run.option else ""
                    hint = "; or ".join(part for part in (exc.hint, more if tries < _TRIES else "") if part)
                    raise RegistryError(f"{exc.problem}, after {tries} tries", hint=hint) from exc
                self._stopped.wait(pause)

    @contextmanager
    def open(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        *,
        body: bytes | None = None,
        follow: Callable[[str], bool] = lambda _: True,
    ) -> Iterator[Reply]:
        """Ask, follow redirects, and hand out the answer, whatever its status, except those worth a retry.

        `Authorization` goes to the origin of `url` alone. A redirect to a URL that `follow` does not want is an answer
        too. Raises `TransientError` for 408, 429, 5xx, resets and timeouts, `RegistryError` for what will not mend
        itself.
        """
        sent = dict(headers)
        for _ in range(_REDIRECTS + 1):
            with self._translated(url):
                response = self._ask(method, url, sent, body)
            try:
                if self._stopped.is_set():  # headers that were cut off look like an answer
                    raise self._over()
                if response.status not in {301, 302, 303, 307, 308}:
                    yield self._reply(response, url)
                    return
                target = redirected(url, response.headers.get("Location", ""))
                if not follow(target):
                    yield self._reply(response, url)
                    return
                if body is not None:
                    raise RegistryError(f"{host_of(url)} redirects a question that may hold a secret")
            finally:
                self._put_back(response)
            if urlsplit(target)[:2] != urlsplit(url)[:2]:
                sent = {name: value for name, value in sent.items() if name.lower() != "authorization"}
            url = target
        raise RegistryError(f"{host_of(url)} redirects without end", hint="is it a registry, and is the name right?")

    def _ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> BaseHTTPResponse:
        left = self._ends - time.monotonic()
        if left <= 0 or self._stopped.is_set():
            raise self._over()
        status, started = None, time.monotonic()
        try:
            response = self._manager(url).request(
                method,
                url,
                headers={"User-Agent": "ghcr-gate", **headers},
                body=body,
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
                timeout=urllib3.Timeout(connect=min(self._idle, _CONNECT, left), read=min(self._idle, left)),
            )
            status = response.status
            return response
        finally:
            verbose.asked(method, url, status, time.monotonic() - started)

    def _reply(self, response: BaseHTTPResponse, url: str) -> Reply:
        headers = {name.lower(): value for name, value in response.headers.items()}
        checked(response.status, headers, host_of(url))
        return Reply(response.status, headers, host_of(url), self._chunks(response, url))

    def _chunks(self, response: BaseHTTPResponse, url: str) -> Iterator[bytes]:
        while True:
            with self._translated(url):
                chunk = response.read1(_CHUNK)
            if self._stopped.is_set():
                raise self._over()
            if not chunk:
                return
            yield chunk

    def _put_back(self, response: BaseHTTPResponse) -> None:
        """Keep the connection when little is left to read, else close it."""
        left = _DRAIN if response.status != HTTPStatus.OK else 0
        with suppress(HTTPError, HTTPException, OSError, ValueError):
            while left > 0 and (piece := response.read1(left)):
                left -= len(piece)
        if response.connection:  # it lets go by itself when all was read
            response.close()

    @contextmanager
    def _translated(self, url: str) -> Iterator[None]:
        """Turn what the library raises into ours, which name the host and never the URL: that may be signed."""
        try:
            yield
        except (HTTPError, HTTPException, OSError, ValueError) as exc:
            raise self._over() if self._stopped.is_set() else explained(exc, url) from exc

    def _over(self) -> RegistryError:
        if self._run.passed:
            seconds, option = self._run.seconds, self._run.option
            return RegistryError(
                f"not everything was there when the {seconds:,.0f} s of the whole run ({option}) were over",
                hint=f"the network or the other side is slow: give the run more time with {option}",
            )
        if self._ends <= time.monotonic():
            return RegistryError(
                f"not everything was there after {self._allowed:,.0f} s",
                hint="the network or the other side is slow: allow more time, or try again",
            )
        return RegistryError("given up, because something else failed")

    def _manager(self, url: str) -> urllib3.PoolManager:
        proxy = proxy_for(url, self._env) or ""
        with self._lock:
            key = urlsplit(url).scheme + proxy
            if key not in self._managers:
                self._managers[key] = self._new_manager(url, proxy)
            return self._managers[key]

    def _new_manager(self, url: str, proxy: str) -> urllib3.PoolManager:
        secure = "https" in {urlsplit(url).scheme, urlsplit(proxy).scheme}
        context = tls(self._env) if secure else None
        maxsize = self._connections
        if not proxy:
            manager = urllib3.PoolManager(maxsize=maxsize, ssl_context=context)
        else:
            parts = urlsplit(proxy)
            login = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}" if parts.username else None
            manager = urllib3.ProxyManager(
                f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}",
                proxy_headers=urllib3.make_headers(proxy_basic_auth=login),
                maxsize=maxsize,
                ssl_context=context,
                proxy_ssl_context=context,
            )
        manager.pool_classes_by_scheme = self._sockets.pools()
        return manager
