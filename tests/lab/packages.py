"""The Packages API of GitHub over a registry on loopback: each request and answer held to GitHub's description."""

import json
import threading
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

from tests.builders import NOW
from tests.lab.github import TOKEN
from tests.lab.loopback import Answer, Loopback, Request
from tests.lab.openapi.contract import Contract, Operation
from tests.lab.openapi.filled import Filled
from tests.lab.referrers import MemoryRegistry

_UNDESCRIBED = {"page", "per_page", "state"}
"""GitHub takes them under `/users/…` too, and pages by 30 without; its description does not say so."""


@dataclass
class Listed:
    """A version as GitHub has it."""

    id: int
    digest: str
    tags: tuple[str, ...]
    created: datetime
    deleted: bool = False
    body: Any = field(default=None, repr=False)


class Packages(Loopback):
    """The package `repository` of an organization, of the token's user (`mine`), or of another user."""

    def __init__(self, registry: MemoryRegistry, repository: str = "octo/app", *, kind: str = "Organization") -> None:
        """Its versions are what the registry holds when `list` is called; deleting takes it from the registry too."""
        super().__init__(self._handle)
        self.registry = registry
        self.owner, _, self.name = repository.partition("/")
        self.repository = repository
        self.kind = kind
        self.versions: dict[int, Listed] = {}
        self.visibility = "private"
        self.linked = repository
        """The repository that it is linked to; none when it is empty."""
        self.page = 100
        self._contract = Contract()
        self._lock = threading.Lock()

    def list(self, *, age: int = 30, ages: dict[str, int] | None = None) -> Self:
        """List what the registry holds by now, so many days old, or as `ages` says of a tag."""
        held = self.registry.repository(self.repository)
        known = {one.digest for one in self.versions.values()}
        for digest in held.documents:
            tags = tuple(sorted(tag for tag, one in held.tags.items() if one == digest))
            days = next((ages[tag] for tag in tags if ages and tag in ages), age)
            if digest not in known:
                number = 1000 + len(self.versions)
                self.versions[number] = Listed(number, digest, tags, NOW - timedelta(days=days))
        for number, one in self.versions.items():
            tags = tuple(sorted(tag for tag, digest in held.tags.items() if digest == one.digest))
            self.versions[number] = replace(one, tags=tags)
        return self

    @property
    def env(self) -> dict[str, str]:
        """What `gate` needs to find it."""
        return {"GITHUB_API_URL": self.url, "GITHUB_TOKEN": TOKEN}

    def _handle(self, request: Request) -> Answer:
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        operation = self._contract.operation(request.method, request.path)
        described = request
        if "username" in operation.values:
            query = {name: one for name, one in request.query.items() if name not in _UNDESCRIBED}
            described = replace(request, query=query)
        self._contract.check_request(described, operation)
        with self._lock:
            status, value, headers = self._told(operation, request)
        if status < 400:
            self._contract.check_answer(operation, status, value)
        return Answer(status, b"" if value is None else json.dumps(value).encode(), headers)

    def _told(self, operation: Operation, request: Request) -> tuple[int, Any, dict[str, str]]:
        values = operation.values
        assert values["package_type"] == "container"
        if not self._is_here(request.path) or values["package_name"] != self.name:
            return 404, {"message": "Package not found."}, {}
        if "package_version_id" in values:
            return (*self._one(request, self.versions.get(int(values["package_version_id"]))), {})
        if not request.path.endswith("/versions"):
            return 200, self._package(), {}
        return self._page(request)

    def _is_here(self, path: str) -> bool:
        place = {"Organization": f"/orgs/{self.owner}/", "mine": "/user/", "User": f"/users/{self.owner}/"}[self.kind]
        return path.startswith(place)

    def _one(self, request: Request, one: Listed | None) -> tuple[int, Any]:
        restores = request.path.endswith("/restore")
        if one is None or one.deleted != restores:
            return 404, {"message": "Package version not found."}
        held = self.registry.repository(self.repository)
        if request.method == "DELETE":
            tagged = [other for other in self.versions.values() if other.tags and not other.deleted]
            if tagged == [one]:
                return 400, {"message": "You cannot delete the last tagged version of a package."}
            one.body = held.documents[one.digest]
            one.deleted = True
            blobs = dict(held.blobs)
            held.forget(one.digest)
            held.blobs.update(blobs)
            return 204, None
        if restores:
            one.deleted = False
            held.documents[one.digest] = one.body
            held.tags.update(dict.fromkeys(one.tags, one.digest))
            return 204, None
        return 200, self._version(one)

    def _page(self, request: Request) -> tuple[int, Any, dict[str, str]]:
        deleted = request.query.get("state", ["active"]) == ["deleted"]
        rows = [self._version(one) for one in self.versions.values() if one.deleted == deleted]
        number = int(request.query.get("page", ["1"])[0])
        size = min(self.page, int(request.query.get("per_page", ["30"])[0]))
        headers = {}
        if rows[number * size :]:
            state = "deleted" if deleted else "active"
            link = f"{self.url}{request.path}?state={state}&per_page={size}&page={number + 1}"
            headers["Link"] = f'<{link}>; rel="next"'
        return 200, rows[(number - 1) * size : number * size], headers

    def _version(self, one: Listed) -> dict[str, Any]:
        url = f"{self.url}/orgs/{self.owner}/packages/container/{self.name}"
        made = one.created.isoformat()
        return {
            "id": one.id,
            "name": one.digest,
            "url": f"{url}/versions/{one.id}",
            "package_html_url": f"https://github.com/orgs/{self.owner}/packages/container/package/{self.name}",
            "created_at": made,
            "updated_at": made,
            "metadata": {"package_type": "container", "container": {"tags": list(one.tags)}},
        }

    def _package(self) -> dict[str, Any]:
        made = NOW.isoformat()
        owner = user(self.owner, "Organization" if self.kind == "Organization" else "User")
        return {
            "id": 1,
            "name": self.name,
            "package_type": "container",
            "url": f"{self.url}/orgs/{self.owner}/packages/container/{self.name}",
            "html_url": f"https://github.com/orgs/{self.owner}/packages/container/package/{self.name}",
            "version_count": len(self.versions),
            "visibility": self.visibility,
            "created_at": made,
            "updated_at": made,
            "owner": owner,
            **(
                {"repository": Filled()("minimal-repository", full_name=self.linked, owner=owner)}
                if self.linked
                else {}
            ),
        }


def user(login: str, kind: str) -> dict[str, Any]:
    """Somebody, as GitHub tells of them."""
    api = f"https://api.github.com/users/{login}"
    places = ("followers", "following", "gists", "starred", "subscriptions", "organizations", "repos", "events")
    return {
        "login": login,
        "id": 1,
        "node_id": "x",
        "avatar_url": "https://avatars.githubusercontent.com/u/1",
        "gravatar_id": "",
        "url": api,
        "html_url": f"https://github.com/{login}",
        **{f"{place}_url": f"{api}/{place}" for place in places},
        "received_events_url": f"{api}/received_events",
        "type": kind,
        "site_admin": False,
    }
