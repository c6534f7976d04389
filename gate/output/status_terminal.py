"""What `gate status` found, as a person sees it in a terminal."""

from gate.model.package_status import EvidenceState, EvidenceStatus, OwnerStatus, PackageStatus, RunStatus
from gate.output import formatting
from gate.output.terminal_page import Sheet
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
    sheet = Sheet(color=color, width=width)
    for package in one.packages:
        _package(sheet, package)
        sheet.line()
    left = one.total - len(one.packages)
    more = f"; the {plural(left, 'other')} with a larger --limit" if left else ""
    sheet.line((f"{plural(one.total, 'package')} of {one_line(one.owner, 100)} seen by this token{more}", "bold"))
    return sheet.text()


def _row(sheet: Sheet, name: str, text: str, style: str = "") -> None:
    sheet.prose(one_line(text, 800), first=("  ", (f"{name:{_WIDTH}}", "cyan")), style=style)


def _package(sheet: Sheet, one: PackageStatus) -> None:
    sheet.line((one.name, "bold"), f"  {one.visibility}")
    _row(sheet, "page", one.page)
    linked = (
        one.repository or "linked to none; a job gets in only where the settings of the package name its repository"
    )
    _row(sheet, "repository", linked)
    tags = formatting.listed(one.tags, _TAGS) or ("none" if one.versions is not None else "not known")
    versions = "" if one.versions is None else f" ({plural(one.versions, 'version')})"
    _row(sheet, "tags", tags + versions)
    if one.digest and one.pushed:
        _row(sheet, "newest", f"{one.digest}, {formatting.moment(one.pushed)}")
    sizes = ", ".join(f"{formatting.size(each.size)} {each.platform}" for each in one.platforms)
    _row(sheet, "size", sizes or "not known")
    _row(sheet, "downloads", "not known: GitHub's API does not tell them; the page does")
    _row(sheet, "signed", _said(one.signed), _STYLES[one.signed.state])
    _row(sheet, "verdict", _judged(one.verdict), "red" if one.verdict.passed is False else _STYLES[one.verdict.state])
    for run in one.runs:
        _row(sheet, "run", _run(run, built=one.runs_of_commit), _ENDED.get(run.conclusion, ""))
    for text in one.unknown:
        _row(sheet, "", f"could not tell {text}", "bold yellow")


def _said(one: EvidenceStatus) -> str:
    return f"{one.state}: {one.why}" if one.why else str(one.state)


def _judged(one: EvidenceStatus) -> str:
    if one.passed is None:
        return _said(one)
    when = f", {formatting.moment(one.at)}" if one.at else ""
    return f"{'PASSED' if one.passed else 'FAILED'}{when}, {_said(one)}"


def _run(one: RunStatus, *, built: bool) -> str:
    state = ", ".join(part for part in (one.status, one.conclusion) if part) or "state not known"
    which = "of its commit" if built else "the newest of the repository, which may not have built it"
    return f"{one.workflow}: {state}, {which}; {formatting.moment(one.created)} {one.url}"
