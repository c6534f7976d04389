"""Client for GitHub's REST API; it waits and retries when GitHub asks for it.

docs.github.com/rest/using-the-rest-api: versions, pagination by `Link`, rate limits.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from itertools import count
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode, urlsplit

from gate.errors import InputError, RegistryError, UsageError
from gate.io import strict_json
from gate.io.run_context import RunContext
from gate.text import is_digits, one_line

if TYPE_CHECKING:
    from gate.io.http_client import Reply

VERSION = "2022-11-28"
"""Version of the API; supported by GitHub Enterprise Server 3.9 and later."""
_PUBLIC = "https://api.github.com"
_TOKEN = re.compile(r"[!-~]{1,4096}")
_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,300}")
_NEXT = re.compile(r'<([^<>]{1,4000})>\s*;[^,<>]{0,200}\brel="?next\b"?')
_MOST = 1 << 23
"""Bytes of a response; a hundred analyses have a tenth of a megabyte."""
_PAGES = 50
_AT_LEAST = 60.0
"""Seconds to wait when GitHub names no time."""
_SLOW = "GitHub limits the requests of a token: try again later, with fewer requests at a time"


@dataclass(frozen=True)
class Answer:
    """A response of GitHub with any status, unless the request is to be repeated."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    value: Any
    """The body; None where it is not JSON."""

    @property
    def ok(self) -> bool:
        """Whether the status is a success."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def fields(self) -> Mapping[str, Any]:
        """The body if it is an object; else empty."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def message(self) -> str:
        """GitHub's message, safe to show; empty where there is none."""
        message = self.fields.get("message")
        return one_line(message, 400) if isinstance(message, str) else ""


class UnknownOutcomeError(RegistryError):
    """A request was sent and its response was lost: it may have been carried out or not."""


class Api:
    """The REST API of one GitHub, used with one token, as a context manager."""

    def __init__(self, context: RunContext, token: str, *, deadline: float) -> None:
        """Limit all requests together to `deadline` seconds.

        Raises `UsageError` for an address that no token may go to, or a malformed token.
        """
        from gate.io.http_client import Http

        if not _TOKEN.fullmatch(token):
            raise UsageError("the token for GitHub has invalid characters", hint="check it for line breaks and spaces")
        self.base = base(context)
        self.host = urlsplit(self.base).netloc
        self._headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {token}",
            "X-GitHub-Api-Version": VERSION,
        }
        self._http = Http(context.env, idle=60, deadline=deadline, run=context.deadline)

    def __enter__(self) -> Self:
        """Start the clock."""
        self._http.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        """Close every connection."""
        self._http.__exit__()

    def ask(self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: Any = None) -> Answer:
        """Send a request for `path`, which begins with `/`; `body` is sent as JSON.

        After 429, 5xx, a rate limit or a broken connection it is repeated, a bounded number of times, so it must be
        idempotent. A redirect is not followed. Raises `RegistryError`.
        """
        return self._patiently(method, self.base + path + (f"?{urlencode(query)}" if query else ""), body)

    def post_once(self, path: str, body: Any) -> Answer:
        """Send a request that creates something; it is not repeated when it may have been carried out.

        Raises `UnknownOutcomeError` then: check whether it was before you repeat it.
        """
        return self._patiently("POST", self.base + path, body, repeat_lost=False)

    def pages(self, path: str, query: Mapping[str, str], *, most: int = _PAGES) -> Iterator[Answer]:
        """Yield the pages of a list, up to the first one without success.

        Raises `RegistryError`, also when there are more than `most` pages.
        """
        answer = self.ask("GET", path, query={**query, "per_page": "100"})
        yield answer
        for page in count(2):
            if not answer.ok or not (link := _NEXT.search(answer.headers.get("link", ""))):
                return
            if page > most:
                raise RegistryError(f"a list of {self.host} has more than {most:,} pages")
            if not link[1].startswith(f"{self.base}/"):
                raise RegistryError(f"a list of {self.host} continues on another host")
            answer = self._patiently("GET", link[1], None)
            yield answer

    def _patiently(self, method: str, url: str, body: Any, *, repeat_lost: bool = True) -> Answer:
        from gate.io.http_client import TransientError

        sent = None if body is None else strict_json.dumps(body)
        headers = {**self._headers, **({} if sent is None else {"Content-Type": "application/json"})}

        def ask() -> Answer:
            try:
                with self._http.open(method, url, headers, body=sent, follow=lambda _: False) as reply:
                    answer = _read(reply)
            except TransientError as exc:
                if exc.answer_lost and not repeat_lost:
                    raise UnknownOutcomeError(exc.problem, hint=exc.hint) from exc
                if not exc.limited:
                    raise
                wait = _AT_LEAST if exc.pause is None else exc.pause
                raise TransientError(exc.problem, hint=_SLOW, pause=wait) from exc
            if (pause := _limited(answer)) is not None:
                message = answer.message or "its rate limit is reached"
                raise TransientError(f"{self.host} says: {message}", hint=_SLOW, pause=pause)
            return answer

        return self._http.patiently(ask)


