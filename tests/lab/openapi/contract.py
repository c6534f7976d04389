"""Holds requests and answers against GitHub's own description of its API, as `trim` cut it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from jsonschema import Draft4Validator, FormatChecker

from tests.lab.loopback import Request
from tests.lab.openapi.trim import DESCRIPTION

_FORMATS = FormatChecker()


@_FORMATS.checks("date-time", raises=ValueError)
def _is_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@_FORMATS.checks("uri")
def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or bool(re.fullmatch(r"[!-~]+", value) and urlsplit(value).scheme)


@dataclass(frozen=True)
class Operation:
    """One that is described, with what the path of a request says."""

    name: str
    values: Mapping[str, str]
    described: Mapping[str, Any]


class Contract:
    """What may be asked, and what may be said to it. Everything else raises `AssertionError`."""

    def __init__(self) -> None:
        """Read the description."""
        whole = json.loads(DESCRIPTION.read_bytes())
        self._paths: dict[str, Any] = whole["paths"]
        self._components: dict[str, Any] = _with_null(whole["components"])

    def operation(self, method: str, path: str) -> Operation:
        """The operation that this is a request for; no path has another's shape."""
        for template, methods in self._paths.items():
            pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)
            if (found := re.fullmatch(pattern, path)) and method.lower() in methods:
                values = {name: unquote(value) for name, value in found.groupdict().items()}
                described = methods[method.lower()]
                return Operation(described["operationId"], values, described)
        raise AssertionError(f"GitHub has no {method} {path}")

    def check_request(self, request: Request, operation: Operation) -> Any:
        """Hold it to the description, member by member; its body, or None."""
        allowed = {
            (one["in"], one["name"]): one for one in map(self._followed, operation.described.get("parameters", []))
        }
        for name, value in operation.values.items():
            schema = allowed["path", name]["schema"]
            self._check(int(value) if schema.get("type") == "integer" else value, schema, name)
        for name, values in request.query.items():
            assert ("query", name) in allowed, f"nobody described ?{name}"
            assert len(values) == 1, f"?{name} is given twice"
            schema = allowed["query", name]["schema"]
            self._check(int(values[0]) if schema.get("type") == "integer" else values[0], schema, name)
        wanted = operation.described.get("requestBody")
        if not wanted:
            assert not request.body, "a body that nobody described"
            return None
        assert request.headers["Content-Type"].partition(";")[0] == "application/json"
        body = json.loads(request.body)
        self._check(body, wanted["content"]["application/json"]["schema"], "the body")
        return body

    def check_answer(self, operation: Operation, status: int, value: Any) -> None:
        """Hold an answer of the stand-in to the description; `None` is no body."""
        responses = operation.described["responses"]
        assert str(status) in responses, f"{operation.name} does not answer {status}"
        content = self._followed(responses[str(status)]).get("content")
        if content:
            self._check(value, content["application/json"]["schema"], f"the answer {status}")

    def _followed(self, node: dict[str, Any]) -> dict[str, Any]:
        if "$ref" not in node:
            return node
        _, _, kind, name = node["$ref"].split("/")
        found: dict[str, Any] = self._components[kind][name]
        return found

    def _check(self, value: Any, schema: Mapping[str, Any], what: str) -> None:
        whole = {"allOf": [_with_null(schema)], "components": self._components}
        errors = [error.message for error in Draft4Validator(whole, format_checker=_FORMATS).iter_errors(value)]
        assert not errors, f"{what}: {errors[:3]}"


def _with_null(node: Any) -> Any:
    """OpenAPI 3.0 says `nullable` where JSON Schema says that null is allowed too."""
    if isinstance(node, list):
        return [_with_null(one) for one in node]
    if not isinstance(node, dict):
        return node
    kept = {key: _with_null(one) for key, one in node.items() if key != "nullable"}
    return {"anyOf": [kept, {"type": "null"}]} if node.get("nullable") is True else kept
