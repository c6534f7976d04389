"""Probe a registry for `gate doctor`: clock, pull access, platforms, referrers and push access."""

from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from gate.io.run_context import RunContext
from gate.model.image import ImageRef
from gate.registry.access import Access
from gate.registry.client import Repository
from gate.registry.credentials import Credential
from gate.registry.errors import DeniedError, RefusedError
from gate.registry.platforms import plan_all
from gate.registry.referrers import referrers
from gate.registry.response_errors import DENIED
from gate.registry.session import Session, address_of

_REFERRERS = 10_000


def server_time(host: str, *, context: RunContext, access: Access) -> datetime | None:
    """Return the time of the registry's clock; None when it sends none. Raises `RegistryError`."""
    address = address_of(host, plain_http=access.plain_http)

    def ask() -> str:
        with http.open("GET", address, {}) as reply:
            return reply.headers.get("date", "")

    with access.http(context) as http:
        date = http.patiently(ask)
    with suppress(ValueError, TypeError, OverflowError):
        time = parsedate_to_datetime(date)
        return time if time.tzinfo else time.replace(tzinfo=UTC)
    return None


def digest_of(image: ImageRef, credential: Credential | None, *, context: RunContext, access: Access) -> str:
    """Resolve the image with this login, as a pull would. Raises `DeniedError`, `RefusedError`, `RegistryError`."""
    with access.http(context) as http:
        document = Repository(image, Session(image, http, credential, plain_http=access.plain_http)).top()
    document.parsed()  # a page of a proxy has a digest too
    return document.digest


def platforms(image: ImageRef, credential: Credential | None, *, context: RunContext, access: Access) -> list[str]:
    """List the platforms of an image, as a scan does. Raises `RegistryError` when any part of it cannot be scanned."""
    with access.http(context) as http:
        repository = Repository(image, Session(image, http, credential, plain_http=access.plain_http))
        return [str(each.image.platform) for each in plan_all(repository, access.unscanned_manifests)]


def count_referrers(
    image: ImageRef, digest: str, credential: Credential | None, *, context: RunContext, access: Access
) -> int | None:
    """Count the manifests that refer to a digest; None when the registry has no referrers API.

    Raises `RegistryError`.
    """
    with access.http(context) as http:
        repository = Repository(image, Session(image, http, credential, plain_http=access.plain_http))
        listed = referrers(repository, digest, _REFERRERS)
    return None if listed is None else len(listed)


def may_push(image: ImageRef, credential: Credential, *, context: RunContext, access: Access) -> bool:
    """Whether an upload may be begun in the repository; it is left to expire. Raises `RegistryError`.

    The token proves nothing: GHCR issues push tokens to every login that may pull.
    """
    name = f"{image.registry}/{image.repository}"
    with access.http(context) as http:
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
