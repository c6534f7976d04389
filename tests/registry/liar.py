"""A registry on loopback that does as it is told: logins as GHCR has them, redirects, and faults on demand."""

import base64
import json
import socket
import ssl
import struct
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from tests.registry.small import Content


@dataclass(frozen=True)
class Fault:
    """What to do instead of answering, `times` times; `body` of None keeps the true one."""

    status: int = 200
    headers: dict = field(default_factory=dict)
    body: bytes | None = None
    cut: int | None = None
    """Send only so many bytes of the body, then hang up."""
    reset: bool = False
    hang: bool = False
    drip: bool = False
    """Send headers for ever, a byte at a time."""
    endless: bool = False
    """Send a body for ever, without saying how long it is."""
    times: int = 1_000_000


@dataclass
class Asked:
    method: str
    path: str
    headers: dict
    body: bytes = b""


class Liar:
    """`content` is what every repository holds; `faults` maps a part of a path to what goes wrong there."""

    def __init__(self, content: Content | None = None, *, context: ssl.SSLContext | None = None) -> None:
        self.content = content or Content()
        self.faults: dict[str, Fault] = {}
        self.asked: list[Asked] = []
        self.ports: set[int] = set()
        self.auth = ""
        self.users: dict[str, str] = {}
        self.identity_token = ""
        self.public = True
        self.tokens: set[str] = set()
        self.realm = ""
        self.blobs_at = ""
        self.no_head_digest = False
        self.stopping = threading.Event()
        self._used: dict[str, int] = {}
        self._lock = threading.Lock()
        liar = self

        class Handler(_Handler):
            owner = liar

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None
        self.scheme = "https" if context else "http"
        if context:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        self.host = f"127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def fault_for(self, path: str) -> Fault | None:
        with self._lock:
            for part, fault in self.faults.items():
                if part in path and self._used.get(part, 0) < fault.times:
                    self._used[part] = self._used.get(part, 0) + 1
                    return fault
        return None

    def count(self, part: str, method: str = "GET") -> int:
        return sum(1 for each in self.asked if part in each.path and each.method == method)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: Liar

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self._handle()

    def do_GET(self):
        self._handle()

    def do_POST(self):
        self._handle()

    def _handle(self):
        owner = self.owner
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        owner.ports.add(self.client_address[1])
        owner.asked.append(Asked(self.command, self.path, dict(self.headers), body))
        fault = owner.fault_for(self.path)
        if fault and (fault.reset or fault.hang or fault.drip or fault.endless):
            self._misbehave(fault)
        elif fault and (fault.status != 200 or fault.body is not None or fault.cut is not None):
            status, headers, true = self._true(body) if fault.body is None else (200, {}, fault.body)
            self._send(fault.status if fault.status != 200 else status, headers | fault.headers, true, fault.cut)
        else:
            status, headers, true = self._true(body)
            self._send(status, headers | (fault.headers if fault else {}), true)

    def _misbehave(self, fault: Fault):
        self.close_connection = True
        if fault.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        if fault.drip:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        if fault.endless:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while not self.owner.stopping.wait(0.001 if fault.endless else 0.05):
            if fault.drip or fault.endless:
                self.wfile.write(b"a" if fault.drip else b"a" * 65536)

    def _send(self, status, headers, body, cut=None):
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            if value is not None:
                self.send_header(name, value)
        if "Content-Length" in headers and headers["Content-Length"] is None:
            self.close_connection = True
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body if cut is None else body[:cut])
        if cut is not None:
            self.close_connection = True

    def _true(self, body):
        path = urlsplit(self.path).path
        if path == "/token":
            return self._token(body)
        if path.startswith("/v2/") and self.owner.auth and not self._allowed():
            return self._challenge()
        if path == "/v2/":
            return 200, {}, b"{}"
        kind, _, name = path.rpartition("/")
        kind = kind.rpartition("/")[2]
        return self._manifest(name) if kind == "manifests" else self._blob(path, name)

    def _manifest(self, name):
        content = self.owner.content
        digest = content.tags.get(name, name)
        if digest not in content.documents:
            return _error(404, "MANIFEST_UNKNOWN", "manifest unknown")
        raw, media_type = content.documents[digest]
        told = {} if self.owner.no_head_digest else {"Docker-Content-Digest": digest}
        return 200, {"Content-Type": media_type, **told}, raw

    def _blob(self, path, name):
        if name not in self.owner.content.blobs:
            return _error(404, "BLOB_UNKNOWN", "blob unknown")
        if self.owner.blobs_at:
            return 307, {"Location": f"{self.owner.blobs_at}{path}?X-Signature=secret"}, b"moved"
        return 200, {"Content-Type": "application/octet-stream"}, self.owner.content.blobs[name]

    def _allowed(self):
        scheme, _, given = self.headers.get("Authorization", "").partition(" ")
        if self.owner.auth == "basic":
            return scheme == "Basic" and _login(given) in self.owner.users.items()
        return scheme == "Bearer" and given in self.owner.tokens

    def _challenge(self):
        realm = self.owner.realm or f"{self.owner.scheme}://{self.owner.host}/token"
        challenge = (
            'Basic realm="a, b"'
            if self.owner.auth == "basic"
            else f'Bearer realm="{realm}",service="liar, inc",scope="repository:user/image:pull"'
        )
        status, headers, raw = _error(401, "UNAUTHORIZED", "authentication required")
        return status, headers | {"WWW-Authenticate": challenge}, raw

    def _token(self, body):
        owner = self.owner
        scheme, _, given = self.headers.get("Authorization", "").partition(" ")
        form = parse_qs(body.decode())
        known = (scheme == "Basic" and _login(given) in owner.users.items()) or (
            bool(owner.identity_token) and form.get("refresh_token") == [owner.identity_token]
        )
        if not known and (scheme or form or not owner.public):
            return _error(403, "DENIED", "requested access to the resource is denied")
        token = f"token-{len(owner.tokens)}"
        owner.tokens.add(token)
        return 200, {"Content-Type": "application/json"}, json.dumps({"token": token}).encode()


def _login(given):
    user, _, password = base64.b64decode(given).decode().partition(":")
    return user, password


def _error(status, code, message):
    raw = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
    return status, {"Content-Type": "application/json"}, raw
