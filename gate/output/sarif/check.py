"""Find what GitHub code scanning will refuse, cut or ignore in a SARIF file of any tool.

The limits are in `gate.output.sarif.limits`. `refused`: uploads were seen to be refused for it, or a limit names it;
`cut` and `ignored`: the documentation says that it is not shown; `advice`: all else.
"""

import zlib
from collections.abc import Sequence
from typing import Any

from gate.output.sarif import limits
from gate.output.sarif.check_results import check_described, check_result
from gate.output.sarif.check_rules import check_rules
from gate.output.sarif.check_schema import schema_problems
from gate.output.sarif.problems import LIMITS, ORDER, Problem, Problems
from gate.output.sarif.reading import WHAT, at, category, document, unpacked, words
from gate.text import one_line, plural


def check(data: bytes, what: str = WHAT) -> tuple[Problem, ...]:
    """Check a whole file, gzipped or not. Raises `InputError`, naming `what`, when it is not a JSON object."""
    plain = unpacked(data, what)
    log = document(plain, what)
    known = _known_problems(log, plain)
    refused = [problem.where for problem in known if problem.kind == "refused"]
    # What is refused already, at the same place or within it, is not said twice.
    broken = [
        problem
        for problem in schema_problems(log, len(plain))
        if not any(f"{where}/".startswith(f"{problem.where.rstrip('/')}/") for where in refused)
    ]
    return tuple(sorted((*known, *broken), key=lambda problem: ORDER.index(problem.kind)))


def _known_problems(log: dict[str, Any], plain: bytes) -> tuple[Problem, ...]:
    problems = Problems()
    if len(plain) > limits.PACKED and (size := len(zlib.compress(plain, 6))) > limits.PACKED:
        do = "Leave out the mildest results, or cut descriptions."
        problems.add("refused", "", f"packed, the file has {size:,} bytes; {limits.PACKED:,} are taken", do, LIMITS)
    if not words(log, "$schema"):
        problems.add("advice", "/$schema", "`$schema` is missing", "Name the schema of SARIF 2.1.0.")
    if log.get("version") != "2.1.0":
        problems.add("refused", "/version", "the version is not 2.1.0", 'Write SARIF 2.1.0 and `"version": "2.1.0"`.')
    runs = log.get("runs")
    if not isinstance(runs, list):
        problems.add("refused", "/runs", "`runs` is no list", "Give the file a list of runs.")
        return problems.all()
    if len(runs) > limits.RUNS:
        do = f"Upload them as several files of at most {limits.RUNS} runs."
        problems.add("refused", "/runs", f"there are {len(runs)} runs; {limits.RUNS} are taken", do, LIMITS)
    good = []
    for place, run in enumerate(runs):
        if isinstance(run, dict):
            good.append((f"/runs/{place}", run))
        else:
            problems.add("refused", f"/runs/{place}", "a run is no object", "Make the report again.")
    _check_categories(good, problems)
    for where, run in good:
        _check_run(where, run, problems)
    return problems.all()


def _check_categories(runs: Sequence[tuple[str, dict[str, Any]]], problems: Problems) -> None:
    seen: dict[tuple[str, str], str] = {}
    for where, run in runs:
        key = words(run, "tool", "driver", "name"), category(run)
        if key in seen:
            problems.add(
                "refused",
                f"{where}/automationDetails",
                "two runs of one tool have the same category",
                f"Give each an `automationDetails.id` of its own, ending in `/`; the other is {seen[key]}.",
                shown=one_line(key[1], 200) or "none",
            )
        seen.setdefault(key, where)
        name = words(run, "automationDetails", "id")
        if name and "/" not in name:
            what = "the `automationDetails.id` has no `/`, so that it names no category"
            problems.add("ignored", f"{where}/automationDetails/id", what, "End it in `/`.", shown=one_line(name, 200))
        elif not name:
            what = "the run names no category"
            do = "Uploads of one job replace each other; give each image an `automationDetails.id` ending in `/`."
            problems.add("advice", f"{where}/automationDetails", what, do)


def _check_run(where: str, run: dict[str, Any], problems: Problems) -> None:
    if not words(run, "tool", "driver", "name").strip():
        problems.add("refused", f"{where}/tool/driver/name", "the tool has no name", "Name it.")
    extensions = at(run, "tool", "extensions")
    if isinstance(extensions, list) and len(extensions) > limits.EXTENSIONS:
        what = f"the tool has more than {limits.EXTENSIONS} extensions"
        problems.add("refused", f"{where}/tool/extensions", what, "Leave out those without rules.", LIMITS)
    rules = check_rules(where, run, problems)
    results = run.get("results")
    if not isinstance(results, list):
        what = "`results` is no list"
        problems.add("refused", f"{where}/results", what, "A run that found nothing has an empty list.")
        return
    if len(results) > limits.RESULTS:
        what = f"a run has {len(results):,} results; {limits.RESULTS:,} are taken"
        problems.add("refused", f"{where}/results", what, "Leave out the mildest.", LIMITS)
    elif len(results) > limits.SHOWN:
        what = f"a run has {len(results):,} results; the worst {limits.SHOWN:,} are shown"
        problems.add("cut", f"{where}/results", what, "Leave out the mildest, or split by category.", LIMITS)
    suppressed, described = 0, frozenset(rules)
    for place, result in enumerate(results):
        if isinstance(result, dict):
            check_result(f"{where}/results/{place}", run, result, rules, problems)
            if described:
                check_described(f"{where}/results/{place}", result, described, problems)
            suppressed += bool(result.get("suppressions"))
        else:
            problems.add("refused", f"{where}/results/{place}", "a result is no object", "Make the report again.")
    if suppressed:
        what = (
            f"{plural(suppressed, 'result')} of the run have `suppressions`, which code scanning itself does not read"
        )
        do = "Their alerts open all the same; dismiss them, or run an action that does so from the suppressions."
        problems.add("ignored", f"{where}/results", what, do)
