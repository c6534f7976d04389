"""A server on loopback that answers by a function, keeps what it was asked, and fails when it is told to."""

import re
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

_PATIENCE = 20.0  # seconds
_PIECES, _DRIP = 8, 0.03
"""Of a slow answer: into how many pieces it is cut, and the seconds after each."""


@dataclass(frozen=True)
class Request:
    """What was asked; `str()` of it is like `GET /v2/octo/app/manifests/v1`."""

    method: str
    path: str
    query: Mapping[str, list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Answer:
    """What is said to it."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Fault:
    method: str
    path: re.Pattern[str]
    times: int
    answer: Answer | None = None
    body: bytes | None = None
    cut: int | None = None
    reset: bool = False
    hang: bool = False
    lost: bool = False
    slow: bool = False
    action: Callable[[], object] | None = None


class Loopback:
    """Serves for as long as a `with` lasts; `host` is like 127.0.0.1:41234, spoken to in plain HTTP."""

    def __init__(self, answer: Callable[[Request], Answer], context: ssl.SSLContext | None = None) -> None:
        """`answer` is called by many threads at once; with a `context` TLS is spoken."""
        self.requests: list[Request] = []
        self._answer = answer
        self._faults: list[_Fault] = []
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._bugs: list[Exception] = []
        handler = type("Handler", (_Handler,), {"owner": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        if context:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.host}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Raises what went wrong in the server itself: a stand-in that breaks proves nothing."""
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        if self._bugs:
            raise self._bugs[0]

    def fault(
        self,
        method: str,
        path: str,
        *,
        status: int = 0,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        cut: int | None = None,
        reset: bool = False,
        hang: bool = False,
        lost: bool = False,
        slow: bool = False,
        times: int = sys.maxsize,
    ) -> None:
        """Answer that otherwise, `times` times; `method` `*` is any, `path` a regular expression found in the path.

        `status`: with that, and `body`, in its place. `body` alone: the true answer with another body. `cut`: hang up
        after so many bytes of the true body. `reset`: break the connection. `hang`: say nothing until the end.
        `lost`: do as asked, then break the connection. `slow`: the true answer, in small pieces.
        """
        answer = Answer(status, body or b"", headers or {}) if status else None
        self._add(_Fault(method, re.compile(path), times, answer, body, cut, reset, hang, lost, slow))

    def meanwhile(self, method: str, path: str, action: Callable[[], object], *, times: int = 1) -> None:
        """Do `action` before that is answered: what another would do at the worst moment."""
        self._add(_Fault(method, re.compile(path), times, action=action))

    def mend(self) -> None:
        """No fault any more."""
        with self._changed:
            self._faults.clear()

    def count(self, method: str, path: str) -> int:
        """How often that was asked; `method` and `path` as for `fault`."""
        return sum(1 for one in self.requests if method in {"*", one.method} and re.search(path, one.path))

    def wait_for(self, method: str, path: str) -> None:
        """Until that has been asked, answered or not."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.count(method, path), _PATIENCE), f"nobody asks {method} {path}"

    def _add(self, fault: _Fault) -> None:
        with self._changed:
            self._faults.append(fault)

    def _fault_for(self, request: Request) -> _Fault | None:
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
            for fault in self._faults:
                if fault.times > 0 and fault.method in {"*", request.method} and fault.path.search(request.path):
                    fault.times -= 1
                    return fault
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # a client that went away is none of our business
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    owner: Loopback
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # otherwise a body waits 40 ms for its headers to arrive

    def log_message(self, *_: object) -> None:
        pass

    def handle_one(self) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query, keep_blank_values=True)
        request = Request(self.command, parts.path, query, self.headers, self._body())  # type: ignore[arg-type]
        fault = self.owner._fault_for(request)
        if fault is None:
            self._send(self._true(request))
        else:
            self._fail(fault, request)

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = handle_one  # noqa: N815

    def _true(self, request: Request) -> Answer:
        try:
            return self.owner._answer(request)
        except Exception as exc:  # noqa: BLE001 it is raised where the server ends
            self.owner._bugs.append(exc)
            return Answer(500)

    def _fail(self, fault: _Fault, request: Request) -> None:
        if fault.hang:
            self.close_connection = True
            self.owner._stopping.wait()
        elif fault.reset:
            self._break()
        elif fault.answer:
            self._send(fault.answer)
        else:
            if fault.action:
                fault.action()
            answer = self._true(request)
            if fault.lost:
                self._break()
            elif fault.body is not None:
                self._send(Answer(answer.status, fault.body, answer.headers))
            else:
                self._send(answer, fault.cut, slow=fault.slow)

    def _break(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _send(self, answer: Answer, cut: int | None = None, *, slow: bool = False) -> None:
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            size = -(-len(answer.body) // _PIECES) if slow and answer.body else 1 << 30
            for place in range(0, len(answer.body), size):
                self.wfile.write(answer.body[place : place + size][:cut])
                if slow:
                    self.owner._stopping.wait(_DRIP)
        if cut is not None:
            self.close_connection = True

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)
