"""Read a SARIF file of any tool, gzipped or not. It is untrusted: members are read only where they have their type."""

import zlib
from typing import Any

from gate.errors import InputError
from gate.io.strict_json import loads

LARGEST = 300_000_000
"""Bytes, unpacked. Thirty times what GitHub takes packed; more is no report."""


WHAT = "the SARIF file"
"""The name in errors of a file without a name."""


def unpacked(data: bytes, what: str = WHAT) -> bytes:
    """The JSON of a file that may be gzipped; `what` names it in errors. Raises `InputError`."""
    if data[:2] == b"\x1f\x8b":
        reader = zlib.decompressobj(wbits=31)
        try:
            data = reader.decompress(data, LARGEST + 1)
        except zlib.error as exc:
            raise InputError(f"{what} is no intact gzip file", hint="make the report again") from exc
        if not reader.eof and len(data) <= LARGEST:
            raise InputError(f"{what} is cut off", hint="make the report again")
    if len(data) > LARGEST:
        raise InputError(f"{what} is larger than {LARGEST:,} bytes", hint="no upload takes that")
    return data


def document(data: bytes, what: str = WHAT) -> dict[str, Any]:
    """The whole document; `what` names it in errors. Raises `InputError` when it is no JSON object."""
    try:
        found = loads(unpacked(data, what).removeprefix(b"\xef\xbb\xbf"), what)
    except InputError as exc:
        raise InputError(
            exc.problem, hint=exc.hint or "is it whole? have the tool that made it write it again"
        ) from exc
    if not isinstance(found, dict):
        raise InputError(f"{what} is JSON, but no object", hint="SARIF has an object with `version` and `runs`")
    return found


def objects(node: Any, name: str) -> list[dict[str, Any]]:
    """The objects in the list `name` of `node`; empty when there is no list. Other elements are left out."""
    found = node.get(name) if isinstance(node, dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def strictly(node: dict[str, Any], name: str, what: str) -> list[dict[str, Any]]:
    """Like `objects`. Raises `InputError` when there is no list, or one with other elements."""
    found = node.get(name)
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise InputError(
            f"{what} is malformed: `{name}` is no list of objects",
            hint="`gate sarif check` says what is wrong with it",
        )
    return found


def at(node: Any, *names: str) -> Any:
    """The value at a path of member names; None where there is none."""
    for name in names:
        node = node.get(name) if isinstance(node, dict) else None
    return node


def words(node: Any, *names: str) -> str:
    """Like `at`, for a string; empty for anything else."""
    found = at(node, *names)
    return found if isinstance(found, str) else ""


def category(run: dict[str, Any]) -> str:
    """The category of a run by GitHub's rule: the part of its id before the last `/`."""
    return words(run, "automationDetails", "id").rpartition("/")[0]


def rule_of(run: dict[str, Any], result: dict[str, Any]) -> str:
    """The id of a result's rule, by name or by index."""
    if named := words(result, "ruleId") or words(result, "rule", "id"):
        return named
    index = result.get("ruleIndex", at(result, "rule", "index"))
    rules = at(run, "tool", "driver", "rules")
    if isinstance(rules, list) and type(index) is int and 0 <= index < len(rules):
        return words(rules[index], "id")
    return ""


def uri_of(run: dict[str, Any], location: Any) -> str:
    """The URI of a location, its own or that of the artifact it points to."""
    place = at(location, "physicalLocation", "artifactLocation")
    if uri := words(place, "uri"):
        return uri
    index, artifacts = at(place, "index"), run.get("artifacts")
    if isinstance(artifacts, list) and type(index) is int and 0 <= index < len(artifacts):
        return words(artifacts[index], "location", "uri")
    return ""
