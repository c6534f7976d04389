"""Recognise the settings file of another tool by its name, and read it."""

from datetime import date
from pathlib import PurePath

from gate.errors import InputError, UsageError
from gate.io import yaml_document
from gate.judging.trivyignore import parse_ignore_file
from gate.maintenance.policy_import.grype_config import read_grype_config
from gate.maintenance.policy_import.settings import ImportedException, ImportedSettings
from gate.maintenance.policy_import.trivy_config import read_trivy_config
from gate.policy import IgnoreFile
from gate.text import one_line

_YAML = (".yaml", ".yml")


def import_file(data: bytes, name: str, today: date) -> ImportedSettings:
    """Read a file; its name says which tool's it is. Raises `UsageError`, and `InputError` with line and column."""
    path = PurePath(name)
    file, is_yaml = path.name.lower(), path.suffix.lower() in _YAML
    if file.removesuffix(path.suffix.lower() if is_yaml else "").endswith("trivyignore"):
        return _ignore_file(data, name, today)
    if is_yaml and ("grype" in file or path.parent.name == ".grype"):
        return read_grype_config(_mapping(data, name))
    if is_yaml and "trivy" in file:
        return read_trivy_config(_mapping(data, name))
    raise UsageError(
        f"{one_line(name, 200)} is not known by its name",
        hint="it reads .trivyignore, .trivyignore.yaml, trivy.yaml and .grype.yaml: rename or copy the file",
    )


def _mapping(data: bytes, name: str) -> dict[str, object]:
    document = yaml_document.read(data, name)
    if document.value is not None and not isinstance(document.value, dict):
        raise InputError(f"{document.where(())}: this is not a mapping of keys")
    return document.value or {}


def _ignore_file(data: bytes, name: str, today: date) -> ImportedSettings:
    terms = IgnoreFile(file=name, owner="-", reason="-", expires=date.max)
    found = ImportedSettings()
    for one in parse_ignore_file(data, terms):
        exception = one.exception
        end = None if exception.expires == date.max else exception.expires
        if end and end < today:
            found.left_out.append(f"{one_line(exception.id, 100)}: it ended on {end}")
            continue
        reason = exception.reason.partition(": ")[2]
        found.exceptions.append(
            ImportedException(exception.id, exception.package or "", exception.path or "", reason, end)
        )
    return found
