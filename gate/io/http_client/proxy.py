"""Choose proxy and CA certificates for a host, and detect loopback hosts.

The variables mean what they mean to curl, Go and OpenSSL.
"""

import re
import ssl
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from gate.errors import InputError
from gate.text import is_digits, one_line

_AUTHORITY = re.compile(r"[A-Za-z0-9._-]+(?::[0-9]+)?|\[[0-9A-Fa-f:.]+\](?::[0-9]+)?")


def is_authority(text: str) -> bool:
    """Whether `text` is a host with or without a port: no user name, and nothing that two parsers read in two ways."""
    return _AUTHORITY.fullmatch(text) is not None


def is_loopback(host: str) -> bool:
    """Whether `host` (a name or an address, without port) can only be this machine."""
    with suppress(ValueError):
        return ip_address(host.strip("[]")).is_loopback
    return host == "localhost"


def proxy_for(url: str, env: Mapping[str, str]) -> str | None:
    """The proxy that `env` wants for `url`: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, minus `NO_PROXY`.

    This machine is never asked through a proxy, as in Go. Raises `InputError` for a proxy that is not http(s).
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    if is_loopback(host) or any(_spared(host, port, entry) for entry in _either(env, "no_proxy").split(",")):
        return None
    name = f"{parts.scheme}_proxy"
    if name == "http_proxy" and "REQUEST_METHOD" in env:
        return None  # under CGI, HTTP_PROXY is the client's Proxy header (CVE-2016-5385)
    proxy = _either(env, name) or _either(env, "all_proxy")
    if not proxy:
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    with suppress(ValueError):
        if urlsplit(proxy).scheme in {"http", "https"} and urlsplit(proxy).hostname:
            return proxy
    raise InputError(
        f"the proxy in {name.upper()} cannot be used",
        hint="it must be like http://proxy.example:3128; SOCKS is not known",
    )


def _either(env: Mapping[str, str], name: str) -> str:
    return (env.get(name) or env.get(name.upper()) or "").strip()


def _spared(host: str, port: int, entry: str) -> bool:
    entry = entry.strip().lower()
    if entry == "*":
        return True
    with suppress(ValueError):
        return ip_address(host) in ip_network(entry.strip("[]"), strict=False)
    name, colon, wanted = entry.rpartition(":")
    if colon and is_digits(wanted):
        if wanted.lstrip("0") != str(port):
            return False
        entry = name
    entry = entry.strip("[]").removeprefix("*").removeprefix(".")
    return bool(entry) and (host == entry or host.endswith(f".{entry}"))


def tls(env: Mapping[str, str]) -> ssl.SSLContext:
    """A context that trusts the system's authorities, or those of `SSL_CERT_FILE` and `SSL_CERT_DIR` in `env`.

    Raises `InputError` when they cannot be read: going on without them would only fail with worse words.
    """
    context = ssl.create_default_context()
    for name, parameter in (("SSL_CERT_FILE", "cafile"), ("SSL_CERT_DIR", "capath")):
        if not (value := env.get(name)):
            continue
        try:
            if name == "SSL_CERT_DIR" and not Path(value).is_dir():
                raise NotADirectoryError
            context.load_verify_locations(**{parameter: value})
        except OSError as exc:
            raise InputError(
                f"{name} names no readable certificates: {one_line(value, 200)}",
                hint="it holds the authorities to trust, in PEM form",
            ) from exc
    return context
