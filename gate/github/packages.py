"""Container packages on GitHub: find, list versions, delete and restore versions.

docs.github.com/rest/packages: the same requests under `/orgs/…`, `/user/…` (the token's own) and `/users/…`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from gate.errors import RegistryError, UsageError
from gate.github.api import Answer, Api
from gate.maintenance.prune import Version
from gate.model.image import is_digest
from gate.text import one_line

_PAGES = 1_000
"""Maximum number of pages, with a hundred versions each."""


@dataclass(frozen=True)
class Package:
    """A container package on GitHub."""

    path: str
    """In the API, `/orgs/octo/packages/container/app`."""
    visibility: str
    """`public`, `private` or `internal`."""
    repository: str
    """The linked repository, `octo/app`; empty when there is none."""
    page: str
    """URL of its page."""


def find(api: Api, owner: str, name: str) -> Package:
    """Find a package of a user or organisation. Raises `RegistryError` when the token has no access."""
    package = f"packages/container/{quote(name, safe='')}"
    answer = None
    for place in _places(owner):
        answer = api.ask("GET", f"{place}/{package}")
        if answer.ok and _owner(answer.value).lower() == owner.lower():
            return _package(answer.value, f"{place}/{package}")
        if not answer.ok and answer.status not in {HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN}:
            break
    raise refused(api, answer, f"the package {one_line(owner, 100)}/{one_line(name, 200)}")


def _places(owner: str) -> tuple[str, str, str]:
    """Return where the packages of an owner may be: an organization, the user of the token, another user."""
    return f"/orgs/{quote(owner, safe='')}", "/user", f"/users/{quote(owner, safe='')}"


@dataclass(frozen=True)
class Owned:
    """A package in the list of its owner."""

    name: str
    """Below the owner: `app`, `team/app`."""
    package: Package
    updated: datetime


def owned(api: Api, owner: str) -> list[Owned]:
    """List every container package of a user or organisation that the token can see. Raises `RegistryError`."""
    answer, query = None, {"package_type": "container"}
    for place in _places(owner):
        packages: list[Owned] = []
        for answer in api.pages(f"{place}/packages", query):
            if not answer.ok or not isinstance(answer.value, list):
                break
            rows = [row for row in answer.value if place != "/user" or _owner(row).lower() == owner.lower()]
            packages.extend(_owned(row, place) for row in rows)
        else:
            if packages or place != "/user":  # the packages of the token's user say nothing about other owners
                return packages
            continue
        if answer.ok or answer.status not in {HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN}:
            break
    raise refused(api, answer, f"the packages of {one_line(owner, 100)}")


def versions(api: Api, package: Package, *, deleted: bool = False) -> list[Version]:
    """List all versions, or all that were deleted within the last 30 days and can be restored.

    Raises `RegistryError`, also for an incomplete list.
    """
    query = {"state": "deleted" if deleted else "active"}
    by_id: dict[int, Version] = {}
    for answer in api.pages(f"{package.path}/versions", query, most=_PAGES):
        by_id.update((version.id, version) for version in _versions(api, answer))
    if not deleted and len({version.digest for version in by_id.values()}) < len(by_id):
        raise RegistryError("GitHub lists two versions with the same digest")
    return list(by_id.values())


def newest(api: Api, package: Package) -> list[Version]:
    """Return the first page of the versions, which has the newest. Raises `RegistryError`."""
    return _versions(api, next(api.pages(f"{package.path}/versions", {"state": "active"})))


def _versions(api: Api, answer: Answer) -> list[Version]:
    if not answer.ok or not isinstance(answer.value, list):
        raise refused(api, answer, "the versions of the package")
    return [_version(row) for row in answer.value]


def version(api: Api, package: Package, number: int) -> Version | None:
    """Return a version as it is now; None when it does not exist any more. Raises `RegistryError`."""
    answer = api.ask("GET", f"{package.path}/versions/{number}")
    if answer.status == HTTPStatus.NOT_FOUND:
        return None
    if not answer.ok:
        raise refused(api, answer, f"version {number} of the package")
    return _version(answer.value)


def delete(api: Api, package: Package, number: int) -> Answer:
    """Delete a version: status 204, or 404 when it was deleted already. Raises `RegistryError`."""
    return api.ask("DELETE", f"{package.path}/versions/{number}")


def restore(api: Api, package: Package, number: int) -> Answer:
    """Restore a version within 30 days of its deletion: status 204."""
    return api.ask("POST", f"{package.path}/versions/{number}/restore")


def refused(api: Api, answer: Answer | None, what: str) -> RegistryError:
    """Return the error for a request about packages without success."""
    if answer is None or answer.ok or answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN}:
        message = f": {answer.message}" if answer and not answer.ok and answer.message else ""
        return RegistryError(
            f"{api.host} does not let this token have {what}{message}",
            hint="a classic token needs `read:packages`, and `delete:packages` to delete; the GITHUB_TOKEN of a job "
            "needs `packages: write`, and its repository the role Admin in the settings of the package; fine-grained "
            "tokens do not work",
        )
    hint = "the token is wrong or expired" if answer.status == HTTPStatus.UNAUTHORIZED else ""
    return RegistryError(f"{api.host} says {answer.status} to {what}: {answer.message or 'nothing more'}", hint=hint)


def _owner(value: Any) -> str:
    owner = value.get("owner") if isinstance(value, dict) else None
    login = owner.get("login") if isinstance(owner, dict) else None
    return login if isinstance(login, str) else ""


def _owned(value: Mapping[str, Any], place: str) -> Owned:
    try:
        name, updated = value["name"], datetime.fromisoformat(value["updated_at"])
        path = f"{place}/packages/container/{quote(name, safe='')}"
    except (LookupError, TypeError, ValueError) as exc:
        raise RegistryError("GitHub's list of packages cannot be read") from exc
    if not updated.tzinfo:
        raise RegistryError("GitHub's list of packages does not say in which time zone its times are")
    return Owned(name, _package(value, path), updated)


def _package(value: Mapping[str, Any], path: str) -> Package:
    linked = value.get("repository")
    name = linked.get("full_name") if isinstance(linked, dict) else ""
    texts = [value.get("visibility"), name, value.get("html_url")]
    visibility, repository, page = (one_line(text, 400) if isinstance(text, str) else "" for text in texts)
    return Package(path, visibility, repository, page)


def _version(value: Any) -> Version:
    """Read a version. Raises `RegistryError` when it is malformed."""
    try:
        touched = max(datetime.fromisoformat(value[key]) for key in ("created_at", "updated_at"))
        number, digest, tags = value["id"], value["name"], value["metadata"]["container"]["tags"]
    except (LookupError, TypeError, ValueError, AttributeError) as exc:
        raise RegistryError("GitHub's list of versions cannot be read") from exc
    sound = isinstance(number, int) and is_digest(digest) and isinstance(tags, list) and touched.tzinfo
    if not sound or not all(isinstance(tag, str) for tag in tags):
        raise RegistryError("GitHub's list of versions holds something that is no version of a container")
    return Version(number, digest, tuple(tags), touched)


def split(repository: str) -> tuple[str, str]:
    """Return owner and package name of an image repository. Raises `UsageError` when there is no owner."""
    owner, slash, name = repository.partition("/")
    if not slash:
        raise UsageError(f"not a package of GitHub: {one_line(repository, 200)}", hint="it is like ghcr.io/owner/app")
    return owner, name
