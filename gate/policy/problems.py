"""Put what is wrong with a policy into words: the key, the problem, and what was meant."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from gate.errors import GateError, InputError, UsageError
from gate.io import yaml_document
from gate.io.validation import message
from gate.model.findings import Severity
from gate.policy import Policy
from gate.text import one_line

_HINT = "`gate policy show` prints the policy with its defaults"
_ABOUT_EXCEPTIONS = {"owner": "write who is responsible", "reason": "write why it is accepted"}
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


def describe_problem(
    errors: Sequence[Any], document: yaml_document.Document, overrides: Mapping[str, Any], options: Mapping[str, str]
) -> GateError:
    """The first thing that is wrong; a misspelled key before the one that it leaves missing."""
    error = next((one for one in errors if one["type"] == "extra_forbidden"), errors[0])
    path = tuple(part for part in error["loc"] if part != "[key]")
    problem, hint = _words(error), ""
    if path[:1] == ("platforms",):  # the words of a union would name both of its forms
        error = next((one for one in errors if one["type"] == "value_error"), error)
        path, problem = ("platforms",), "it is all, or a list of platforms like [linux/amd64, linux/arm64/v8]"
        if "platforms" in overrides:
            problem = _words(error).partition("; ")[2] or problem
    elif path[:1] == ("manifests",) and len(path) > 1:  # a kind, or the form of its fields, which is a union too
        name = "[key]" in error["loc"]
        path = path[:2]
        problem = (
            "a kind is written with its group and without a version, like example.com/Widget"
            if name
            else 'it is none, or a list of fields like [spec.image, "spec.steps[].image"]'
        )
    elif error["type"] == "extra_forbidden":
        hint = _nearest(".".join(part for part in path if isinstance(part, str)), keys())
    elif path[:1] in {("exceptions",), ("trivyignore",)} and error["type"] in {"string_too_short", "missing"}:
        hint = _ABOUT_EXCEPTIONS.get(str(path[-1]), "")
    elif error["type"] == "enum":
        off = ", none" if path[0] == "fail_on" and path[-1] != "unknown_severity" else ""
        problem = f"{one_line(str(error['input']), 40)!r} is no severity: {', '.join(Severity)}{off}"
        hint = _nearest(str(error["input"]).lower(), Severity)
    key_shown = shown(path)
    for key in overrides:
        if key_shown == key or key_shown.startswith((f"{key}.", f"{key}[")):
            given = f" {one_line(str(error['input']), 80)!r}" if isinstance(error["input"], str | int | float) else ""
            problem = f"{options.get(key, f'the option for {key_shown}')}{given} cannot be used: {problem}"
            return UsageError(problem, hint=hint or "`--help` lists the options and what they take")
    return InputError(f"{document.where(path)}: {key_shown}: {problem}", hint=hint or _HINT)


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


def shown(path: yaml_document.Path) -> str:
    """A path as the policy's users write it: `fail_on.severity`, `exceptions[0].id`."""
    return one_line("".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)[1:], 200)
