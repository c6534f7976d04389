"""`gate.yaml` into a `Policy`: where it is found, what the command line puts over it, and what is wrong with it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from gate.errors import GateError, InputError, UsageError
from gate.io import files, strict_json, yaml_document
from gate.io.validation import message
from gate.model.findings import Severity
from gate.model.verdict import PolicyRef
from gate.policy import Policy
from gate.text import one_line

NAMES = ("gate.yaml", ".github/gate.yaml")
_MISTAKEN = ("gate.yml", ".github/gate.yml", ".gate.yaml", ".gate.yml")
_ADDED = {"limits", "vex", "fail_on.licences", "prune.keep_tags"}
_HINT = "`gate policy show` prints the policy with its defaults"
_BESIDES = 256 << 20  # FIRST's scores unpacked are 10 MB, a product's VEX hardly ever 1
_WORDS = {
    "bool_type": "it is true or false",
    "byte_size": "a size is a number of bytes, or a number and a unit: 400MB, 1GiB",
    "date_type": "it is a day: YYYY-MM-DD",
    "dict_type": "it holds other keys, indented below it",
    "extra_forbidden": "there is no such key",
    "finite_number": "it is a number",
    "float_type": "it is a number",
    "greater_than_equal": "it is {ge:g} or more",
    "int_from_float": "it is a whole number",
    "int_type": "it is a whole number",
    "less_than_equal": "it is {le:g} or less",
    "literal_error": "it is {expected}",
    "missing": "it has to be given",
    "model_type": "it holds other keys, indented below it",
    "string_pattern_mismatch": "it is a SHA-256: 64 lower-case hexadecimal digits",
    "string_too_long": "it has at most {max_length} characters",
    "string_too_short": "it is empty",
    "string_type": "it is text: put it in quotes",
    "too_short": "the list is empty",
    "tuple_type": "it is a list: [a, b]",
}


@dataclass(frozen=True)
class Loaded:
    """A policy ready to judge by, with everything that it names read once."""

    policy: Policy
    ref: PolicyRef
    folder: Path
    """Where relative names in the policy start from."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Contents of the files that it names (VEX, ignore files, feeds, keys), by the name that it has for them."""


def load(
    path: Path | None, *, cwd: Path, overrides: Mapping[str, Any], options: Mapping[str, str] = MappingProxyType({})
) -> Loaded:
    """Read a policy file, or the one that is found in `cwd`, or else take the default policy.

    `overrides` maps dotted keys (`fail_on.severity`) to what the command line says; lists and limits are added to
    those of the file, everything else takes its place. `options` names the option that a key came with. Raises
    `InputError`, and `UsageError` when an override is bad.
    """
    chosen = path or _find(cwd)
    if chosen is None:
        document, name, folder = yaml_document.Document("default", None, {}), "default", cwd
    else:
        name = one_line(str(chosen.relative_to(cwd) if chosen.is_relative_to(cwd) else chosen), 200)
        document = yaml_document.read(files.read(chosen, limit=yaml_document.LARGEST, what="policy"), name)
        folder = chosen.absolute().parent
    _policy(document, {}, {})  # what is wrong with the file is told of the file, whatever options lie over it
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
    """SHA-256 of what judges, in one form, and of what is in the files that it names, wherever they lie.

    Who may sign, who is trusted and where programs come from is no part of it: a verdict stays the same verdict when a
    signer is added, unless VEX counts only by who signed it. Nor is growth, which no verdict judges.
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
    return sha256(strict_json.dumps(_sorted(known))).hexdigest()


def _sorted(value: Any) -> Any:
    """Keys in one order, whatever order a mapping of the policy was written in."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(one) for one in value] if isinstance(value, list) else value


def _find(cwd: Path) -> Path | None:
    """The policy in `cwd`; a link that leads nowhere is found too, and then cannot be read."""
    for name in NAMES:
        if (cwd / name).is_symlink() or (cwd / name).exists():
            return cwd / name
    for name in _MISTAKEN:
        if (cwd / name).exists():
            raise InputError(f"found {name}, which is not read", hint=f"name it {NAMES[0]}, or give it with --policy")
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
        raise _problem(exc.errors(include_url=False), document, overrides, options) from exc


