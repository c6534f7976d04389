"""Read typed fields of VEX documents, and check the products that they name."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from gate.model.purl import Purl
from gate.text import one_line


class MalformedError(Exception):
    """Why a VEX document is invalid; caught by `vex.parse_vex`."""


def moment(value: Mapping[str, Any], *keys: str) -> datetime | None:
    """The first of these members that is there. Raises `MalformedError` when it is no time."""
    found = next((found for key in keys if (found := text(value, key))), "")
    if not found:
        return None
    try:
        at = datetime.fromisoformat(found)
    except ValueError as exc:
        raise MalformedError(f"{one_line(found, 60)!r} is no time") from exc
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def text(value: Mapping[str, Any], key: str) -> str:
    """A text; empty when it is left out. Raises `MalformedError`."""
    found = value.get(key)
    if found is not None and not isinstance(found, str):
        raise MalformedError(f"{key} is no text")
    return found or ""


def items(value: Mapping[str, Any], key: str) -> list[Any]:
    """A list; empty when it is left out. Raises `MalformedError`."""
    found = value.get(key)
    if found is not None and not isinstance(found, list):
        raise MalformedError(f"{key} is no list")
    return found or []


def objects(value: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """A list of objects. Raises `MalformedError`."""
    found = items(value, key)
    if not all(isinstance(item, dict) for item in found):
        raise MalformedError(f"{key} holds something else than objects")
    return found


def section(value: Mapping[str, Any], key: str) -> dict[str, Any]:
    """An object; empty when it is left out. Raises `MalformedError`."""
    found = value.get(key)
    if found is not None and not isinstance(found, dict):
        raise MalformedError(f"{key} is no object")
    return found or {}


def texts(value: Mapping[str, Any], key: str) -> list[str]:
    """A list of texts. Raises `MalformedError`."""
    found = items(value, key)
    if not all(isinstance(one, str) for one in found):
        raise MalformedError(f"{key} holds something else than texts")
    return found


def unusable(purl: Purl, *, inside: bool) -> str:
    """Why a product names nothing that a scan can tell; empty when it does. `inside`: packages in it are named."""
    shown = one_line(f"pkg:{purl.type}/{purl.name}", 100)
    if purl.type == "oci":
        if purl.version or purl.qualifiers.get("repository_url"):
            return ""
        return f"{shown} names neither a repository nor a digest: add ?repository_url=ghcr.io/owner/name"
    if inside:
        return f"{shown} is a package with parts, and a scan does not tell what is part of a package: name the image"
    return ""
