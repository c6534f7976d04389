"""Container packages on GitHub: find, list versions, delete and restore versions.

docs.github.com/rest/packages: the same questions under `/orgs/…`, `/user/…` (the token's own) and `/users/…`.
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
"""Of a hundred versions each."""


@dataclass(frozen=True)
class Package:
    """A container package on GitHub."""

    path: str
    """In the API, `/orgs/octo/packages/container/app`."""
    visibility: str
    """`public`, `private` or `internal`."""
    repository: str
    """The repository that it is linked to, `octo/app`; empty when it is linked to none."""
    page: str
    """Its address for people."""


def find(api: Api, owner: str, name: str) -> Package:
    """Find a package of a user or organisation. Raises `RegistryError` when the token has no access."""
    package = f"packages/container/{quote(name, safe='')}"
    answer = None
    for place in (f"/orgs/{quote(owner, safe='')}", "/user", f"/users/{quote(owner, safe='')}"):
        answer = api.ask("GET", f"{place}/{package}")
        if answer.ok and _owner(answer.value).lower() == owner.lower():
            return _package(answer.value, f"{place}/{package}")
        if not answer.ok and answer.status not in {HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN}:
            break
    raise refused(api, answer, f"the package {one_line(owner, 100)}/{one_line(name, 200)}")


@dataclass(frozen=True)
class Owned:
    """A package in the list of its owner's."""

    name: str
    """Below the owner: `app`, `team/app`."""
    package: Package
    updated: datetime


def owned(api: Api, owner: str) -> list[Owned]:
    """List every container package of a user or organisation that the token can see. Raises `RegistryError`."""
    answer, query = None, {"package_type": "container"}
    for place in (f"/orgs/{quote(owner, safe='')}", "/user", f"/users/{quote(owner, safe='')}"):
        found: list[Owned] = []
        for answer in api.pages(f"{place}/packages", query):
            if not answer.ok or not isinstance(answer.value, list):
                break
            every = [one for one in answer.value if place != "/user" or _owner(one).lower() == owner.lower()]
            found.extend(_owned(one, place) for one in every)
        else:
            if found or place != "/user":  # the token's own packages tell nothing of somebody else's
                return found
            continue
        if answer.ok or answer.status not in {HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN}:
            break
    raise refused(api, answer, f"the packages of {one_line(owner, 100)}")


def versions(api: Api, package: Package, *, deleted: bool = False) -> list[Version]:
    """Every version of it, or every one that was deleted within the last 30 days and can be restored.

    Raises `RegistryError`, too for a list that is not whole.
    """
    query = {"state": "deleted" if deleted else "active"}
    found: dict[int, Version] = {}
    for answer in api.pages(f"{package.path}/versions", query, most=_PAGES):
        if not answer.ok or not isinstance(answer.value, list):
            raise refused(api, answer, "the versions of the package")
        for one in map(_version, answer.value):
            found[one.id] = one
    digests = [one.digest for one in found.values()]
    if not deleted and len(set(digests)) < len(digests):
        raise RegistryError("GitHub lists two versions with the same digest")
    return list(found.values())


def newest(api: Api, package: Package) -> list[Version]:
    """The first page of the versions, which has the newest. Raises `RegistryError`."""
    answer = next(api.pages(f"{package.path}/versions", {"state": "active"}))
    if not answer.ok or not isinstance(answer.value, list):
        raise refused(api, answer, "the versions of the package")
    return [_version(one) for one in answer.value]


def version(api: Api, package: Package, number: int) -> Version | None:
    """One version as it is now; None when it is not there any more. Raises `RegistryError`."""
    answer = api.ask("GET", f"{package.path}/versions/{number}")
    if answer.status == HTTPStatus.NOT_FOUND:
        return None
    if not answer.ok:
        raise refused(api, answer, f"version {number} of the package")
    return _version(answer.value)


def delete(api: Api, package: Package, number: int) -> Answer:
    """Delete a version: 204, or 404 when it was gone already. Raises `RegistryError` for what is no answer to it."""
    return api.ask("DELETE", f"{package.path}/versions/{number}")


def restore(api: Api, package: Package, number: int) -> Answer:
    """Take a deletion back, within 30 days of it: 204."""
    return api.ask("POST", f"{package.path}/versions/{number}/restore")


def refused(api: Api, answer: Answer | None, what: str) -> RegistryError:
    """Say what GitHub said to a question about packages."""
    if answer is None or answer.ok or answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN}:
        said = f": {answer.message}" if answer and not answer.ok and answer.message else ""
        return RegistryError(
            f"{api.host} does not let this token have {what}{said}",
            hint="a classic token needs `read:packages`, and `delete:packages` to delete; the GITHUB_TOKEN of a job "
            "needs `packages: write`, and its repository the role Admin in the settings of the package; fine-grained "
            "tokens do not work",
        )
    hint = "the token is wrong, or has ended" if answer.status == HTTPStatus.UNAUTHORIZED else ""
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
    """Read one. Raises `RegistryError` when it is not as GitHub describes versions of containers."""
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
    """Owner and name of the package of a repository in the registry. Raises `UsageError` when there is no owner."""
    owner, slash, name = repository.partition("/")
    if not slash:
        raise UsageError(f"not a package of GitHub: {one_line(repository, 200)}", hint="it is like ghcr.io/owner/app")
    return owner, name
