"""Check the results of a run against what GitHub accepts."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from gate.output.sarif import limits
from gate.output.sarif.problems import LIMITS, Problems
from gate.output.sarif.reading import at, objects, rule_of, uri_of, words
from gate.output.sarif.uris import SCHEME, unparsable
from gate.text import one_line

_LEVELS = frozenset({"none", "note", "warning", "error"})
_NUMBERS = ("startLine", "startColumn", "endLine", "endColumn")


def check_result(where: str, run: dict[str, Any], result: dict[str, Any], rules: list[str], problems: Problems) -> None:
    """Check one result; `rules` are the ids of the driver's rules, by index."""
    if not any(words(result, "message", name).strip() for name in ("text", "markdown", "id")):
        problems.add("refused", f"{where}/message", "a result has no message", "Say what was found.")
    if None in result.values():
        problems.add("refused", where, "a result has a member that is null", "Leave it out: the schema has no null.")
    level = result.get("level")
    if level is not None and (not isinstance(level, str) or level not in _LEVELS):
        what = "a result's level is none of note, warning and error"
        problems.add("refused", f"{where}/level", what, "Choose one of them.")
    _check_rule(where, run, result, rules, problems)
    _check_locations(where, run, result, problems)
    prints = result.get("partialFingerprints")
    if not words(prints, "primaryLocationLineHash").strip():
        what = "a result has no `primaryLocationLineHash`"
        do = (
            "upload-sarif makes one only for files of the checkout, from the line's text; "
            "without one alerts close and open again whenever a line moves."
        )
        problems.add("advice", f"{where}/partialFingerprints", what, do)


def check_described(where: str, result: dict[str, Any], described: frozenset[str], problems: Problems) -> None:
    """Check that the driver describes the rule that a result names."""
    rule = words(result, "ruleId")
    points = result.get("ruleIndex", -1) != -1 or at(result, "rule") is not None
    if rule and not points and not {rule, rule.rpartition("/")[0]} & described:
        what = "a result's rule is not described"
        do = "Give the driver a rule of that id: the alert shows its severity and its help."
        problems.add("advice", f"{where}/ruleId", what, do, shown=one_line(rule, 200))


def _check_rule(where: str, run: dict[str, Any], result: dict[str, Any], rules: list[str], problems: Problems) -> None:
    if not rule_of(run, result):
        problems.add("advice", f"{where}/ruleId", "a result names no rule", "Name one that stays the same.")
    index = result.get("ruleIndex", -1)
    of_extension = at(result, "rule", "toolComponent") is not None
    if of_extension or index == -1:
        return
    if type(index) is not int or not 0 <= index < len(rules):
        what = "a result's `ruleIndex` is none of a rule"
        problems.add("refused", f"{where}/ruleIndex", what, "Point to a rule of the driver, or leave it out.")
    elif (named := words(result, "ruleId")) and named != rules[index] and not named.startswith(f"{rules[index]}/"):
        what = "a result's `ruleId` and `ruleIndex` are of different rules"
        problems.add("ignored", f"{where}/ruleIndex", what, "Correct the index.", shown=one_line(named, 200))


