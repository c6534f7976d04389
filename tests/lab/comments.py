"""The comments of a pull request on a GitHub on loopback, each request held to GitHub's description."""

import json
import threading
from typing import Any

from tests.builders import NOW
from tests.lab.github import TOKEN
from tests.lab.loopback import Answer, Loopback, Request
from tests.lab.openapi.contract import Contract, Operation
from tests.lab.packages import user


class Conversation(Loopback):
    """Pull request 7 of `acme/app`; the token is a job's, which has no user."""

    def __init__(self) -> None:
        super().__init__(self._handle)
        self.comments: list[dict[str, Any]] = []
        self.page = 100
        self._contract = Contract()
        self._lock = threading.Lock()
        self._number = 0

    def say(self, body: str, login: str = "octocat", kind: str = "User") -> dict[str, Any]:
        """Have somebody comment."""
        self._number += 1
        place = "https://github.com/acme/app/pull/7"
        self.comments.append(
            {
                "id": self._number,
                "node_id": "x",
                "body": body,
                "html_url": f"{place}#issuecomment-{self._number}",
                "issue_url": place,
                "url": f"{self.url}/repos/acme/app/issues/comments/{self._number}",
                "created_at": NOW.isoformat(),
                "updated_at": NOW.isoformat(),
                "user": user(login, kind),
                "author_association": "NONE",
            }
        )
        return self.comments[-1]

    @property
    def env(self) -> dict[str, str]:
        """Of a job for the pull request, beside the event's file."""
        return {"GITHUB_API_URL": self.url, "GITHUB_REF": "refs/pull/7/merge", "GITHUB_EVENT_NAME": "pull_request"}

    def _handle(self, request: Request) -> Answer:
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        operation = self._contract.operation(request.method, request.path)
        body = self._contract.check_request(request, operation)
        with self._lock:
            status, value, headers = self._told(operation, request, body)
        if status < 400:
            self._contract.check_answer(operation, status, value)
        return Answer(status, b"" if value is None else json.dumps(value).encode(), headers)

    def _told(self, operation: Operation, request: Request, body: Any) -> tuple[int, Any, dict[str, str]]:
        if request.path == "/user":
            return 403, {"message": "Resource not accessible by integration"}, {}
        if request.method == "POST":
            return 201, self.say(body["body"], "github-actions[bot]", "Bot"), {}
        if request.method == "GET":
            return self._listed(request)
        [one] = [one for one in self.comments if one["id"] == int(operation.values["comment_id"])]
        if request.method == "DELETE":
            self.comments.remove(one)
            return 204, None, {}
        one["body"] = body["body"]
        return 200, one, {}

    def _listed(self, request: Request) -> tuple[int, Any, dict[str, str]]:
        number = int(request.query.get("page", ["1"])[0])
        rows, headers = self.comments[(number - 1) * self.page : number * self.page], {}
        if self.comments[number * self.page :]:
            link = f"{self.url}{request.path}?per_page=100&page={number + 1}"
            headers["Link"] = f'<{link}>; rel="next"'
        return 200, rows, headers
