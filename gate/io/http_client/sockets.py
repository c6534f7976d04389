"""Sockets that another thread can close during a read: a timeout limits one wait, not a slow trickle of bytes."""

import socket
import threading
from contextlib import suppress
from weakref import WeakSet

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection


class Sockets:
    """Every open socket of one pool of connections."""

    def __init__(self) -> None:
        """None is open, and none was ended."""
        self._open: WeakSet[socket.socket] = WeakSet()
        self._lock = threading.Lock()
        self.ended = False

    def watch(self, sock: socket.socket) -> None:
        """Note a new one; after the end it is ended at once."""
        with self._lock:
            self._open.add(sock)
            if self.ended:
                _end(sock)

    def end(self) -> None:
        """Close all sockets, from any thread; a waiting read ends."""
        with self._lock:
            self.ended = True
            for sock in self._open:
                _end(sock)

    def pools(self) -> dict[str, type[urllib3.HTTPConnectionPool]]:
        """Give the library pools whose sockets are watched."""
        watch = self.watch

        class Plain(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                sock = super()._new_conn()
                watch(sock)
                return sock

        class Secure(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                sock = super()._new_conn()
                watch(sock)  # until TLS takes it over
                return sock

            def connect(self) -> None:
                super().connect()
                if isinstance(self.sock, socket.socket):
                    watch(self.sock)

        class PlainPool(urllib3.HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(urllib3.HTTPSConnectionPool):
            ConnectionCls = Secure

        return {"http": PlainPool, "https": SecurePool}


def _end(sock: socket.socket) -> None:
    with suppress(OSError):  # closed already
        socket.socket.shutdown(sock, socket.SHUT_RDWR)  # the plain one: TLS would say goodbye first
