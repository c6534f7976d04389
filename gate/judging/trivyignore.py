"""Trivy's ignore files, taken as exceptions under the terms that the policy sets for them.

Formats: Trivy's documentation, "Filtering": `.trivyignore`, one id a line with an optional `exp:YYYY-MM-DD`, and
`.trivyignore.yaml`. There an entry has ended when its day begins; so its last day here is the one before.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import product
from typing import Any

from pydantic import ValidationError

from gate.errors import InputError
from gate.io import yaml_document
from gate.io.validation import message
from gate.judging.exceptions import SourcedException
from gate.model.findings import Kind
from gate.policy import IgnoreFile, PolicyException
from gate.text import one_line

_SECTIONS = {
    "vulnerabilities": Kind.VULNERABILITY,
    "misconfigurations": Kind.MISCONFIGURATION,
    "secrets": Kind.SECRET,
    "licenses": Kind.LICENCE,
}
_KEYS = {"id", "paths", "purls", "statement", "expired_at"}
_OTHER_GLOBS = "[]{}\\"


def parse_ignore_file(data: bytes, terms: IgnoreFile) -> tuple[SourcedException, ...]:
    """Read an ignore file; by its name it is YAML or lines. Raises `InputError` with the line."""
    if terms.file.endswith((".yaml", ".yml")):
        return tuple(_entries(yaml_document.read(data, terms.file), terms))
    return tuple(_lines(data, terms))


def _lines(data: bytes, terms: IgnoreFile) -> Iterator[SourcedException]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise InputError(f"{one_line(terms.file, 200)} is not UTF-8") from exc
    for number, line in enumerate(text.split("\n"), 1):
        identity, *rest = line.split() or [""]
        if not identity or identity.startswith("#"):
            continue
        where = f"{one_line(terms.file, 200)}:{number}"
        ends = next((word.removeprefix("exp:") for word in rest if word.startswith("exp:")), None)
        yield _exception(terms, where, identity, expires=_last_day(ends, where) if ends is not None else None)


def _entries(document: yaml_document.Document, terms: IgnoreFile) -> Iterator[SourcedException]:
    sections = document.value if document.value is not None else {}
    if not isinstance(sections, dict):
        raise InputError(f"{document.where(())}: an ignore file has sections like vulnerabilities")
    for section, entries in sections.items():
        kind = _SECTIONS.get(section)
        if kind is None:
            raise InputError(
                f"{document.where((section,))}: there is no section {one_line(section, 60)!r}",
                hint=f"there are {', '.join(_SECTIONS)}",
            )
        for place, entry in enumerate(_list(entries, document, (section,))):
            yield from _entry(entry, kind, document, (section, place), terms)


def _entry(
    entry: Any, kind: Kind, document: yaml_document.Document, path: yaml_document.Path, terms: IgnoreFile
) -> Iterator[SourcedException]:
    where = document.where(path)
    if not isinstance(entry, dict):
        raise InputError(f"{where}: an entry has an id")
    if unknown := next((key for key in entry if key not in _KEYS), None):
        raise InputError(f"{document.where((*path, unknown))}: there is no key {one_line(unknown, 60)!r}")
    paths: list[str | None] = [*_words(entry, "paths", document, path)]
    purls: list[str | None] = [*_words(entry, "purls", document, path)]
    for one in paths:
        if one and any(letter in one for letter in _OTHER_GLOBS):
            raise InputError(
                f"{document.where((*path, 'paths'))}: of the patterns only *, ** and ? are read: {one_line(one, 80)!r}"
            )
    if wrong := next((one for one in purls if one and not one.startswith("pkg:")), None):
        raise InputError(f"{document.where((*path, 'purls'))}: not a package URL: {one_line(wrong, 120)!r}")
    ends = entry.get("expired_at")
    expires = _last_day(ends, document.where((*path, "expired_at"))) if ends is not None else None
    statement = entry.get("statement") or ""
    if not isinstance(entry.get("id"), str) or not isinstance(statement, str):
        raise InputError(f"{where}: id and statement are text", hint="put them in quotes")
    for file, package in product(paths or [None], purls or [None]):
        yield _exception(
            terms, where, entry["id"], kind=kind, path=file, package=package, statement=statement, expires=expires
        )


def _exception(  # noqa: PLR0913 the parts of an entry
    terms: IgnoreFile,
    where: str,
    identity: str,
    *,
    kind: Kind | None = None,
    path: str | None = None,
    package: str | None = None,
    statement: str = "",
    expires: date | None = None,
) -> SourcedException:
    known = {
        "id": identity,
        "package": package,
        "path": path,
        "owner": terms.owner,
        "reason": f"{terms.reason}: {statement}"[:2000] if statement else terms.reason,
        "expires": min(expires, terms.expires) if expires else terms.expires,
    }
    try:
        exception = PolicyException.model_validate(known)
    except ValidationError as exc:
        raise InputError(f"{where}: {message(exc.errors()[0])}") from exc
    kinds = frozenset({kind}) if kind else None
    return SourcedException(exception, one_line(terms.file, 200), "trivyignore", kinds)


def _last_day(value: Any, where: str) -> date:
    try:
        return date.fromisoformat(value) - timedelta(days=1)
    except (TypeError, ValueError, OverflowError) as exc:
        raise InputError(f"{where}: {one_line(str(value), 40)!r} is no day", hint="write YYYY-MM-DD") from exc


def _list(value: Any, document: yaml_document.Document, path: yaml_document.Path) -> list[Any]:
    if value is not None and not isinstance(value, list):
        raise InputError(f"{document.where(path)}: this is a list")
    return value or []


def _words(entry: Mapping[str, Any], key: str, document: yaml_document.Document, path: yaml_document.Path) -> list[str]:
    """The words of a list; an empty one would hold for everything, so it is refused."""
    if key not in entry:
        return []
    words = _list(entry[key], document, (*path, key))
    if not words or not all(isinstance(word, str) and word for word in words):
        raise InputError(f"{document.where((*path, key))}: {key} is a list of text", hint="leave it out, or fill it")
    return words
