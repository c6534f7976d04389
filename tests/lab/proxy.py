"""A proxy that leads names to servers on loopback, and certificates for those names."""

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from select import select
from socketserver import StreamRequestHandler, ThreadingTCPServer

_P256 = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class Proxy(ThreadingTCPServer):
    """Connects a host to the port that `ports` has for it, any other to `default`; notes the heads of requests."""

    daemon_threads = True

    def __init__(self, default: int = 0, ports: Mapping[str, int] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.default = default
        self.ports = dict(ports or {})
        self.heads: list[str] = []

    def handle_error(self, *_: object) -> None:
        """Be silent: a client that hangs up in the middle is what some tests are about."""

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator["Proxy"]:
        """Serve for as long as the `with` lasts."""
        thread = threading.Thread(target=self.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield self
        finally:
            self.shutdown()
            thread.join()
            self.server_close()


class _Handler(StreamRequestHandler):
    server: Proxy

    def handle(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            if not (line := self.rfile.readline()):
                return
            head += line
        self.server.heads.append(head.decode())
        method, url, rest = head.split(b" ", 2)
        host = url.removeprefix(b"http://").partition(b"/")[0].partition(b":")[0].decode()
        with socket.create_connection(("127.0.0.1", self.server.ports.get(host, self.server.default))) as there:
            if method == b"CONNECT":
                self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            else:
                there.sendall(b" ".join([method, b"/" + url.split(b"/", 3)[3], rest]))
            self._copy(there)

    def _copy(self, there: socket.socket) -> None:
        while True:
            for ready in select([self.connection, there], [], [])[0]:
                if not (data := ready.recv(65536)):
                    return
                (there if ready is self.connection else self.connection).sendall(data)


def certificates(folder: Path, *names: str) -> Path:
    """Write a private authority (ca.pem, hashed/) and a certificate of `names` (cert.pem, key.pem); the folder."""

    def openssl(*args: str) -> str:
        return subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True, text=True).stdout

    openssl("req", "-x509", *_P256, "-days", "2", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=our own")
    openssl("req", *_P256, "-keyout", "key.pem", "-out", "request.pem", "-subj", f"/CN={names[0]}")
    (folder / "names").write_text(f"subjectAltName={','.join(f'DNS:{name}' for name in names)},IP:127.0.0.1\n")
    signing = ("-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2", "-extfile", "names")
    openssl("x509", "-req", "-in", "request.pem", *signing, "-out", "cert.pem")
    (folder / "hashed").mkdir()
    hashed = openssl("x509", "-hash", "-noout", "-in", "ca.pem").strip()
    (folder / "hashed" / f"{hashed}.0").write_text((folder / "ca.pem").read_text())
    return folder


def server_context(folder: Path) -> ssl.SSLContext:
    """TLS for a server with the certificate of `certificates`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context
