"""Compare two SARIF files: the alerts that uploading the second will open and close on GitHub.

An alert is the same as before when tool, category, rule, path and `primaryLocationLineHash` are. For results without
that hash the line number takes its place, since the source is not at hand. Alerts of a category that is not uploaded
any more stay open.
"""

from dataclasses import dataclass

from gate.output.sarif.reading import at, category, document, objects, rule_of, strictly, uri_of, words
from gate.text import one_line


@dataclass(frozen=True)
class Alert:
    """One alert, as code scanning will list it. Texts are safe to show."""

    tool: str
    category: str
    rule: str
    path: str
    line: int
    message: str
    suppressed: bool = False


@dataclass(frozen=True)
class Diff:
    """Alerts in the order of their files."""

    opened: tuple[Alert, ...]
    closed: tuple[Alert, ...]
    kept: tuple[Alert, ...]
    orphaned: tuple[Alert, ...]
    """Of categories that only the old file has: uploading the new one does not close them."""


_Key = tuple[str, str, str, str, str]


def diff(old: bytes, new: bytes, names: tuple[str, str] = ("the old SARIF file", "the new SARIF file")) -> Diff:
    """Compare two files, gzipped or not. Raises `InputError` when one is no SARIF, or has a run or result that is none.

    A part that is unreadable is an error: passing over it would report its alerts as closed.
    """
    before, _ = _alerts(old, names[0])
    after, uploaded = _alerts(new, names[1])
    gone = {key: alert for key, alert in before.items() if key not in after}
    return Diff(
        opened=tuple(alert for key, alert in after.items() if key not in before),
        closed=tuple(alert for key, alert in gone.items() if key[:2] in uploaded),
        kept=tuple(alert for key, alert in after.items() if key in before),
        orphaned=tuple(alert for key, alert in gone.items() if key[:2] not in uploaded),
    )


def _alerts(data: bytes, name: str) -> tuple[dict[_Key, Alert], set[tuple[str, str]]]:
    """The alerts by what makes them the same, and each tool and category of the file."""
    found: dict[_Key, Alert] = {}
    uploaded = set()
    for run in strictly(document(data, name), "runs", name):
        tool, group = words(run, "tool", "driver", "name"), category(run)
        uploaded.add((tool, group))
        for result in strictly(run, "results", name):
            locations = objects(result, "locations")
            first = locations[0] if locations else {}
            line = at(first, "physicalLocation", "region", "startLine")
            line = line if type(line) is int else 1
            rule, path = rule_of(run, result), uri_of(run, first)
            mark = words(result, "partialFingerprints", "primaryLocationLineHash") or f"line {line}"
            alert = Alert(
                one_line(tool, 100),
                one_line(group, 200),
                one_line(rule, 255),
                one_line(path, 500),
                line,
                one_line(words(result, "message", "text"), 500),
                bool(result.get("suppressions")),
            )
            found.setdefault((tool, group, rule, path, mark), alert)
    return found, uploaded
