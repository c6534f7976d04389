"""Short texts that all output formats share. Results are safe to show on one line."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import quote

from gate.model.findings import Finding, Kind, Subject
from gate.model.platforms import Manifests
from gate.model.verdict import Decision, Judged, Verdict
from gate.text import one_line

DECISIONS = {
    Decision.REFUSES: "refuses",
    Decision.KNOWN: "known",
    Decision.REPORTED: "reported",
    Decision.ACCEPTED: "accepted",
    Decision.NOT_AFFECTED: "not affected",
}
_UNFIXED = {
    "affected": "no fix yet",
    "will_not_fix": "will not be fixed",
    "fix_deferred": "fix deferred",
    "under_investigation": "under investigation",
    "end_of_life": "end of life, no fix",
}
_SHELL = re.compile(r"^(?:RUN )?(?:\|[0-9]+ (?:.* )?)?/bin/(?:ba|a|da)?sh -(?:[a-z]+) ")
_URL = re.compile(r"https?://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?(?:[/?#][^ ]*)?")
_LONGEST_URL = 2000
_HOURS_AS_DAYS = 48


def name(subject: Subject) -> str:
    """Return `registry/repository:tag`, without the digest."""
    return one_line(subject.name + (f":{subject.tag}" if subject.tag else ""), 300)


def short(digest: str) -> str:
    """`sha256:` and the first twelve digits."""
    return one_line(digest, 200)[:19]


def moment(when: datetime) -> str:
    """`2026-06-01 12:00 UTC`."""
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def age(hours: float | None) -> str:
    """`6 h old`, `12 days old` or `of unknown age`."""
    if hours is None:
        return "of unknown age"
    if hours < 1:
        return "less than 1 h old"
    return f"{hours:.0f} h old" if hours < _HOURS_AS_DAYS else f"{hours / 24:.0f} days old"


def size(count: int | None) -> str:
    """`60 MB`, in powers of 1,000."""
    if count is None:
        return ""
    value = float(count)
    for unit in ("bytes", "kB", "MB"):
        if value < 1000:  # noqa: PLR2004 the step between units
            return f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def middle(text: str, width: int) -> str:
    """Shorten `text` to `width` characters by leaving out its middle: both ends of a path are informative."""
    if len(text) <= width:
        return text
    if width <= 1:
        return "…"[:width]
    tail = (width - 1) * 2 // 3
    return text[: width - 1 - tail] + "…" + text[len(text) - tail :]


def fixed(finding: Finding) -> str:
    """Return the version that fixes it, or why there is none."""
    return one_line(finding.fixed, 120) or _UNFIXED.get(finding.status, "no fix known")


def versions(finding: Finding) -> str:
    """`1.0-1 → 1.0-2`, `1.0-1 (no fix yet)`; nothing for a finding without a version."""
    installed = one_line(finding.installed, 60)
    if not installed:
        return ""
    return f"{installed} → {fixed(finding)}" if finding.fixed else f"{installed} ({fixed(finding)})"


def instruction(created_by: str) -> str:
    """Return the Dockerfile instruction of a history entry, without the builder's additions."""
    text = one_line(created_by, 2000).removesuffix("# buildkit").strip()
    match = _SHELL.match(text)
    if not match:
        return text
    rest = text[match.end() :].lstrip()
    return rest.removeprefix("#(nop)").strip() if rest.startswith("#(nop)") else f"RUN {rest}"


def where(finding: Finding) -> str:
    """Return the file with its line, or the instruction that added it."""
    if finding.path:
        return one_line(finding.path, 400) + (f":{finding.start_line}" if finding.start_line else "")
    if finding.kind in {Kind.SECRET, Kind.MISCONFIGURATION}:
        return "image configuration"  # ENV, a label or the history
    made = (instruction(place.created_by) or short(place.layer) for place in finding.occurrences)
    return next((text for text in made if text), "")


def partly(finding: Finding, manifests: Manifests) -> str:
    """Return its platforms; empty when it is in all of the image's manifests."""
    names = manifests.names(finding.occurrences)
    return "" if len(names) >= len(manifests) else "only " + listed(names, 4)


def listed(words: Iterable[str], most: int) -> str:
    """Join words with commas; beyond `most` they are counted."""
    every = [one_line(word, 80) for word in words if word]
    rest = len(every) - most
    return ", ".join(every[:most]) + (f" and {rest:,} more" if rest > 0 else "")


def title(judged: Judged, verdict: Verdict, limit: int = 200) -> str:
    """Return a title: that of the advisory, else the start of its description, else the message of the finding."""
    known = verdict.advisories.get(judged.finding.advisory)
    texts = (known.title, known.description) if known else ()
    cleaned = (one_line(text, limit) for text in (*texts, judged.finding.message))
    return next((clean for clean in cleaned if clean and clean != judged.finding.id), "")


def thing(judged: Judged, verdict: Verdict) -> str:
    """Return the package; for a finding without one its title."""
    return one_line(judged.finding.package, 160) or title(judged, verdict)


def exploited(judged: Judged) -> str:
    """Return what is known about attacks: `known exploited, EPSS 97.3 %`."""
    known = ["known exploited"] if judged.known_exploited else []
    return ", ".join([*known, f"EPSS {judged.epss:.1%}".replace("%", " %")] if judged.epss is not None else known)


def outcome(judged: Judged) -> str:
    """Return the decision and its reason."""
    word, why = DECISIONS[judged.decision], one_line(judged.why)
    return why if why.startswith(word) else f"{word}: {why}"


def link(url: str) -> str:
    """Return an http or https URL with unusual characters encoded; empty for anything else.

    A URL with `user@` or an unusual host may mislead, so it is not linked.
    """
    if len(url) > _LONGEST_URL or not url.isprintable() or not _URL.fullmatch(url):
        return ""
    return quote(url, safe="/:?#=&%+,;~@!$.-_")
