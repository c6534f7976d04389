"""A small web service: it says hello, and that it is well."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Hello(BaseHTTPRequestHandler):
    """Answers `/` and `/healthz`."""

    def do_GET(self) -> None:
        """Answer in plain text."""
        known = {"/": b"hello\n", "/healthz": b"ok\n"}
        body = known.get(self.path)
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(body or b"not found\n")


if __name__ == "__main__":
    ThreadingHTTPServer(("", 8080), Hello).serve_forever()
