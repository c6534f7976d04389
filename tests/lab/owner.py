"""An owner's packages and the runs of repositories, over a registry on loopback: held to GitHub's description."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.builders import NOW
from tests.lab.github import TOKEN
from tests.lab.loopback import Answer, Loopback, Request
from tests.lab.openapi.contract import Contract, Operation
from tests.lab.openapi.filled import Filled
from tests.lab.referrers import MemoryRegistry

COMMIT = "c" * 40
_UNDESCRIBED = {"page", "per_page", "state"}
"""GitHub takes them under `/users/…` too; its description does not say so."""


@dataclass
class Run:
    """A run of a workflow."""

    commit: str = COMMIT
    name: str | None = "release"
    status: str = "completed"
    conclusion: str | None = "success"


@dataclass
class Package:
    """A package; `ages` are the days that have passed since its tags were pushed."""

    name: str
    linked: str = ""
    updated: int = 1
    ages: dict[str, int] = field(default_factory=dict)
    refused: int = 0
    """The status with which its versions are kept from this token."""
    versions: dict[str, tuple[str, ...]] | None = None
    """Digests with their tags, where the images are in another registry than the owner's."""


class Owner(Loopback):
    """A user or an organization."""

    def __init__(self, registry: MemoryRegistry, login: str = "octo", *, kind: str = "orgs") -> None:
        """`kind` is `orgs`, `users`, or `user`: the token's own."""
        super().__init__(self._handle)
        self.registry = registry
        self.login = login
        self.kind = kind
        self.packages: dict[str, Package] = {}
        self.runs: dict[str, list[Run]] = {}
        """By repository, the newest first; a repository that is not in it is not for this token."""
        self._contract = Contract()
        self._filled = Filled()

    def add(self, name: str, **more: Any) -> Package:
        """Give the owner a package, with what the registry has of it."""
        self.packages[name] = Package(name, **more)
        return self.packages[name]

    @property
    def env(self) -> dict[str, str]:
        """What `gate` needs to find it."""
        return {"GITHUB_API_URL": self.url, "GITHUB_TOKEN": TOKEN}

    def _handle(self, request: Request) -> Answer:
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        operation = self._contract.operation(request.method, request.path)
        query = {name: one for name, one in request.query.items() if self.kind != "users" or name not in _UNDESCRIBED}
        self._contract.check_request(Request(request.method, request.path, query, request.headers), operation)
        status, value = self._told(operation, request)
        if status < 400:
            self._contract.check_answer(operation, status, value)
        return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _told(self, operation: Operation, request: Request) -> tuple[int, Any]:
        if request.path.endswith("/actions/runs"):
            return self._runs(request, f"{operation.values['owner']}/{operation.values['repo']}")
        place = "/user/" if self.kind == "user" else f"/{self.kind}/{self.login}/"
        if not request.path.startswith(place):
            return (200, []) if request.path == "/user/packages" else (404, {"message": "Not Found"})
        if "package_name" in operation.values:
            return self._versions(self.packages[operation.values["package_name"]])
        return 200, [self._package(one) for one in self.packages.values()]

    def _package(self, one: Package) -> dict[str, Any]:
        when = (NOW - timedelta(days=one.updated)).isoformat()
        owner = self._filled("simple-user", login=self.login)
        package = {"name": one.name, "package_type": "container", "visibility": "private", "owner": owner}
        if one.linked:
            package["repository"] = self._filled("minimal-repository", full_name=one.linked, owner=owner)
        page = f"https://github.com/orgs/{self.login}/packages/container/package/{one.name}"
        return self._filled("package", **package, html_url=page, created_at=when, updated_at=when)

    def _versions(self, package: Package) -> tuple[int, Any]:
        if package.refused:
            return package.refused, {"message": "no"}
        held = self.registry.repository(f"{self.login}/{package.name}")
        known = {
            digest: tuple(sorted(tag for tag, one in held.tags.items() if one == digest)) for digest in held.documents
        }
        rows = []
        for number, (digest, tags) in enumerate((package.versions or known).items(), 1):
            when = (NOW - timedelta(days=min((package.ages.get(tag, 30) for tag in tags), default=30))).isoformat()
            metadata = {"package_type": "container", "container": {"tags": list(tags)}}
            made = {"id": number, "name": digest, "created_at": when, "updated_at": when, "metadata": metadata}
            rows.append(self._filled("package-version", **made))
        return 200, rows

    def _runs(self, request: Request, repository: str) -> tuple[int, Any]:
        if repository not in self.runs:
            return 404, {"message": "Not Found"}
        commit, most = request.query.get("head_sha", [""])[0], int(request.query["per_page"][0])
        found = [one for one in self.runs[repository] if commit in {"", one.commit}]
        rows = [
            self._filled(
                "workflow-run",
                id=number,
                name=one.name,
                path=".github/workflows/release.yml",
                head_sha=one.commit,
                head_branch="main",
                event="push",
                status=one.status,
                conclusion=one.conclusion,
                html_url=f"https://github.com/{repository}/actions/runs/{number}",
                created_at=NOW.isoformat(),
            )
            for number, one in enumerate(found, 1)
        ]
        return 200, {"total_count": len(rows), "workflow_runs": rows[:most]}
