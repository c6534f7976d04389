"""Render verdicts as JUnit XML for viewers of test results: a suite for each image, a case for each finding or rule.

As in Jenkins' xUnit plugin (`junit-10.xsd`), the strictest schema in use. A finding that refuses is a failure, one with
an exception or VEX statement is skipped, one that is only reported passes.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from gate.model.platforms import Manifests
from gate.model.verdict import SET_ASIDE, Decision, Failure, Judged, Verdict
from gate.output import formatting, verdict_text
from gate.text import inert, one_line

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(verdicts: Sequence[Verdict], failures: Sequence[Failure] = ()) -> Iterator[str]:
    """Yield the document, XML 1.0, in pieces; the same verdicts give the same pieces."""
    suites = [_cases(verdict) for verdict in verdicts]
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    broken = [
        _Case("scan", "error", f"exit code {failure.code}", (failure.problem, verdict_text.hint(failure)))
        for failure in failures
    ]
    every = [case for cases in suites for case in cases] + broken
    yield f'<testsuites name="gate" {_counted(every, skipped=False)}>\n'
    for failure, case in zip(failures, broken, strict=True):
        yield f'<testsuite name={_attribute(failure.image)} {_counted([case])} time="0">\n'
        yield from _written(failure.image, case)
        yield "</testsuite>\n"
    for verdict, cases in zip(verdicts, suites, strict=True):
        yield from _suite(verdict, cases)
    yield "</testsuites>\n"


class _Case(NamedTuple):
    """A test case."""

    name: str
    state: str
    """`failure`, `error`, `skipped`, or `system-out` for one that passes."""
    kind: str
    texts: tuple[str, ...]


def _cases(verdict: Verdict) -> list[_Case]:
    refusing = {judged.rule for judged in verdict.findings if judged.decision is Decision.REFUSES}
    cases = [
        _Case(reason.rule, "failure", reason.rule, (reason.message,))
        for reason in verdict.reasons
        if reason.rule not in refusing
    ]
    manifests = Manifests(verdict.platforms)
    cases += [_case(judged, verdict, manifests) for judged in verdict.findings]
    return cases or [_Case("policy", "system-out", "", ("nothing found",))]


def _case(judged: Judged, verdict: Verdict, manifests: Manifests) -> _Case:
    finding = judged.finding
    state = "skipped" if judged.decision in SET_ASIDE else "system-out"
    if judged.decision is Decision.REFUSES:
        state = "failure"
    parts = (finding.id, finding.package, finding.installed, finding.path)
    texts = (
        formatting.outcome(judged),
        f"{judged.severity}: {formatting.title(judged, verdict)}",
        formatting.versions(finding),
        formatting.exploited(judged),
        formatting.where(finding),
        formatting.partly(finding, manifests),
    )
    return _Case(" ".join(one_line(part, 200) for part in parts if part), state, judged.rule, texts)


def _suite(verdict: Verdict, cases: Sequence[_Case]) -> Iterator[str]:
    image = formatting.name(verdict.subject)
    when = f"{verdict.judged_at.isoformat(timespec='seconds')[:19]}"
    yield f'<testsuite name={_attribute(image)} {_counted(cases)} time="0" timestamp="{when}">\n<properties>\n'
    for name, value in (
        ("verdict", "passed" if verdict.passed else "refused"),
        ("digest", verdict.subject.digest or "unknown"),
        *verdict_text.facts(verdict),
    ):
        yield f"<property name={_attribute(name)} value={_attribute(value)}/>\n"
    yield "</properties>\n"
    for case in cases:
        yield from _written(image, case)
    yield "</testsuite>\n"


def _written(image: str, case: _Case) -> Iterator[str]:
    message, text = _attribute(case.texts[0]), _text(" · ".join(part for part in case.texts if part))
    yield f'<testcase classname={_attribute(image)} name={_attribute(case.name)} time="0">'
    if case.state == "system-out":
        yield f"<system-out>{text}</system-out></testcase>\n"
    else:
        kind = _attribute(case.kind or case.state)
        yield f"<{case.state} type={kind} message={message}>{text}</{case.state}></testcase>\n"


def _counted(cases: Sequence[_Case], *, skipped: bool = True) -> str:
    failed = sum(case.state == "failure" for case in cases)
    passed_over = f' skipped="{sum(case.state == "skipped" for case in cases)}"' if skipped else ""
    broken = sum(case.state == "error" for case in cases)
    return f'tests="{len(cases)}" failures="{failed}" errors="{broken}"{passed_over}'


def _clean(text: str, limit: int) -> str:
    return inert(_NO_XML.sub(" ", one_line(text, limit)))


def _attribute(text: str) -> str:
    return quoteattr(_clean(text, 600))


def _text(text: str) -> str:
    return escape(_clean(text, 2000))