def _refuse_empty(document: yaml_document.Document) -> None:
    """A key that somebody forgot to fill in is no key that was left out, and never a rule that was switched off."""
    for path in _empty(document.value):
        dotted = ".".join(part for part in path if isinstance(part, str))
        if path[0] in {"limits", "manifests"} or dotted in keys():  # what is misspelled is told as such
            raise InputError(
                f"{document.where(path)}: {_shown(path)}: it has no value",
                hint="give it a value, or leave the key out; a word switches a rule off: none, or false",
            )


def _empty(value: Any, path: yaml_document.Path = ()) -> Iterator[yaml_document.Path]:
    """Where there is a key or an element without a value."""
    if value is None:
        yield path
    elif isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _empty(inner, (*path, key))


def _shown(path: yaml_document.Path) -> str:
    """`fail_on.severity`, `exceptions[0].id`."""
    return one_line("".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)[1:], 200)


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


def _problem(
    errors: Sequence[Any], document: yaml_document.Document, overrides: Mapping[str, Any], options: Mapping[str, str]
) -> GateError:
    """The first thing that is wrong; a misspelled key before the one that it leaves missing."""
    error = next((one for one in errors if one["type"] == "extra_forbidden"), errors[0])
    path = tuple(part for part in error["loc"] if part != "[key]")
    said, hint = _words(error), ""
    if path[:1] == ("platforms",):  # the words of a union would name both of its forms
        error = next((one for one in errors if one["type"] == "value_error"), error)
        path, said = ("platforms",), "it is all, or a list of platforms like [linux/amd64, linux/arm64/v8]"
        if "platforms" in overrides:
            said = _words(error).partition("; ")[2] or said
    elif path[:1] == ("manifests",) and len(path) > 1:  # a kind, or the form of its fields, which is a union too
        name = "[key]" in error["loc"]
        path = path[:2]
        said = (
            "a kind is written with its group and without a version, like example.com/Widget"
            if name
            else 'it is none, or a list of fields like [spec.image, "spec.steps[].image"]'
        )
    elif error["type"] == "extra_forbidden":
        hint = _nearest(".".join(part for part in path if isinstance(part, str)), keys())
    elif error["type"] == "enum":
        off = ", none" if path[0] == "fail_on" and path[-1] != "unknown_severity" else ""
        said = f"{one_line(str(error['input']), 40)!r} is no severity: {', '.join(Severity)}{off}"
        hint = _nearest(str(error["input"]).lower(), Severity)
    shown = _shown(path)
    for key in overrides:
        if shown == key or shown.startswith((f"{key}.", f"{key}[")):
            given = f" {one_line(str(error['input']), 80)!r}" if isinstance(error["input"], str | int | float) else ""
            said = f"{options.get(key, f'the option for {shown}')}{given} cannot be used: {said}"
            return UsageError(said, hint=hint or "see `gate scan --help`")
    return InputError(f"{document.where(path)}: {shown}: {said}", hint=hint or _HINT)


def _words(error: Any) -> str:
    words = _WORDS.get(error["type"].removesuffix("_unit"))
    return one_line(words.format(**error.get("ctx", {})), 200) if words else message(error)


def keys() -> tuple[str, ...]:
    """Every key of the policy, dotted: `fail_on.severity`, `exceptions.id`."""
    return tuple(_keys(Policy.model_json_schema(), Policy.model_json_schema()["$defs"]))


def _keys(schema: Any, models: Mapping[str, Any]) -> Iterator[str]:
    for name, inner in schema.get("properties", {}).items():
        yield name
        forms = (inner, inner.get("items", {}), *inner.get("anyOf", ()))
        for form in forms:
            if "$ref" in form:
                yield from (f"{name}.{key}" for key in _keys(models[form["$ref"].rpartition("/")[2]], models))


def _nearest(word: str, known: Iterable[str]) -> str:
    """What a misspelled or misplaced word was meant to be."""
    from difflib import get_close_matches

    candidates = tuple(known)
    misplaced = [one for one in candidates if one.rpartition(".")[2] == word.rpartition(".")[2]]
    near = misplaced or get_close_matches(word, candidates, 1, 0.5)
    return f"did you mean {near[0]}?" if near else ""
