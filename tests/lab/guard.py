"""Keeps a test process on this machine: whatever would leave loopback is an error, by whichever library."""

import ipaddress
import socket
import sys
from typing import Any

_EVENTS = {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"}


class WayOutError(BaseException):
    """A test wanted to talk to somebody else; no `except Exception` may swallow that."""


def close_the_way_out() -> None:
    """Watch this process until it ends. Children are not watched."""
    sys.addaudithook(_watch)


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if event not in _EVENTS:
        return
    if event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        _check_name(args[0])
    elif isinstance(args[1], tuple):  # otherwise a socket of this machine, with a path for a name
        _check_address(str(args[1][0]))


def _check_name(host: object) -> None:
    name = host.decode() if isinstance(host, bytes) else str(host or "localhost")
    if name.endswith(".invalid"):
        # RFC 6761: nobody may ever answer to it. Not even asking is the same, and needs no server of names.
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    if name != "localhost" and not name.endswith(".localhost"):
        _check_address(name)


def _check_address(address: str) -> None:
    try:
        inside = ipaddress.ip_address(address).is_loopback
    except ValueError:
        inside = address == "localhost"
    if not inside:
        raise WayOutError(f"a test must not talk to {address}")
