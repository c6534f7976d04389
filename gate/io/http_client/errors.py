"""Translate errors of urllib3 into `RegistryError` with hints."""

import ssl
from http.client import HTTPException
from urllib.parse import urlsplit

from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    SSLError,
)
from urllib3.exceptions import TimeoutError as Urllib3TimeoutError

from gate.errors import RegistryError
from gate.text import one_line


class TransientError(RegistryError):
    """No usable answer this time; `pause` is how many seconds the server asked us to wait, if it did."""

    def __init__(
        self,
        problem: str,
        *,
        hint: str = "",
        pause: float | None = None,
        limited: bool = False,
        answer_lost: bool = False,
    ) -> None:
        """As `GateError`, with the pause that was asked for, and whether we asked too often (429).

        `answer_lost`: the request may have been carried out, only its answer did not arrive.
        """
        super().__init__(problem, hint=hint)
        self.pause = pause
        self.limited = limited
        self.answer_lost = answer_lost


def host_of(url: str) -> str:
    """Give host and port, made safe to show; never the rest of the URL, which may be signed."""
    return one_line(urlsplit(url).netloc.rpartition("@")[2], 100)


def explained(exc: Exception, url: str) -> RegistryError:
    """The library's errors in our words; those that may mend themselves are `TransientError`."""
    host = host_of(url)
    answer_lost = False
    if isinstance(exc, SSLError | ssl.SSLError):
        return _tls_failed(exc, host)
    if isinstance(exc, ProxyError):
        problem = f"the proxy does not lead to {host}: {_short(exc.original_error)}"
        hint = "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY"
    elif isinstance(exc, NameResolutionError):
        problem, hint = f"there is no host {host} to be found", "check its spelling, and the network or the proxy"
    elif isinstance(exc, NewConnectionError):
        problem, hint = f"{host} cannot be reached: {_short(exc)}", "check the network, the port and the proxy"
    elif isinstance(exc, Urllib3TimeoutError | TimeoutError):
        problem, hint = f"{host} did not answer in time", "check the network or the proxy, or try again later"
        answer_lost = not isinstance(exc, ConnectTimeoutError)
    elif isinstance(exc, HTTPError | HTTPException | OSError):
        problem, hint = f"{host} broke the connection off: {_short(exc)}", "try again later"
        answer_lost = True
    else:
        return RegistryError(f"{host} cannot be asked: {_short(exc)}")
    return TransientError(problem, hint=hint, answer_lost=answer_lost)


def _tls_failed(exc: Exception, host: str) -> RegistryError:
    words = _short(exc)
    if "CERTIFICATE_VERIFY_FAILED" in words:
        why = words.partition("certificate verify failed:")[2].partition("(_ssl")[0].strip() or "not trusted"
        return RegistryError(
            f"the certificate of {host} is not good: {why}",
            hint="if a private authority vouches for it, name that authority's file in SSL_CERT_FILE",
        )
    if "WRONG_VERSION_NUMBER" in words or "record layer failure" in words.lower():
        return RegistryError(
            f"{host} does not speak TLS", hint="if it is meant to speak plain HTTP, say so with --plain-http"
        )
    return TransientError(f"no TLS connection to {host}: {words}", hint="check the network or the proxy")


def _short(exc: Exception) -> str:
    """Words of the system alone: what the library says holds object addresses, and URLs that may be signed."""
    seen: BaseException | None = exc
    while seen is not None:
        if isinstance(seen, OSError) and seen.strerror:
            return one_line(seen.strerror, 160)
        if isinstance(seen, ssl.SSLError):
            break
        seen = seen.__cause__ or seen.__context__
    return one_line(str(exc), 160) if isinstance(exc, SSLError | ssl.SSLError) else type(exc).__name__
