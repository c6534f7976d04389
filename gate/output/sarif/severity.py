"""`security-severity`: a number whose bucket on GitHub is the severity that was judged.

GitHub's buckets: over 9.0 critical, 7.0 to 8.9 high, 4.0 to 6.9 medium, 0.1 to 3.9 low; 0.0 shows none at all. 9.0
itself lies between two of them in the documentation and is never written.
"""

from functools import lru_cache

from gate.model.findings import Severity

_BUCKETS = {
    Severity.CRITICAL: (9.1, 10.0),
    Severity.HIGH: (7.0, 8.9),
    Severity.MEDIUM: (4.0, 6.9),
    Severity.LOW: (0.1, 3.9),
    Severity.UNKNOWN: (0.1, 3.9),
}
_MIDDLES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
    Severity.UNKNOWN: "0.1",
}
WORDS = {severity: severity.value for severity in Severity}
"""The words of messages and rule ids."""
LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.UNKNOWN: "note",
}


@lru_cache(maxsize=1024)
def number(severity: Severity, score: float | None) -> str:
    """The CVSS score where it agrees with the judged severity, the nearer end of the bucket where it does not."""
    if score is None or not 0 < score <= 10:  # noqa: PLR2004 CVSS ends at 10; 0 and NaN rate nothing
        return _MIDDLES[severity]
    low, high = _BUCKETS[severity]
    return f"{min(max(score, low), high):.1f}"
