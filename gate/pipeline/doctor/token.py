"""What kind of token the login has, what it may do, and when it ends."""

from collections.abc import Iterator
from datetime import timedelta

from gate.github.scopes import kind, prefix, token_info
from gate.model.diagnosis import CheckState, DiagnosisRow
from gate.pipeline.doctor.context import Case, row
from gate.pipeline.doctor.github import is_github

_SOON = timedelta(days=14)
_PULL = {"read:packages", "write:packages", "delete:packages"}
_NEW = (
    "make a classic one with the scope read:packages (write:packages to push): https://github.com/settings/tokens/new"
)


def kind_of_token(case: Case) -> Iterator[DiagnosisRow]:
    """Whether the login is of a kind that GitHub's registry takes."""
    if not case.credential or not is_github(case):
        return
    token = case.credential.password
    what = kind(token)
    match prefix(token):
        case "github_pat_":
            yield row(
                "token", CheckState.BROKEN, f"it is {what} (github_pat_…), and those do not work on {case.host}", _NEW
            )
        case "ghr_":
            yield row("token", CheckState.BROKEN, f"it is {what}, and opens nothing itself", _NEW)
        case "ghu_":
            yield row(
                "token", CheckState.WARNING, f"it is {what}; GitHub does not promise that it works for packages", _NEW
            )
        case "ghs_" if not case.world.in_actions:
            yield row(
                "token", CheckState.WARNING, f"it is {what}: it ends within hours", "use it in the job that it is of"
            )
        case "":
            yield row("token", CheckState.WARNING, "it is no token of GitHub; passwords of people do not work", _NEW)
        case _:
            yield row("token", CheckState.OK, f"it is {what}")


def about_token(case: Case) -> Iterator[DiagnosisRow]:
    """The scopes of the token, and when it ends."""
    if not case.credential or not is_github(case) or prefix(case.credential.password) not in {"ghp_", "gho_"}:
        return
    found = token_info(case.world, case.credential.password)
    if found.scopes is None:
        yield row("scopes", CheckState.UNKNOWN, "GitHub does not tell the scopes of this token")
    elif not _PULL & {*found.scopes}:
        has = ", ".join(found.scopes[:20]) or "none"
        yield row("scopes", CheckState.BROKEN, f"the token has none for packages; it has: {has}", _NEW)
    elif more := [one for one in found.scopes if one not in _PULL]:
        text = f"the token can do more than packages: {', '.join(more[:20])}"
        yield row("scopes", CheckState.WARNING, text, f"where it only pulls, {_NEW}")
    else:
        yield row("scopes", CheckState.OK, ", ".join(found.scopes))
    if not found.ends:
        return
    left = found.ends - case.world.now
    when = f"{found.ends:%Y-%m-%d %H:%M} UTC"
    if left <= timedelta():
        yield row("expiry", CheckState.BROKEN, f"the token has ended: {when}", _NEW)
    elif left < _SOON:
        yield row("expiry", CheckState.WARNING, f"the token ends soon: {when}", _NEW)
    else:
        yield row("expiry", CheckState.OK, f"the token ends {when}")
