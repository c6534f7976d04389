"""Uploads from a layout to a registry over plain HTTP (OCI distribution-spec v1.1, "Push")."""

from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit

from tests.lab.oci import INDEX, Descriptor, Layout


def push(layout: Layout, name: str, host: str, repository: str, tag: str) -> str:
    """Upload what `layout` calls `name`, with all that it refers to, and return its digest."""
    connection = HTTPConnection(host, timeout=30)
    try:
        descriptor = layout.tagged(name)
        _document(connection, layout, descriptor, repository, tag)
    finally:
        connection.close()
    return str(descriptor["digest"])


def _document(connection: HTTPConnection, layout: Layout, descriptor: Descriptor, repository: str, name: str) -> None:
    """A manifest or an index goes last: a registry takes none whose parts it lacks."""
    document = layout.document(descriptor["digest"])
    if descriptor["mediaType"] == INDEX:
        for child in document["manifests"]:
            _document(connection, layout, child, repository, child["digest"])
    else:
        for blob in (document["config"], *document["layers"]):
            _blob(connection, layout, blob, repository)
    kind = {"Content-Type": descriptor["mediaType"]}
    data = layout.read(descriptor["digest"])
    _ask(connection, "PUT", f"/v2/{repository}/manifests/{name}", {201}, body=data, headers=kind)


def _blob(connection: HTTPConnection, layout: Layout, blob: Descriptor, repository: str) -> None:
    there = _ask(connection, "HEAD", f"/v2/{repository}/blobs/{blob['digest']}", {200, 404})
    if there.status == 200:
        return
    begun = _ask(connection, "POST", f"/v2/{repository}/blobs/uploads/", {202})
    parts = urlsplit(begun.headers["Location"])
    query = f"{parts.query}&digest={blob['digest']}" if parts.query else f"digest={blob['digest']}"
    kind = {"Content-Type": "application/octet-stream"}
    _ask(connection, "PUT", f"{parts.path}?{query}", {201}, body=layout.read(blob["digest"]), headers=kind)


def _ask(
    connection: HTTPConnection,
    method: str,
    path: str,
    good: set[int],
    *,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
) -> HTTPResponse:
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    said = answer.read()
    if answer.status not in good:
        raise RuntimeError(f"the registry answered {method} {path} with {answer.status}: {said[:400]!r}")
    return answer
