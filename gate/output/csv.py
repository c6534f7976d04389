"""Render findings as CSV (RFC 4180) for a spreadsheet: one row a finding, and no cell that is a formula."""

import csv
import re
from collections.abc import Iterator, Sequence
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
"""The first one is a word of ours, so no line begins with outside text."""

# Characters that start a formula, full-width ones included; also after `;`, a separator in some locales.
_FORMULA = re.compile("(^|;)(\\s*)(?=[=+\\-@\uff1d\uff0b\uff0d\uff20])")


def render(verdicts: Sequence[Verdict], failures: Sequence[Failure] = ()) -> Iterator[str]:
    """Yield the table in pieces, its header first; the same verdicts give the same pieces."""
    yield _lines([COLUMNS])
    for failure in failures:
        yield inert(_lines([_failed(failure)]))
    for verdict in verdicts:
        manifests = Manifests(verdict.platforms)
        for start in range(0, len(verdict.findings), 512):
            rows = [_row(judged, verdict, manifests) for judged in verdict.findings[start : start + 512]]
            yield inert(_lines(rows))


def _lines(rows: Sequence[Sequence[str]]) -> str:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _failed(failure: Failure) -> list[str]:
    """Return the row of an image that could not be judged: severity `unknown`, decision `failed`."""
    subject = failure.subject
    cells = {
        "severity": "unknown",
        "decision": "failed",
        "image": subject.name,
        "tag": subject.tag or "",
        "digest": subject.digest or "",
        "why": f"{failure.problem} {verdict_text.hint(failure)}".strip(),
    }
    return [cell(cells.get(name, "")) for name in COLUMNS]


def _row(judged: Judged, verdict: Verdict, manifests: Manifests) -> list[str]:
    finding, subject = judged.finding, verdict.subject
    advisory = verdict.advisories.get(finding.advisory)
    place = finding.occurrences[0] if finding.occurrences else None
    cells = (
        judged.severity.value,
        judged.decision.value,
        subject.name,
        subject.tag or "",
        subject.digest or "",
        finding.kind.value,
        finding.id,
        finding.package,
        finding.installed,
        finding.fixed,
        finding.status,
        finding.path,
        str(finding.start_line) if finding.start_line else "",
        " ".join(manifests.names(finding.occurrences)),
        place.layer if place else "",
        formatting.instruction(place.created_by) if place else "",
        "yes" if judged.known_exploited else "",
        f"{judged.epss:g}" if judged.epss is not None else "",
        f"{finding.score:g}" if finding.score is not None else "",
        judged.rule,
        judged.why,
        formatting.title(judged, verdict),
        formatting.link(advisory.url) if advisory else "",
        finding.purl,
        finding.fingerprint,
    )
    return [cell(text) for text in cells]


def cell(text: str) -> str:
    """Return `text` on one line, with `'` before characters that would start a formula."""
    return _FORMULA.sub(r"\1\2'", one_line(text, 1000))
