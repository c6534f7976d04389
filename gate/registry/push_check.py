"""Probe a registry for `gate doctor`: clock, pull access, platforms, referrers and push access."""

from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from gate.io.http_client import Http
from gate.io.run_context import RunContext
from gate.model.image import ImageRef
from gate.registry.access import Access
from gate.registry.client import Repository
from gate.registry.credentials import Credential
from gate.registry.errors import DeniedError, RefusedError
from gate.registry.platforms import Plan, list_manifests, plan, settle
from gate.registry.referrers import referrers
from gate.registry.refusals import DENIED
from gate.registry.session import Session, address_of

_REFERRERS = 10_000


def _http(context: RunContext, access: Access) -> Http:
    return Http(context.env, idle=access.timeout, deadline=access.deadline, run=context.deadline, pause=access.pause)


def server_time(host: str, *, context: RunContext, access: Access) -> datetime | None:
    """Return the time of the registry's clock; None when it sends none. Raises `RegistryError`."""
    address = address_of(host, plain_http=access.plain_http)

    def ask() -> str:
        with http.open("GET", address, {}) as reply:
            return reply.headers.get("date", "")

    with _http(context, access) as http:
        date = http.patiently(ask)
    with suppress(ValueError, TypeError, OverflowError):
        found = parsedate_to_datetime(date)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None


def digest_of(image: ImageRef, credential: Credential | None, *, context: RunContext, access: Access) -> str:
    """Resolve the image with this login, as a pull would. Raises `DeniedError`, `RefusedError`, `RegistryError`."""
    with _http(context, access) as http:
        found = Repository(image, Session(image, http, credential, plain_http=access.plain_http)).top()
    found.parsed()  # a page of a proxy has a digest too
    return found.digest


def platforms(image: ImageRef, credential: Credential | None, *, context: RunContext, access: Access) -> list[str]:
    """List the platforms of an image, as a scan does. Raises `RegistryError` when any part of it cannot be scanned."""
    with _http(context, access) as http:
        offer = list_manifests(Repository(image, Session(image, http, credential, plain_http=access.plain_http)))
        found = [plan(offer, one, access.unscanned_manifests) for one in offer.manifests]
    plans = settle(offer, [one for one in found if isinstance(one, Plan)], None)
    return [str(one.image.platform) for one in plans]


def count_referrers(
    image: ImageRef, digest: str, credential: Credential | None, *, context: RunContext, access: Access
) -> int | None:
    """Count the manifests that refer to a digest; None when the registry has no referrers API.

    Raises `RegistryError`.
    """
    with _http(context, access) as http:
        repository = Repository(image, Session(image, http, credential, plain_http=access.plain_http))
        listed = referrers(repository, digest, _REFERRERS)
    return None if listed is None else len(listed)


def may_push(image: ImageRef, credential: Credential, *, context: RunContext, access: Access) -> bool:
    """Whether an upload may be begun in the repository; it is left to expire. Raises `RegistryError`.

    The token proves nothing: GHCR issues push tokens to every login that may pull.
    """
    name = f"{image.registry}/{image.repository}"
    with _http(context, access) as http:
        session = Session(image, http, credential, plain_http=access.plain_http, actions="pull,push")

        def begin() -> bool:
            try:
                with session.open("POST", "blobs/uploads/", name, {}, follow=lambda _: False):
                    return True
            except DeniedError:
                return False
            except RefusedError as exc:
                if exc.status in DENIED:
                    return False
                raise

        return http.patiently(begin)
