"""What the registry's tests share: a liar, a real registry, and a short way to acquire."""

import urllib.request
from itertools import count

import pytest

from gate.io.progress import Silent
from gate.io.run_context import RunContext
from gate.registry.access import Access
from gate.registry.acquire import acquire
from tests.registry.liar import Liar
from tests.registry.small import Content


@pytest.fixture
def content():
    return Content()


@pytest.fixture
def liar(content):
    with Liar(content) as liar:
        yield liar


@pytest.fixture
def other(content):
    """A second host with the same content: storage behind a redirect."""
    with Liar(content) as other:
        yield other


@pytest.fixture
def context(tmp_path):
    """Nobody is logged in, and the cache is empty."""
    return RunContext(
        env={"HOME": str(tmp_path), "GATE_CACHE_DIR": str(tmp_path / "cache"), "PATH": "/usr/bin:/bin"}, cwd=tmp_path
    )


@pytest.fixture
def pull(tmp_path, context):
    """Acquire, each time into a workspace of its own."""
    numbers = count()

    def pull(*targets, platforms=None, progress=None, env=None, **access):
        return acquire(
            targets,
            platforms=platforms,
            workspace=tmp_path / f"workspace{next(numbers)}",
            context=RunContext(env={**context.env, **(env or {})}, cwd=context.cwd),
            access=Access(**{"timeout": 5.0, "deadline": 20.0, "pause": 0.01} | access),
            progress=progress or Silent(),
        )

    return pull


@pytest.fixture
def real_registry(registry):
    """A real registry's host and port."""
    return registry.host


@pytest.fixture
def push(real_registry):
    """Put a `Content` into the real registry over its own API."""

    def push(content, repository, tag, descriptor):
        base = f"http://{real_registry}/v2/{repository}"

        def send(url, method, body, media_type):
            headers = {"Content-Type": media_type}
            return urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method), timeout=10)

        for digest, raw in content.blobs.items():
            with send(f"{base}/blobs/uploads/", "POST", b"", "application/octet-stream") as started:
                place = started.headers["Location"]
            send(f"{place}&digest={digest}", "PUT", raw, "application/octet-stream").close()
        for digest, (raw, media_type) in content.documents.items():
            send(f"{base}/manifests/{digest}", "PUT", raw, media_type).close()
        raw, media_type = content.documents[descriptor["digest"]]
        send(f"{base}/manifests/{tag}", "PUT", raw, media_type).close()
        return f"{real_registry}/{repository}:{tag}"

    return push
