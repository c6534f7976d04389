"""Render findings as CSV (RFC 4180) for a spreadsheet: one row a finding, and no cell that is a formula."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO

from gate.model.platforms import Manifests
from gate.model.verdict import Failure, Judged, Verdict
from gate.output import formatting, verdict_text
from gate.text import inert, one_line

COLUMNS = (
    "severity", "decision", "image", "tag", "digest", "kind", "id", "package", "installed", "fixed", "status", "path",
    "line", "platforms", "layer", "instruction", "known_exploited", "epss", "score", "rule", "why", "title", "url",
    "purl", "fingerprint",
)  # fmt: skip
"""The columns in order; `_row` fills them. The first is a word of ours, so no line begins with outside text."""

# Characters that start a formula, full-width ones included; also after `;`, a separator in some locales.
_FORMULA = re.compile("(^|;)(\\s*)(?=[=+\\-@\uff1d\uff0b\uff0d\uff20])")


def render(verdicts: Sequence[Verdict], failures: Sequence[Failure] = ()) -> Iterator[str]:
    """Yield the table in pieces, its header first; the same verdicts give the same pieces."""
    yield _lines([dict(zip(COLUMNS, COLUMNS, strict=True))])
    for failure in failures:
        yield inert(_lines([_failed(failure)]))
    for verdict in verdicts:
        manifests = Manifests(verdict.platforms)
        for start in range(0, len(verdict.findings), 512):
            rows = [_row(judged, verdict, manifests) for judged in verdict.findings[start : start + 512]]
            yield inert(_lines(rows))


def _lines(rows: Sequence[Mapping[str, str]]) -> str:
    text = StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="")
    writer.writerows({name: cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _failed(failure: Failure) -> dict[str, str]:
    """Return the cells of an image that could not be judged: severity `unknown`, decision `failed`."""
    subject = failure.subject
    return {
        "severity": "unknown",
        "decision": "failed",
        "image": subject.name,
        "tag": subject.tag or "",
        "digest": subject.digest or "",
        "why": f"{failure.problem} {verdict_text.hint(failure)}".strip(),
    }


def _row(judged: Judged, verdict: Verdict, manifests: Manifests) -> dict[str, str]:
    """Return the cells of a finding; those that are left out are empty."""
    finding, subject = judged.finding, verdict.subject
    advisory = verdict.advisories.get(finding.advisory)
    cells = {
        "severity": judged.severity.value,
        "decision": judged.decision.value,
        "image": subject.name,
        "tag": subject.tag or "",
        "digest": subject.digest or "",
        "kind": finding.kind.value,
        "id": finding.id,
        "package": finding.package,
        "installed": finding.installed,
        "fixed": finding.fixed,
        "status": finding.status,
        "path": finding.path,
        "line": str(finding.start_line) if finding.start_line else "",
        "platforms": " ".join(manifests.names(finding.occurrences)),
        "known_exploited": "yes" if judged.known_exploited else "",
        "epss": f"{judged.epss:g}" if judged.epss is not None else "",
        "score": f"{finding.score:g}" if finding.score is not None else "",
        "rule": judged.rule,
        "why": judged.why,
        "title": formatting.title(judged, verdict),
        "url": formatting.link(advisory.url) if advisory else "",
        "purl": finding.purl,
        "fingerprint": finding.fingerprint,
    }
    if finding.occurrences:
        first = finding.occurrences[0]
        cells |= {"layer": first.layer, "instruction": formatting.instruction(first.created_by)}
    return cells


def cell(text: str) -> str:
    """Return `text` on one line, with `'` before characters that would start a formula."""
    return _FORMULA.sub(r"\1\2'", one_line(text, 1000))
