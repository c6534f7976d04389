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


def show(owner_status: OwnerStatus, *, color: bool, width: int) -> str:
    """Ready-to-print text no wider than `width` columns, with escape codes only if `color`."""
    page = TerminalPage(color=color, width=width)
    for package in owner_status.packages:
        _package(page, package)
        page.line()
    left = owner_status.total - len(owner_status.packages)
    more = f"; the {plural(left, 'other')} with a larger --limit" if left else ""
    packages = f"{plural(owner_status.total, 'package')} of {one_line(owner_status.owner, 100)}"
    page.line((f"{packages} seen by this token{more}", "bold"))
    return page.text()


def _row(page: TerminalPage, name: str, text: str, style: str = "") -> None:
    page.prose(one_line(text, 800), first=("  ", (f"{name:{_WIDTH}}", "cyan")), style=style)


def _package(page: TerminalPage, package: PackageStatus) -> None:
    page.line((package.name, "bold"), f"  {package.visibility}")
    _row(page, "page", package.page)
    _row(page, "repository", package.repository or "linked to none: jobs need access in the package settings")
    tags = formatting.listed(package.tags, _TAGS) or ("none" if package.versions is not None else "not known")
    versions = "" if package.versions is None else f" ({plural(package.versions, 'version')})"
    _row(page, "tags", tags + versions)
    if package.digest and package.pushed:
        _row(page, "newest", f"{package.digest}, {formatting.moment(package.pushed)}")
    sizes = ", ".join(f"{formatting.size(each.size)} {each.platform}" for each in package.platforms)
    _row(page, "size", sizes or "not known")
    _row(page, "downloads", "not known: GitHub's API does not tell them; the page does")
    _row(page, "signed", _with_reason(package.signed), _STYLES[package.signed.state])
    style = "red" if package.verdict.passed is False else _STYLES[package.verdict.state]
    _row(page, "verdict", _judged(package.verdict), style)
    for run in package.runs:
        _row(page, "run", _run(run, built=package.runs_of_commit), _ENDED.get(run.conclusion, ""))
    for text in package.unknown:
        _row(page, "", f"unknown: {text}", "bold yellow")


def _with_reason(evidence: EvidenceStatus) -> str:
    return f"{evidence.state}: {evidence.why}" if evidence.why else str(evidence.state)


def _judged(evidence: EvidenceStatus) -> str:
    if evidence.passed is None:
        return _with_reason(evidence)
    when = f", {formatting.moment(evidence.at)}" if evidence.at else ""
    return f"{'PASSED' if evidence.passed else 'FAILED'}{when}, {_with_reason(evidence)}"


def _run(run: RunStatus, *, built: bool) -> str:
    state = ", ".join(part for part in (run.status, run.conclusion) if part) or "unknown state"
    which = "of its commit" if built else "the newest of the repository, which may not have built the image"
    return f"{run.workflow}: {state}, {which}; {formatting.moment(run.created)} {run.url}"
