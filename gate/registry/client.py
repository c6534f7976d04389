"""HTTP client for one repository in a registry (OCI distribution-spec v1.1)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeVar
from urllib.parse import urlsplit

from gate.errors import RegistryError
from gate.io.http_client import Reply
from gate.model.image import ImageRef, Layer, is_digest, is_tag
from gate.registry import configuration, manifests
from gate.registry.documents import members
from gate.registry.errors import AlteredError, MissingError
from gate.registry.manifests import Descriptor, Document
from gate.registry.oci_layout import OCI_INDEX, digest_of
from gate.registry.session import Session
from gate.registry.source import Sink
from gate.text import is_digits

T = TypeVar("T")

_ACCEPTED = ", ".join(sorted(manifests.MANIFESTS | manifests.INDEXES))
_ANY_TYPE = f"{_ACCEPTED}, */*;q=0.1"


class Repository:
    """The `Source` of an image in a registry."""

    local = False
    references = ()

    def __init__(self, ref: ImageRef, session: Session) -> None:
        """`ref` is the reference as the user wrote it."""
        self._ref = ref
        self._session = session
        self.name = ref.name
        self.tag = ref.tag

    def top(self) -> Document:
        """Fetch by digest when the reference has one, even with a tag: tags move."""
        return self._manifest(self._ref.digest or self._ref.tag or "latest", self._ref.digest or "")

    def resolve(self) -> str:
        """Return the digest of the tag: by a HEAD request, or by the content when the registry sends no digest."""

        def ask() -> str:
            path, name = f"manifests/{self._ref.tag}", str(self._ref)
            with self._session.open("HEAD", path, name, {"Accept": _ACCEPTED}) as reply:
                return reply.headers.get("docker-content-digest", "")

        digest = self._session.http.patiently(ask)
        return digest if is_digest(digest) else self.top().digest

    def manifest(self, descriptor: Descriptor) -> Document:
        """Fetch one that an index names."""
        return self._manifest(descriptor.digest, descriptor.digest, descriptor.media_type)

    def tagged(self, tag: str) -> Document:
        """Fetch what another tag of the repository points at. Raises `MissingError` when there is no such tag."""
        return self._manifest(tag, "")

    def at(self, digest: str) -> Document:
        """Fetch the manifest with that digest, of whatever type. Raises `MissingError` when there is none."""
        return self._manifest(digest, digest, accept=_ANY_TYPE)

    def has(self, digest: str) -> bool:
        """Check whether there is a manifest with that digest. Raises `RegistryError` when that is unknown."""
        try:
            self.at(digest)
        except MissingError:
            return False
        return True

    def put(self, tag: str, document: bytes, media_type: str) -> None:
        """Let the tag point at a manifest or an index. Raises `RegistryError` when the registry does not take it."""

        def ask() -> None:
            headers = {"Content-Type": media_type}
            with self._session.open("PUT", f"manifests/{tag}", f"{self.name}:{tag}", headers, body=document):
                pass

        self._session.http.patiently(ask)

    def referrers(self, digest: str, query: str = "") -> tuple[Document, str]:
        """Fetch a page of the manifests that refer to `digest`, and the `Link` to the next; `query` is of that link.

        A redirect whose URL does not contain the digest leads to a page for people (GHCR: github.com, rate-limited;
        Artifact Registry: a sign-in), so it is not followed and raises `RefusedError`.
        """
        path, name = f"referrers/{digest}{'?' if query else ''}{query}", f"the evidence of {self.name}@{digest}"

        def named(url: str) -> bool:
            return digest.removeprefix("sha256:") in urlsplit(url).path

        def ask() -> tuple[Document, str]:
            with self._session.open("GET", path, name, {"Accept": OCI_INDEX}, named) as reply:
                document = manifests.document(
                    reply.read(manifests.MANIFEST_MOST, "a manifest"), reply.headers.get("content-type", "")
                )
                return document, reply.headers.get("link", "")

        return self._session.http.patiently(ask)

    def tags(self, query: str) -> tuple[tuple[str, ...], str]:
        """Fetch a page of the repository's tags, and the `Link` to the next; malformed tags are omitted."""
        what = f"the tags of {self.name}"

        def ask() -> tuple[tuple[str, ...], str]:
            with self._session.open("GET", f"tags/list?{query}", what, {}) as reply:
                listed = members(reply.read(manifests.MANIFEST_MOST, "a manifest"), what).get("tags") or []
                if not isinstance(listed, list):
                    raise RegistryError(f"{what} are no list")
                tags = tuple(tag for tag in listed if isinstance(tag, str) and is_tag(tag))
                return tags, reply.headers.get("link", "")

        return self._session.http.patiently(ask)

    def blob(self, descriptor: Descriptor) -> bytes:
        """Fetch a layer into memory. Raises `AlteredError` when size or digest differ from `descriptor`."""

        def ask() -> bytes:
            body = bytearray()
            with self._blob(descriptor.digest) as reply:
                for chunk in reply.chunks:
                    body += chunk
                    if len(body) > descriptor.size:
                        raise manifests.missized(descriptor, f"more than {descriptor.size:,}")
            if len(body) != descriptor.size:
                raise manifests.missized(descriptor, f"{len(body):,}")
            if (actual := digest_of(raw := bytes(body))) != descriptor.digest:
                raise manifests.altered("layer", descriptor.digest, actual)
            return raw

        return self._fetched(ask)

    def config(self, descriptor: Descriptor) -> bytes:
        """Fetch a configuration. Raises `AlteredError` when its digest differs from `descriptor`."""

        def ask() -> bytes:
            with self._blob(descriptor.digest) as reply:
                return configuration.checked(reply.read(configuration.MOST, "a configuration"), descriptor)

        return self._fetched(ask)

    def layer(self, layer: Layer, sink: Sink) -> None:
        """Download a layer and pass its bytes to `sink`; again if the connection breaks or the content is altered."""

        def ask() -> None:
            with self._blob(layer.digest) as reply:
                length = reply.headers.get("content-length", "")
                if is_digits(length) and int(length[:20]) != layer.size:
                    raise manifests.missized(layer, f"{int(length[:20]):,}")
                sink(reply.chunks)

        self._fetched(ask)

    def _blob(self, digest: str) -> AbstractContextManager[Reply]:
        return self._session.open("GET", f"blobs/{digest}", f"{self.name}@{digest}", {})

    def _manifest(self, reference: str, digest: str, media_type: str = "", accept: str = _ACCEPTED) -> Document:
        name = f"{self.name}{'@' if digest else ':'}{reference}"

        def ask() -> Document:
            with self._session.open("GET", f"manifests/{reference}", name, {"Accept": accept}) as reply:
                kind = media_type or reply.headers.get("content-type", "")
                announced = reply.headers.get("docker-content-digest", "")
                expected = digest or (announced if is_digest(announced) else "")
                return manifests.document(reply.read(manifests.MANIFEST_MOST, "a manifest"), kind, expected)

        return self._fetched(ask)

    def _fetched(self, ask: Callable[[], T]) -> T:
        """Fetch content, and once more when digest or size differ: it may have been damaged in transit.

        Raises `AlteredError` the second time.
        """
        try:
            return self._session.http.patiently(ask)
        except AlteredError:
            return self._session.http.patiently(ask)