def _check_locations(where: str, run: dict[str, Any], result: dict[str, Any], problems: Problems) -> None:
    locations = result.get("locations")
    count = len(locations) if isinstance(locations, list) else 0
    if count > limits.LOCATIONS:
        what = f"a result has more than {limits.LOCATIONS:,} locations"
        problems.add("refused", f"{where}/locations", what, "Keep the first.", LIMITS, shown=f"{count:,}")
    elif count > limits.LOCATIONS_SHOWN:
        what = f"a result has more than {limits.LOCATIONS_SHOWN} locations"
        problems.add("cut", f"{where}/locations", what, "Keep the first.", LIMITS, shown=f"{count:,}")
    elif count > 1:
        what = "a result has more than one location"
        problems.add("ignored", f"{where}/locations", what, "Only the first is marked in the code.")
    related = result.get("relatedLocations")
    if isinstance(related, list) and len(related) > limits.RELATED:
        what = f"a result has more than {limits.RELATED:,} related locations"
        problems.add("refused", f"{where}/relatedLocations", what, "Keep a few.", LIMITS, shown=f"{len(related):,}")
    steps = sum(
        len(objects(flow, "locations"))
        for code in objects(result, "codeFlows")
        for flow in objects(code, "threadFlows")
    )
    if steps > limits.STEPS:
        what = f"a result's code flows have more than {limits.STEPS:,} locations"
        problems.add("refused", f"{where}/codeFlows", what, "Keep the shortest.", LIMITS, shown=f"{steps:,}")
    elif steps > limits.STEPS_SHOWN:
        what = f"a result's code flows have more than {limits.STEPS_SHOWN:,} locations"
        problems.add("cut", f"{where}/codeFlows", what, "Keep the shortest.", LIMITS, shown=f"{steps:,}")
    if not count or not isinstance(locations, list) or not isinstance(locations[0], dict):
        problems.add("refused", f"{where}/locations", "a result has no location", "Name a file of the repository.")
        return
    _check_uri(f"{where}/locations/0/physicalLocation/artifactLocation", run, locations[0], problems)
    for name, place, location in _others(result):
        uri = uri_of(run, location)
        if why := unparsable(uri):
            _refuse(f"{where}/{name}/{place}/physicalLocation/artifactLocation/uri", why, uri, problems)
    _check_region(f"{where}/locations/0/physicalLocation/region", locations[0], problems)


def _check_uri(where: str, run: dict[str, Any], location: dict[str, Any], problems: Problems) -> None:
    uri = uri_of(run, location)
    shown = one_line(uri, 200)
    do = "Write a path relative to the root of the repository."
    if not uri.strip():
        problems.add("refused", f"{where}/uri", "a location has no URI, or an empty one", do)
        return
    base = words(location, "physicalLocation", "artifactLocation", "uriBaseId")
    full = words(run, "originalUriBaseIds", base, "uri") if base else ""
    scheme = SCHEME.match(uri) or SCHEME.match(full)
    if why := unparsable(uri):
        _refuse(f"{where}/uri", why, uri, problems)
    elif scheme and scheme[1].lower() != "file":
        what = "a URI has a scheme that is not that of the checkout"
        problems.add("refused", f"{where}/uri", what, f"{do} Before the first `/`, write `:` as `%3A`.", shown=shown)
    elif scheme:
        what = "a URI is absolute"
        problems.add("advice", f"{where}/uri", what, f"{do} Files outside the checkout are not shown.", shown=shown)
    elif uri.startswith("/"):
        problems.add("ignored", f"{where}/uri", "a URI begins with `/`: no file of the repository", do, shown=shown)
    elif ".." in unquote(uri).replace("\\", "/").split("/"):
        problems.add("ignored", f"{where}/uri", "a URI leads upwards", do, shown=shown)
    elif re.search(r"[\s\\]", uri):
        what = "a URI has characters that are not percent-encoded"
        problems.add("ignored", f"{where}/uri", what, "Encode spaces and `\\`.", shown=shown)


def _others(result: dict[str, Any]) -> Iterator[tuple[str, int, Any]]:
    """Every location but the first: the name of its list, its index there, the location."""
    for name in ("locations", "relatedLocations"):
        locations = result.get(name)
        for place, location in enumerate(locations if isinstance(locations, list) else ()):
            if (name, place) != ("locations", 0):
                yield name, place, location


def _refuse(where: str, why: str, uri: str, problems: Problems) -> None:
    what = f"a URI {why}, which GitHub's parser refuses"
    do = "Write a path relative to the root of the repository; in it `%` is `%25`, before the first `/` `:` is `%3A`."
    problems.add("refused", where, what, do, shown=one_line(uri, 200))


def _check_region(where: str, location: dict[str, Any], problems: Problems) -> None:
    region = at(location, "physicalLocation", "region")
    values = [at(region, name) for name in _NUMBERS]
    if any(value is not None and (type(value) is not int or value < 1) for value in values):
        problems.add("refused", where, "a region has a number that is not a whole one from 1", "Lines begin at 1.")
    elif None in values:
        what = "a region lacks some of its four numbers"
        do = "Write startLine, startColumn, endLine and endColumn; without them the alert stands at the first line."
        problems.add("advice", where, what, do)
