"""A GitHub on loopback: code scanning, each request and each answer held to GitHub's own description."""

import base64
import gzip
import json
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any, Self
from uuid import uuid4

from tests.builders import NOW
from tests.lab.loopback import Answer, Loopback, Request
from tests.lab.openapi.contract import Contract, Operation

TOKEN = "ghs_" + "0123456789abcdefghijklmnopqrstuvwxyzAB"  # in two, so that no scanner finds it here
_DOCS = "https://docs.github.com/rest"


@dataclass
class Upload:
    """A file that was handed over."""

    repository: str
    body: Mapping[str, Any]
    sarif: Mapping[str, Any]
    id: str = field(default_factory=lambda: str(uuid4()))
    asked: int = 0
    created: datetime | None = NOW
    """When its analyses came to be listed; None: they are not listed."""


class GitHub(Loopback):
    """Takes SARIF for any repository; what becomes of it is told by the attributes, which a test sets."""

    def __init__(self, prefix: str = "") -> None:
        """`prefix` stands before every path: `/api/v3` on GitHub Enterprise Server."""
        super().__init__(self._handle)
        self.api = f"{self.url}{prefix}"
        self.uploads: list[Upload] = []
        self.unheard = 0
        """How often an upload is not known yet."""
        self.pending = 0
        """How often it is said to be pending; then its end comes."""
        self.errors: list[str] = []
        """With any, it fails."""
        self.status: str | None = None
        """Instead of the end that the errors tell."""
        self.analysis: dict[str, Any] = {}
        """Members of each analysis that differ."""
        self.page = 100
        """Analyses on a page, at most."""
        self._prefix = prefix
        self._contract = Contract()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        super().__enter__()
        return self

    def __exit__(self, *how: object) -> None:
        """Raises too for any request, answered as it may have been, that GitHub did not describe."""
        super().__exit__(*how)
        for request in self.requests:
            self._checked(request)

    @property
    def env(self) -> dict[str, str]:
        """What a job of Actions that builds a branch has in its environment, with the token."""
        return {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.api,
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": "acme/app",
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_SHA": "4b6472266afd7b471e86085a6659e8c7f2b119da",
            "GITHUB_TOKEN": TOKEN,
        }

    def refuse(
        self,
        method: str,
        path: str,
        status: int,
        message: str,
        headers: Mapping[str, str] | None = None,
        times: int = sys.maxsize,
        **more: Any,
    ) -> None:
        """Answer like that, in the form in which GitHub refuses."""
        value = {"message": message, "documentation_url": _DOCS, "status": str(status), **more}
        self.fault(method, path, status=status, body=json.dumps(value).encode(), headers=headers, times=times)

    def _handle(self, request: Request) -> Answer:
        operation, body = self._checked(request)
        if request.headers["Authorization"] != f"Bearer {TOKEN}":
            return _json(401, {"message": "Bad credentials", "documentation_url": _DOCS, "status": "401"})
        with self._lock:
            status, value, headers = self._told(operation, body, request)
        self._contract.check_answer(operation, status, value)
        return _json(status, value, headers)

    def _checked(self, request: Request) -> tuple[Operation, Any]:
        assert request.path.startswith(self._prefix + "/"), request.path
        operation = self._contract.operation(request.method, request.path.removeprefix(self._prefix))
        assert request.headers["Accept"] == "application/vnd.github+json"
        assert request.headers["X-GitHub-Api-Version"] == "2022-11-28"
        assert request.headers["User-Agent"]
        return operation, self._contract.check_request(request, operation)

    def _told(self, operation: Operation, body: Any, request: Request) -> tuple[int, Any, dict[str, str]]:
        repository = f"{operation.values['owner']}/{operation.values['repo']}"
        if operation.name == "code-scanning/upload-sarif":
            sarif = json.loads(gzip.decompress(base64.b64decode(body["sarif"], validate=True)))
            self.uploads.append(Upload(repository, body, sarif))
            return 202, {"id": self.uploads[-1].id, "url": self._url(repository, self.uploads[-1])}, {}
        if operation.name == "code-scanning/get-sarif":
            return self._processing(repository, operation.values["sarif_id"])
        rows = [row for one in self._listed(repository, request) for row in self._analyses(one)]
        number = int(request.query.get("page", ["1"])[0])
        size = min(self.page, int(request.query["per_page"][0]))
        headers = {}
        if rows[number * size :]:
            asked = "".join(
                f"{name}={request.query[name][0]}&" for name in ("ref", "sarif_id") if name in request.query
            )
            link = f"{self.api}/repos/{repository}/code-scanning/analyses?{asked}per_page={size}"
            headers["Link"] = f'<{link}&page={number + 1}>; rel="next", <{link}&page=9>; rel="last"'
        return 200, rows[(number - 1) * size : number * size], headers

    def _found(self, repository: str, sarif_id: str) -> list[Upload]:
        return [one for one in self.uploads if (one.repository, one.id) == (repository, sarif_id)]

    def _listed(self, repository: str, request: Request) -> list[Upload]:
        """Those whose analyses the request asks for, the newest first."""
        wanted = {name: values[0] for name, values in request.query.items() if name in {"ref", "sarif_id"}}
        every = [one for one in self.uploads if one.repository == repository and one.created]
        return [
            one for one in reversed(every) if wanted.items() <= {"ref": one.body["ref"], "sarif_id": one.id}.items()
        ]

    def _processing(self, repository: str, sarif_id: str) -> tuple[int, Any, dict[str, str]]:
        [one] = self._found(repository, sarif_id)
        one.asked += 1
        if one.asked <= self.unheard:
            return 404, {"message": "Not Found", "documentation_url": _DOCS, "status": "404"}, {}
        if one.asked <= self.unheard + self.pending:
            return 200, {"processing_status": "pending"}, {}
        errors = self.errors or None
        ended = {"processing_status": self.status or ("failed" if errors else "complete"), "errors": errors}
        return 200, {**ended, "analyses_url": f"{self.api}/repos/{repository}/code-scanning/analyses"}, {}

    def _analyses(self, one: Upload) -> list[dict[str, Any]]:
        return [
            {
                "ref": one.body["ref"],
                "commit_sha": one.body["commit_sha"],
                "analysis_key": "(default)",
                "environment": "{}",
                "category": run.get("automationDetails", {}).get("id", "").rpartition("/")[0],
                "error": "",
                "warning": "",
                "created_at": (one.created or NOW).isoformat(),
                "results_count": len(run["results"]),
                "rules_count": len(run["tool"]["driver"].get("rules", [])),
                "id": place,
                "url": f"{self.api}/repos/{one.repository}/code-scanning/analyses/{place}",
                "sarif_id": one.id,
                "tool": {"name": run["tool"]["driver"]["name"]},
                "deletable": True,
                **self.analysis,
            }
            for place, run in enumerate(one.sarif["runs"], 1)
        ]

    def _url(self, repository: str, one: Upload) -> str:
        return f"{self.api}/repos/{repository}/code-scanning/sarifs/{one.id}"


def _json(status: int, value: Any, headers: Mapping[str, str] | None = None) -> Answer:
    told = {"Content-Type": "application/json; charset=utf-8", "Date": format_datetime(NOW, usegmt=True)}
    return Answer(status, json.dumps(value).encode(), {**told, **(headers or {})})
