"""HTTP responses: body limits, redirects, and the pause before a retry (408, 429, 5xx, `Retry-After`)."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

from gate.errors import RegistryError
from gate.io.http_client.errors import TransientError, host_of
from gate.io.http_client.proxy import is_authority
from gate.text import is_digits, one_line

_RETRIED = {408, 429, 500, 502, 503, 504}
_OF_A_GATEWAY = {502, 504}
"""The gateway had no answer from the server behind it, which may have done what was asked."""


@dataclass(frozen=True)
class Reply:
    """An answer whose body is still to be read, inside the `with` that opened it."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case; a repeated header's values are joined by commas."""
    host: str
    """Who answered, after redirects."""
    chunks: Iterator[bytes]

    def read(self, most: int, what: str = "an answer") -> bytes:
        """Read the whole body. Raises `RegistryError` when it is longer than `most` bytes, without reading on.

        `what` names it then.
        """
        body = bytearray()
        for chunk in self.chunks:
            body += chunk
            if len(body) > most:
                raise RegistryError(
                    f"{self.host} sent {what} longer than {most:,} bytes, where none should be that long",
                    hint="is it a registry, and is the name right?",
                )
        return bytes(body)


def checked(status: int, headers: Mapping[str, str], host: str) -> None:
    """Raise `TransientError` for an answer that may be another one next time."""
    if status not in _RETRIED:
        return
    limited = status == HTTPStatus.TOO_MANY_REQUESTS
    raise TransientError(
        f"{host} answered {status} {_phrase(status)}".rstrip(),
        hint="it limits how often one may ask: log in, or try again later"
        if limited
        else "the fault is on the server's side: try again later",
        pause=_retry_after(headers),
        limited=limited,
        answer_lost=status in _OF_A_GATEWAY,
    )


def redirected(url: str, location: str) -> str:
    """Where a redirect leads. From TLS it never leads to plain HTTP, and it never leaves HTTP.

    Raises `RegistryError`.
    """
    with suppress(ValueError):
        target = urljoin(url, location)
        allowed = {"https"} if url.startswith("https:") else {"http", "https"}
        if location and urlsplit(target).scheme in allowed and is_authority(urlsplit(target).netloc):
            return target
    raise RegistryError(
        f"{host_of(url)} redirects to an address that is not followed: "
        f"{one_line(location.split('?', maxsplit=1)[0], 100)!r}"
    )


def _phrase(status: int) -> str:
    with suppress(ValueError):
        return HTTPStatus(status).phrase
    return ""


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that `Retry-After` asks for. A date counts from the server's own `Date`: clocks differ."""
    wish = headers.get("retry-after", "").strip()
    if is_digits(wish):
        return float(wish[:9])
    with suppress(ValueError, TypeError, OverflowError):
        return max(0.0, (parsedate_to_datetime(wish) - parsedate_to_datetime(headers["date"])).total_seconds())
    return None
