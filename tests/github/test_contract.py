"""The stand-in for GitHub is worth what its description is: GitHub's own, cut and not changed."""

import json
import re

import pytest

from tests.lab.github import TOKEN
from tests.lab.loopback import Request
from tests.lab.openapi.contract import Contract
from tests.lab.openapi.trim import DESCRIPTION, HERE, OPERATIONS, trimmed

DOCUMENT = json.loads(DESCRIPTION.read_bytes())
SARIFS = "/repos/acme/app/code-scanning/sarifs"
BODY = {"commit_sha": "a" * 40, "ref": "refs/heads/main", "sarif": "x"}


def test_the_page_says_what_the_description_was_made_from():
    made = DOCUMENT["x-made-from"]
    page = (HERE / "README.md").read_text()
    for name in ("package", "version", "license", "file", "sha256"):
        assert f"`{made[name]}`" in page, name
    assert re.fullmatch(r"[0-9a-f]{64}", made["sha256"])
    assert "MIT" in (HERE / "LICENSE").read_text()


def test_it_holds_the_operations_that_are_called_and_no_other():
    assert {(path, method) for path, one in DOCUMENT["paths"].items() for method in one} == set(OPERATIONS)


def test_it_holds_every_component_that_it_refers_to_and_no_other():
    again = trimmed(DOCUMENT)
    assert again == {name: DOCUMENT[name] for name in again}
    referred = set(re.findall(r'"#/components/(\w+)/([\w-]+)"', json.dumps(DOCUMENT)))
    held = {(kind, name) for kind, some in DOCUMENT["components"].items() for name in some}
    assert referred == held


def test_cutting_drops_prose_and_examples_and_keeps_members_of_such_names():
    whole = {"openapi": "3.0.3", "paths": {}, "components": {}}
    schema = {"description": "x", "properties": {"description": {"type": "string", "example": "x"}, "title": {}}}
    operation = {"summary": "x", "responses": {"200": {"description": "x", "schema": schema}}}
    for path, method in OPERATIONS:
        whole["paths"].setdefault(path, {})[method] = operation
    kept = trimmed(whole)["paths"][path][method]
    assert kept == {"responses": {"200": {"schema": {"properties": {"description": {"type": "string"}, "title": {}}}}}}


def asked(method="POST", path=SARIFS, query=None, body=BODY):
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}
    return Request(method, path, query or {}, headers, json.dumps(body).encode() if body is not None else b"")


def checked(request):
    contract = Contract()
    return contract.check_request(request, contract.operation(request.method, request.path))


def test_a_request_as_described_is_let_through():
    assert checked(asked()) == BODY
    assert checked(asked("GET", f"{SARIFS}/1", body=None)) is None


@pytest.mark.parametrize(
    "request_",
    [
        asked(path="/repos/acme/app/code-scanning"),
        asked("GET"),
        asked("GET", f"{SARIFS}/1", body={}),
        asked("GET", f"{SARIFS}/1", query={"x": ["1"]}, body=None),
        asked("GET", "/repos/acme/app/code-scanning/analyses", query={"sarif_id": ["1", "2"]}, body=None),
        asked("GET", "/repos/acme/app/code-scanning/analyses", query={"sort": ["name"]}, body=None),
        asked(body=BODY | {"extra": 1}),
        asked(body=BODY | {"ref": "main"}),
        asked(body=BODY | {"commit_sha": "a" * 39}),
        asked(body=BODY | {"started_at": "yesterday"}),
        asked(body=BODY | {"checkout_uri": "no uri"}),
        asked(body=BODY | {"tool_name": 5}),
        asked(body={"ref": "refs/heads/main"}),
    ],
    ids=str,
)
def test_a_request_that_is_not_as_described_is_caught(request_):
    with pytest.raises(AssertionError):
        checked(request_)


def test_an_answer_that_is_not_as_described_is_caught():
    contract = Contract()
    upload = contract.operation("GET", f"{SARIFS}/1")
    contract.check_answer(upload, 200, {"processing_status": "complete", "errors": None, "analyses_url": None})
    for status, value in ((200, {"processing_status": "excellent"}), (200, {"errors": "x"}), (418, {})):
        with pytest.raises(AssertionError):
            contract.check_answer(upload, status, value)