def base(context: RunContext) -> str:
    """Return the URL of the API by Actions' variables. Raises `UsageError` unless it is https or localhost."""
    from gate.io.http_client.proxy import is_loopback

    env = context.env
    url = (env.get("GITHUB_API_URL") or _derived(env.get("GITHUB_SERVER_URL", ""))).rstrip("/")
    with suppress(ValueError):
        parts = urlsplit(url)
        secure = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
        if secure and parts.hostname and _HOST.fullmatch(parts.netloc) and not parts.query and not parts.fragment:
            return url
    raise UsageError(
        f"no token is sent to {one_line(url.rpartition('@')[2], 100)!r}",
        hint="GITHUB_API_URL, or GITHUB_SERVER_URL, is like https://api.github.com or https://github.example/api/v3",
    )


def _derived(server: str) -> str:
    """Return the API of a GitHub server, for when only GITHUB_SERVER_URL is set."""
    server = server.rstrip("/")
    if not server or server == "https://github.com":
        return _PUBLIC
    scheme, _, host = server.partition("://")
    return f"{scheme}://api.{host}" if host.endswith(".ghe.com") else f"{server}/api/v3"


def token(context: RunContext) -> str:
    """Return the token from the environment. Raises `UsageError` when there is none."""
    value = context.env.get("GATE_GITHUB_TOKEN", "").strip() or context.env.get("GITHUB_TOKEN", "").strip()
    if not value:
        raise UsageError(
            "there is no token for GitHub",
            hint="in a job of GitHub Actions: env: GITHUB_TOKEN: ${{ github.token }}; elsewhere GATE_GITHUB_TOKEN",
        )
    return value


def _read(reply: "Reply") -> Answer:
    raw = reply.read(_MOST)
    try:
        value = strict_json.loads(raw, "the answer") if raw else None
    except InputError:
        value = None  # such as the page of a proxy; the status says enough
    return Answer(reply.status, reply.headers, value)


def _limited(answer: Answer) -> float | None:
    """Return the seconds to wait for a rate limit, which GitHub reports as 403 too; None for other responses."""
    if answer.status != HTTPStatus.FORBIDDEN:
        return None
    retry_after = answer.headers.get("retry-after", "").strip()
    if is_digits(retry_after):
        return float(retry_after[:9])
    if answer.headers.get("x-ratelimit-remaining", "").strip() == "0":
        with suppress(KeyError, ValueError, TypeError, OverflowError):  # by the server's clock: ours may differ
            now = parsedate_to_datetime(answer.headers["date"]).timestamp()
            reset = answer.headers["x-ratelimit-reset"].strip()
            return max(0.0, float(reset[:12]) - now) if is_digits(reset) else _AT_LEAST
        return _AT_LEAST
    return _AT_LEAST if "rate limit" in answer.message.lower() else None
