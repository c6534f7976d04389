"""Find and read `gate.yaml`, and apply command-line options to it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from gate.errors import InputError
from gate.io import files, strict_json, yaml_document
from gate.model.verdict import PolicyRef
from gate.policy import Policy
from gate.policy.problems import describe_problem, keys, shown
from gate.text import one_line

NAMES = ("gate.yaml", ".github/gate.yaml")
_MISTAKEN = ("gate.yml", ".github/gate.yml", ".gate.yaml", ".gate.yml")
_ADDED = {"limits", "vex", "fail_on.licences", "prune.keep_tags"}
_BESIDES = 256 << 20  # FIRST's scores unpacked are 10 MB, a product's VEX hardly ever 1


@dataclass(frozen=True)
class Loaded:
    """A policy with the contents of all files that it names."""

    policy: Policy
    ref: PolicyRef
    folder: Path
    """Folder that relative paths in the policy are relative to."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Contents of the files that it names (VEX, ignore files, feeds, keys), by their path in the policy."""


def load(
    path: Path | None, *, cwd: Path, overrides: Mapping[str, Any], options: Mapping[str, str] = MappingProxyType({})
) -> Loaded:
    """Read a policy file, or the one that is found in `cwd`, or else take the default policy.

    `overrides` maps dotted keys (`fail_on.severity`) to what the command line says; lists and limits are added to
    those of the file, everything else takes its place. `options` names the option that a key came with. Raises
    `InputError`, and `UsageError` when an override is bad.
    """
    chosen = path or find(cwd)
    if chosen is None:
        document, name, folder = yaml_document.Document("default", None, {}), "default", cwd
    else:
        name = one_line(str(chosen.relative_to(cwd) if chosen.is_relative_to(cwd) else chosen), 200)
        document = yaml_document.read(files.read(chosen, limit=yaml_document.LARGEST, what="policy"), name)
        folder = chosen.absolute().parent
    _policy(document, {}, {})  # errors of the file are reported as such, before the options override it
    policy = _policy(document, overrides, options)
    contents = {one: files.read(folder / one, limit=_BESIDES, what=what) for what, one in _named(policy)}
    return Loaded(policy, PolicyRef(name=name, sha256=digest(policy, contents)), folder, contents)


def parse(text: str, name: str) -> Policy:
    """Read a policy from its text. Raises `InputError` with line and column."""
    return _policy(yaml_document.read(text.encode("utf-8", "surrogatepass"), name), {}, {})


def dump(policy: Policy) -> str:
    """The policy as YAML that `parse` reads back, defaults included and what is not set left out."""
    return yaml_document.dump(_set(policy.model_dump(mode="json")))


def _set(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _set(inner) for key, inner in value.items() if inner is not None}
    return [_set(one) for one in value] if isinstance(value, list) else value


def digest(policy: Policy, contents: Mapping[str, bytes]) -> str:
    """SHA-256 of the rules in canonical form, with the contents of the files that they name.

    Keys that do not judge (`sign`, `trust`, `tools`, …, and `size.growth`) are left out, so that a verdict stays valid
    when a signer is added; `trust` is part of it with `signed_vex`, which decides by signer which VEX counts.
    """
    apart: Any = {
        "manifests": True,
        "prune": True,
        "sign": True,
        "size": {"growth"},
        "tags": True,
        "tools": True,
        "trust": True,
    }
    known = policy.model_dump(mode="json", exclude=apart)
    if policy.size is not None and policy.size.max is None:
        known["size"] = None
    if not policy.unscanned_manifests:  # a policy from before there was this key is still the same
        del known["unscanned_manifests"]
    sums = {name: sha256(data).hexdigest() for name, data in contents.items()}
    known["vex"] = [sums[name] for name in policy.vex]
    if policy.trust.signed_vex:  # whose statements count is a question of judging
        known["signed_vex"] = policy.model_dump(mode="json", include={"trust"})["trust"]
    for entry, one in zip(known["trivyignore"], policy.trivyignore, strict=True):
        entry["file"] = sums[one.file]
    feeds = policy.feeds
    known["feeds"] |= {"known_exploited": sums.get(feeds.known_exploited or ""), "epss": sums.get(feeds.epss or "")}
    return sha256(strict_json.dumps(known, sort=True)).hexdigest()


def find(cwd: Path) -> Path | None:
    """The policy file in `cwd`, also when it is a broken link, which is then an error. Raises `InputError`."""
    for name in NAMES:
        if (cwd / name).is_symlink() or (cwd / name).exists():
            return cwd / name
    for name in _MISTAKEN:
        if (cwd / name).exists():
            raise InputError(
                f"found {name}, which is not read",
                hint=f"rename it to {NAMES[0]}, or name the file on the command line",
            )
    return None


def _named(policy: Policy) -> Iterator[tuple[str, str]]:
    yield from (("VEX file", name) for name in policy.vex)
    yield from (("ignore file", one.file) for one in policy.trivyignore)
    yield from (("public key", one.key) for one in policy.trust.identities if one.key)
    if policy.feeds.known_exploited:
        yield "list of known exploited vulnerabilities", policy.feeds.known_exploited
    if policy.feeds.epss:
        yield "EPSS scores", policy.feeds.epss


def _policy(document: yaml_document.Document, overrides: Mapping[str, Any], options: Mapping[str, str]) -> Policy:
    value = {} if document.value is None else document.value
    if not isinstance(value, dict):
        raise InputError(f"{document.where(())}: a policy is a mapping of keys", hint="begin with: version: 1")
    if document.value is not None:
        _refuse_empty(document)
    laid = _laid(value, overrides)
    try:
        # Strict JSON: no number is a date and no word a truth value, while lists and days are read as themselves.
        return Policy.model_validate_json(strict_json.dumps(laid), strict=True)
    except ValidationError as exc:
        raise describe_problem(exc.errors(include_url=False), document, overrides, options) from exc


def _refuse_empty(document: yaml_document.Document) -> None:
    """Refuse keys without a value: it is unclear whether they are to be left out or switched off."""
    for path in _empty(document.value):
        dotted = ".".join(part for part in path if isinstance(part, str))
        if path[0] in {"limits", "manifests"} or dotted in keys():  # a misspelled key is reported as such
            raise InputError(
                f"{document.where(path)}: {shown(path)}: it has no value",
                hint="give it a value, or leave the key out; a word switches a rule off: none, or false",
            )


def _empty(value: Any, path: yaml_document.Path = ()) -> Iterator[yaml_document.Path]:
    """Where there is a key or an element without a value."""
    if value is None:
        yield path
    elif isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _empty(inner, (*path, key))


def _laid(value: dict[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    laid = dict(value)
    for dotted, given in overrides.items():
        *around, last = dotted.split(".")
        inner = laid
        for key in around:
            inner[key] = dict(inner[key]) if isinstance(inner.get(key), dict) else {}
            inner = inner[key]
        known = inner.get(last)
        if dotted in _ADDED and isinstance(known, dict):
            inner[last] = known | given
        elif dotted in _ADDED and isinstance(known, list):
            inner[last] = [*known, *given]
        else:
            inner[last] = given
    return laid
