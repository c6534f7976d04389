"""A registry in memory, with the referrers API (OCI distribution-spec v1.1), logins, lies, and faults on demand."""

import re
import threading
from copy import deepcopy
from typing import Any

from tests.lab.loopback import Answer, Loopback, Request
from tests.lab.oci import INDEX, Layout, digest, encode
from tests.lab.permissions import Permissions, error
from tests.lab.storage import Repository, paged

_PLACE = re.compile(r"/v2/(?P<repository>.+?)/(?P<kind>blobs/uploads|blobs|manifests|referrers|tags)/(?P<name>[^/]*)")
_JSON = {"Content-Type": "application/json"}


class MemoryRegistry(Loopback):
    """Serves for as long as a `with` lasts, at `host`. Open to everybody until there is a `user` or something `public`.

    Faults of its HTTP are those of every `Loopback`: `fault`, `meanwhile`, `mend`; what it was asked is in `requests`.
    """

    def __init__(self, *, referrers: bool = True, page: int = 0) -> None:
        """Without the referrers API it answers as GHCR does; `page` is how much a list tells at a time, if not all."""
        super().__init__(self._serve)
        self._referrers = referrers
        self._page = page
        self._repositories: dict[str, Repository] = {}
        self._permissions = Permissions(self.host)
        self._turn = threading.Lock()

    def push(self, layout: Layout, name: str, to: str) -> str:
        """Have what `layout` calls `name` as `to`, a repository and a tag, and return its digest. Asks for no login."""
        place, _, tag = to.rpartition(":")
        top = layout.tagged(name)
        self._keep(layout, top, self.repository(place))
        self.repository(place).tags[tag] = top["digest"]
        return str(top["digest"])

    def user(self, name: str, password: str, *, pull: tuple[str, ...] = (), push: tuple[str, ...] = ()) -> None:
        """From now on nobody gets in without a token, and `name` gets them for these repositories, `octo/*`."""
        self._permissions.user(name, password, pull, push)

    def public(self, *repositories: str) -> None:
        """From now on everybody gets tokens to pull from these, and nobody gets in without one."""
        self._permissions.public(repositories)

    def revoke(self) -> None:
        """Believe no token that was given so far, as when they have expired."""
        self._permissions.revoke()

    def evidence(self, repository: str, image: str) -> list[dict[str, Any]]:
        """The descriptors of what refers to that digest, as clients learn them."""
        return self.repository(repository).evidence(image)

    def bundles(self, repository: str, image: str) -> list[bytes]:
        """The contents of the bundles beside that digest, in the order in which they are listed."""
        held = self.repository(repository)
        manifests = [held.documents[one["digest"]].read() for one in held.evidence(image)]
        return [held.blobs[layer["digest"]] for one in manifests for layer in one["layers"]]

    def attach(self, repository: str, image: str, content: bytes) -> str:
        """Put `content` beside that digest as if it were a bundle, and return its manifest's digest."""
        return self.repository(repository).bundle(image, content)

    def put(self, repository: str, tag: str, document: dict[str, Any]) -> str:
        """Let the tag lead to a manifest or an index of one's own, and return its digest."""
        return self.repository(repository).put(document["mediaType"], encode(document), tag)

    def alter(self, repository: str, named: str, content: bytes) -> None:
        """Serve `content` as what has the digest `named`."""
        self.repository(repository).lies[named] = content

    def forget(self, repository: str, named: str) -> None:
        """Delete the blob or the manifest with the digest `named`, as a careless clean-up does."""
        self.repository(repository).forget(named)

    def move(self, repository: str, tag: str, named: str) -> None:
        """Let the tag lead to the digest `named`."""
        self.repository(repository).tags[tag] = named

    def graft(self, repository: str, image: str, onto: str) -> None:
        """Put the evidence of the digest `image` beside the digest `onto`, as if it were its own."""
        self.repository(repository).graft(image, onto)

    def copy(self, repository: str, to: str) -> None:
        """Have all that is in one repository in another one too, in the place of what was there."""
        self._repositories[to] = deepcopy(self.repository(repository))

    def read(self, repository: str, named: str) -> bytes:
        """What is truly there."""
        held = self.repository(repository)
        return held.blobs[named] if named in held.blobs else held.documents[held.tags.get(named, named)].body

    def tags(self, repository: str) -> tuple[str, ...]:
        """In alphabetical order."""
        return tuple(sorted(self.repository(repository).tags))

    def repository(self, repository: str) -> Repository:
        """What it holds under that name."""
        return self._repositories.setdefault(repository, Repository(self._referrers))

    def _keep(self, layout: Layout, descriptor: dict[str, Any], held: Repository) -> None:
        document = layout.document(descriptor["digest"])
        for child in document.get("manifests", []):
            self._keep(layout, child, held)
        for blob in (*document.get("layers", []), *([document["config"]] if "config" in document else [])):
            held.blobs[blob["digest"]] = layout.read(blob["digest"])
        held.put(descriptor["mediaType"], layout.read(descriptor["digest"]))

    def _serve(self, request: Request) -> Answer:
        if request.path == "/token":
            return self._permissions.token_for(request)
        found = _PLACE.fullmatch(request.path)
        refusal = self._permissions.refusal(request, found["repository"] if found else "")
        if refusal or request.path == "/v2/":
            return refusal or Answer(200, b"{}", _JSON)
        if not found or request.method == "DELETE":
            return error(405, "UNSUPPORTED", "the operation is unsupported")
        with self._turn:
            held = self.repository(found["repository"])
            kinds = {"manifests": self._manifest, "blobs": self._blob, "blobs/uploads": self._upload}
            return kinds.get(found["kind"], self._list)(request, held, found)

    def _manifest(self, request: Request, held: Repository, found: re.Match[str]) -> Answer:
        name = found["name"]
        if request.method == "PUT":
            return self._put(request, held, name)
        named = held.digest_of(name)
        if named is None:
            return error(404, "MANIFEST_UNKNOWN", "manifest unknown")
        document = held.documents[named]
        headers = {"Content-Type": document.media_type, "Docker-Content-Digest": named}
        return Answer(200, held.lies.get(named, document.body), headers)

    def _put(self, request: Request, held: Repository, name: str) -> Answer:
        by_digest = name.startswith("sha256:")
        if by_digest and name != digest(request.body):
            return error(400, "DIGEST_INVALID", "the content has another digest")
        named = held.put(request.headers["Content-Type"], request.body, "" if by_digest else name)
        headers = {"Docker-Content-Digest": named, "Location": request.path}
        subject = held.documents[named].read().get("subject")
        told = {"OCI-Subject": subject["digest"]} if subject and self._referrers else {}
        return Answer(201, b"", {**headers, **told})

    def _blob(self, _: Request, held: Repository, found: re.Match[str]) -> Answer:
        named = found["name"]
        if named not in held.blobs:
            return error(404, "BLOB_UNKNOWN", "blob unknown")
        headers = {"Content-Type": "application/octet-stream", "Docker-Content-Digest": named}
        return Answer(200, held.lies.get(named, held.blobs[named]), headers)

    def _upload(self, request: Request, held: Repository, found: re.Match[str]) -> Answer:
        place, name = f"/v2/{found['repository']}/blobs", found["name"]
        if request.method == "POST":
            name = held.begin()
        elif name not in held.uploads:
            return error(404, "BLOB_UPLOAD_UNKNOWN", "there is no such upload")
        held.uploads[name] += request.body
        [named] = request.query.get("digest", [""])
        if not named:
            return Answer(202, b"", {"Location": f"{place}/uploads/{name}"})
        content = held.uploads.pop(name)
        if named != digest(content):
            return error(400, "DIGEST_INVALID", "the content has another digest")
        held.blobs[named] = content
        return Answer(201, b"", {"Location": f"{place}/{named}", "Docker-Content-Digest": named})

    def _list(self, request: Request, held: Repository, found: re.Match[str]) -> Answer:
        [start] = request.query.get("start", ["0"])
        if found["kind"] == "tags":
            page, following = paged(sorted(held.tags), self._page, int(start))
            headers, answer = dict(_JSON), encode({"name": found["repository"], "tags": page})
        elif not self._referrers:
            return error(404, "MANIFEST_UNKNOWN", "manifest unknown")
        else:
            kinds = request.query.get("artifactType", [])
            listed = [one for one in held.evidence(found["name"]) if not kinds or one["artifactType"] in kinds]
            page, following = paged(listed, self._page, int(start))
            headers = {"Content-Type": INDEX, **({"OCI-Filters-Applied": "artifactType"} if kinds else {})}
            answer = encode({"schemaVersion": 2, "mediaType": INDEX, "manifests": page})
        if following:
            headers["Link"] = f'<{request.path}?start={following}>; rel="next"'
        return Answer(200, answer, headers)
