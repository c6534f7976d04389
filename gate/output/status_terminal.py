"""Render the result of `gate status` in a terminal."""

from gate.model.package_status import EvidenceState, EvidenceStatus, OwnerStatus, PackageStatus, RunStatus
from gate.output import formatting
from gate.output.terminal_page import TerminalPage
from gate.text import one_line, plural

_WIDTH = 11
_TAGS = 12
_STYLES = {
    EvidenceState.VERIFIED: "green",
    EvidenceState.PRESENT: "",
    EvidenceState.REFUSED: "red",
    EvidenceState.NONE: "yellow",
    EvidenceState.UNKNOWN: "bold yellow",
}
_ENDED = {"success": "green", "failure": "red", "timed_out": "red", "startup_failure": "red"}


def show(one: OwnerStatus, *, color: bool, width: int) -> str:
    """Ready-to-print text no wider than `width` columns, with escape codes only if `color`."""
    page = TerminalPage(color=color, width=width)
    for package in one.packages:
        _package(page, package)
        page.line()
    left = one.total - len(one.packages)
    more = f"; the {plural(left, 'other')} with a larger --limit" if left else ""
    page.line((f"{plural(one.total, 'package')} of {one_line(one.owner, 100)} seen by this token{more}", "bold"))
    return page.text()


def _row(page: TerminalPage, name: str, text: str, style: str = "") -> None:
    page.prose(one_line(text, 800), first=("  ", (f"{name:{_WIDTH}}", "cyan")), style=style)


def _package(page: TerminalPage, one: PackageStatus) -> None:
    page.line((one.name, "bold"), f"  {one.visibility}")
    _row(page, "page", one.page)
    _row(page, "repository", one.repository or "linked to none: jobs need access in the package settings")
    tags = formatting.listed(one.tags, _TAGS) or ("none" if one.versions is not None else "not known")
    versions = "" if one.versions is None else f" ({plural(one.versions, 'version')})"
    _row(page, "tags", tags + versions)
    if one.digest and one.pushed:
        _row(page, "newest", f"{one.digest}, {formatting.moment(one.pushed)}")
    sizes = ", ".join(f"{formatting.size(each.size)} {each.platform}" for each in one.platforms)
    _row(page, "size", sizes or "not known")
    _row(page, "downloads", "not known: GitHub's API does not tell them; the page does")
    _row(page, "signed", _with_reason(one.signed), _STYLES[one.signed.state])
    _row(page, "verdict", _judged(one.verdict), "red" if one.verdict.passed is False else _STYLES[one.verdict.state])
    for run in one.runs:
        _row(page, "run", _run(run, built=one.runs_of_commit), _ENDED.get(run.conclusion, ""))
    for text in one.unknown:
        _row(page, "", f"could not tell {text}", "bold yellow")


def _with_reason(one: EvidenceStatus) -> str:
    return f"{one.state}: {one.why}" if one.why else str(one.state)


def _judged(one: EvidenceStatus) -> str:
    if one.passed is None:
        return _with_reason(one)
    when = f", {formatting.moment(one.at)}" if one.at else ""
    return f"{'PASSED' if one.passed else 'FAILED'}{when}, {_with_reason(one)}"


def _run(one: RunStatus, *, built: bool) -> str:
    state = ", ".join(part for part in (one.status, one.conclusion) if part) or "unknown state"
    which = "of its commit" if built else "the newest of the repository, which may not have built the image"
    return f"{one.workflow}: {state}, {which}; {formatting.moment(one.created)} {one.url}"
