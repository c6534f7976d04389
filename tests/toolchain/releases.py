"""GitHub's releases on loopback: a site that redirects to a store with a signed query, which knows ranges."""

import gzip
import hashlib
import io
import json
import os
import tarfile

from gate.toolchain.lock import here
from tests.lab.loopback import Answer, Loopback

SIGNATURE = "very-secret"
REPOSITORY = {"trivy": "octo/scanner", "cosign": "octo/signer"}
JOB = "https://github.com/octo/app/.github/workflows/release.yml@refs/heads/main"
ISSUER = "https://token.actions.githubusercontent.com"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def program(says="9.9.9", mark=""):
    """A program that says so, and is too random to be small in an archive."""
    return f"#!/bin/sh\necho Version: {says}\nexit 0\n{mark}\n".encode() + os.urandom(4000)


def member(name, data=b"", **more):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    info.mode = 0o755
    for key, value in more.items():
        setattr(info, key, value)
    return info, data


def archive(*members):
    """A gzipped tar file."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for info, data in members:
            tar.addfile(info, io.BytesIO(data))
    return gzip.compress(plain.getvalue(), mtime=0)


def trivy_archive(binary):
    return archive(member("LICENSE", b"free"), member("contrib/html.tpl", b"<html>"), member("trivy", binary))


class Releases:
    """`site.url` is what `--mirror` names; `files` maps a path on it to bytes."""

    def __init__(self):
        self.files = {}
        self.store = Loopback(self._stored)
        self.site = Loopback(self._linked)

    def __enter__(self):
        self.store.__enter__()
        self.site.__enter__()
        return self

    def __exit__(self, *why):
        self.site.__exit__(*why)
        self.store.__exit__(*why)

    def publish(self, tool, version, name, data):
        self.files[f"/{REPOSITORY[tool]}/releases/download/v{version}/{name}"] = data

    def _linked(self, request):
        if request.path not in self.files:
            return Answer(404, b"Not Found")
        return Answer(302, headers={"Location": f"{self.store.url}{request.path}?sig={SIGNATURE}"})

    def _stored(self, request):
        assert request.query["sig"] == [SIGNATURE]
        body = self.files[request.path]
        wanted = request.headers.get("Range")
        if wanted is None:
            return Answer(200, body)
        start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        if start >= len(body):
            return Answer(416, headers={"Content-Range": f"bytes */{len(body)}"})
        said = {"Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"}
        return Answer(206, body[start:], said)


def release(tool, version, name, data, binary, **more):
    file = {"name": name, "sha256": sha256(data), "binary": sha256(binary)}
    return {
        "version": version,
        "repository": REPOSITORY[tool],
        "source": "the test",
        "signer": {"subject": JOB, "issuer": ISSUER},
        "files": {here(): file},
    } | more


def write_lock(path, **tools):
    path.write_text(json.dumps({"version": 1, "tools": tools}))
    return path
