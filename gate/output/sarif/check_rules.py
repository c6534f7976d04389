"""Check the rules of a run against what GitHub accepts."""

import math
import re
from typing import Any

from gate.output.sarif import limits
from gate.output.sarif.problems import LIMITS, Problems
from gate.output.sarif.reading import at, objects, words
from gate.text import one_line

_PRECISIONS = frozenset({"very-high", "high", "medium", "low"})
_LEVELS = frozenset({"none", "note", "warning", "error"})
_DECIMAL = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*", re.ASCII)


def check_rules(where: str, run: dict[str, Any], problems: Problems) -> list[str]:
    """Check the rules of the driver and of extensions; return the ids of the driver's, by index."""
    parts = [(f"{where}/tool/driver", at(run, "tool", "driver"))]
    extensions = at(run, "tool", "extensions")
    if isinstance(extensions, list):
        parts += [(f"{where}/tool/extensions/{place}", extension) for place, extension in enumerate(extensions)]
    total = 0
    for start, part in parts:
        seen: dict[str, dict[str, Any]] = {}
        rules = part.get("rules") if isinstance(part, dict) else None
        for place, rule in enumerate(rules if isinstance(rules, list) else ()):
            total += 1
            here = f"{start}/rules/{place}"
            if not isinstance(rule, dict):
                problems.add("refused", here, "a rule is no object", "Make the report again.")
                continue
            _check_rule(here, rule, problems)
            name = words(rule, "id")
            if name in seen:
                if seen[name] == rule:
                    problems.add("refused", here, "a rule is there twice", "Keep one.", shown=one_line(name, 200))
                else:
                    do = "Only one of them is shown for all results; give each an id of its own."
                    problems.add("ignored", here, "two rules have one id", do, shown=one_line(name, 200))
            seen[name] = rule
    if total > limits.RULES:
        what = f"a run has {total:,} rules; {limits.RULES:,} are taken"
        problems.add("refused", f"{where}/tool", what, "Leave out those without results.", LIMITS)
    if not isinstance(at(run, "tool", "driver", "rules"), list) and not objects(at(run, "tool"), "extensions"):
        what = "the tool has no `rules`"
        problems.add("advice", f"{where}/tool/driver/rules", what, "Without them an alert has no severity and no help.")
    driver = at(run, "tool", "driver", "rules")
    return [words(rule, "id") for rule in driver] if isinstance(driver, list) else []


def _check_rule(where: str, rule: dict[str, Any], problems: Problems) -> None:
    if not words(rule, "id").strip():
        problems.add("refused", f"{where}/id", "a rule has no id", "Give it one that stays the same.")
    if len(words(rule, "name")) > limits.NAME:
        problems.add("cut", f"{where}/name", f"a rule's name is longer than {limits.NAME} characters", "Shorten it.")
    for part in ("shortDescription", "fullDescription"):
        text = words(rule, part, "text")
        if not text.strip():
            what = f"a rule's `{part}` is empty or missing"
            problems.add("advice", f"{where}/{part}/text", what, "Write a sentence: GitHub asks for one.")
        elif len(text) > limits.DESCRIPTION:
            what = f"a rule's `{part}` is longer than {limits.DESCRIPTION} characters"
            problems.add("cut", f"{where}/{part}/text", what, "Put the length into `help`.")
    if not words(rule, "help", "text").strip():
        what = "a rule's `help.text` is empty or missing"
        problems.add("advice", f"{where}/help/text", what, "Say what to do: GitHub asks for it, Markdown or not.")
    level = at(rule, "defaultConfiguration", "level")
    if level is not None and (not isinstance(level, str) or level not in _LEVELS):
        what = "a rule's level is none of note, warning and error"
        problems.add("refused", f"{where}/defaultConfiguration/level", what, "Choose one of them.")
    properties = rule.get("properties")
    if isinstance(properties, dict):
        _check_properties(f"{where}/properties", properties, problems)


def _check_properties(where: str, properties: dict[str, Any], problems: Problems) -> None:
    tags = properties.get("tags")
    tags = tags if isinstance(tags, list) else []
    if len(tags) > limits.TAGS:
        what = f"a rule has more than {limits.TAGS} tags"
        problems.add("refused", f"{where}/tags", what, f"Keep {limits.TAGS_SHOWN}.", LIMITS, shown=str(len(tags)))
    elif len(tags) > limits.TAGS_SHOWN:
        what = f"a rule has more than {limits.TAGS_SHOWN} tags"
        problems.add("cut", f"{where}/tags", what, "The others are not shown.", LIMITS, shown=str(len(tags)))
    precision = properties.get("precision")
    if precision is not None and (not isinstance(precision, str) or precision not in _PRECISIONS):
        what = "a rule's `precision` is none of very-high, high, medium and low"
        problems.add("ignored", f"{where}/precision", what, "Choose one of them.")
    if "security-severity" in properties:
        _check_severity(f"{where}/security-severity", properties["security-severity"], problems)
        if "security" not in tags:
            what = "a rule has a `security-severity` without the tag `security`"
            problems.add("advice", f"{where}/tags", what, "Add the tag.")


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return bool(_DECIMAL.fullmatch(value))
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_severity(where: str, value: Any, problems: Problems) -> None:
    try:
        score = float(value) if _is_number(value) else math.nan
    except OverflowError:
        score = math.nan
    if not math.isfinite(score):
        do = 'Write a number as a string, like "7.5", or leave it out: the whole file is refused for this.'
        problems.add("refused", where, "a `security-severity` is not a number", do, shown=one_line(repr(value), 80))
    elif not 0 < score <= 10:  # noqa: PLR2004 CVSS ends at 10
        do = "No severity is shown; write over 9.0 for critical, 7.0 for high, 4.0 for medium, 0.1 for low."
        problems.add("ignored", where, "a `security-severity` is not above 0.0 and at most 10.0", do, shown=str(score))
    elif not isinstance(value, str):
        problems.add("advice", where, "a `security-severity` is a bare number", "GitHub asks for a string.")
