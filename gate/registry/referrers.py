"""The referrers API of a registry, page by page (OCI distribution-spec v1.1, "Listing Referrers")."""

import re
from http import HTTPStatus
from urllib.parse import unquote, urljoin, urlsplit

from gate.errors import RegistryError
from gate.registry.client import Repository
from gate.registry.errors import RefusedError
from gate.registry.manifests import Descriptor, Document, Index
from gate.text import one_line

_PAGES = 200
_UNSUPPORTED = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.NOT_ACCEPTABLE,
    *(301, 302, 303, 307, 308),
}
"""What registries without the API answer. One that has it must not answer 404 (the specification), 400, 405 and 406
would be about our question, which is well-formed, and a redirect that is not followed leads to a page for people."""
_PARAMETER = r' ?; ?[^ ;,="<>]+ ?(?:= ?(?:"[^"]*"|[^ ;,"]*))?'
_LINK = re.compile(rf"[ ,]*<([^<>]*)>((?:{_PARAMETER})*) ?(?=,|$)")
_NEXT = re.compile(r'; ?rel ?= ?(?:"(?:[^"]* )?next(?: [^"]*)?"|next(?![^ ;,]))', re.IGNORECASE)


def referrers(repository: Repository, digest: str, most: int) -> list[Descriptor] | None:
    """List the manifests that refer to `digest`; None when the registry does not have the API.

    Raises `RegistryError` when the list is unknown, also for more than `most` entries: it must be complete.
    """
    found: list[Descriptor] = []
    query = ""
    for _ in range(_PAGES):
        page = _page(repository, digest, query)
        if page is None:
            return None
        document, link = page
        index = document.parsed()
        if not isinstance(index, Index):
            raise RegistryError("the list is no index")
        found += index.manifests
        if len(found) > most:
            raise RegistryError(f"more than {most:,} artifacts are attached to it")
        query = next_page(link, f"/referrers/{digest}")
        if not query:
            return found
    raise RegistryError(f"the list has more than {_PAGES} pages")


def _page(repository: Repository, digest: str, query: str) -> tuple[Document, str] | None:
    """Ask for a page; None is what a registry without the API answers to the first."""
    try:
        return repository.referrers(digest, query)
    except RefusedError as exc:
        if query:
            raise RegistryError(f"a page of the list is missing: {exc.problem}", hint=exc.hint) from exc
        if exc.status in _UNSUPPORTED:
            return None
        raise


def next_page(header: str, place: str) -> str:
    """Read from `Link` (RFC 8288) the query of the next page of the list at `place`; empty when there is none.

    Only the query is taken: the list itself stays where it is, and no token goes to another host. Raises
    `RegistryError` for a link that leads elsewhere or cannot be read, for then there may be more.
    """
    header, start = " ".join(header.split()), 0
    while match := _LINK.match(header, start):
        start = match.end()
        if _NEXT.search(match[2]):
            return _query(match[1], place)
    if header[start:].strip(" ,"):
        raise RegistryError(f"the address of the next page cannot be read: {one_line(header[start:], 100)!r}")
    return ""


def _query(target: str, place: str) -> str:
    try:
        parts = urlsplit(urljoin(place, target))
    except ValueError:
        parts = urlsplit("")
    sound = re.fullmatch(r"[\x21-\x7e]{1,4096}", parts.query)
    if not sound or not unquote(parts.path).endswith(place):
        raise RegistryError(f"the next page of the list is at another address: {one_line(target, 100)!r}")
    return parts.query
