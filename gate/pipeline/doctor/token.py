"""Checks of the registry token: its kind, scopes and expiry."""

from collections.abc import Iterator
from datetime import timedelta

from gate.github.scopes import kind, prefix, token_info
from gate.model.diagnosis import DiagnosisRow
from gate.pipeline.doctor.github import is_github
from gate.pipeline.doctor.setup import Setup, broken, ok, unknown, warning

_SOON = timedelta(days=14)
_PULL = {"read:packages", "write:packages", "delete:packages"}
_NEW = (
    "make a classic one with the scope read:packages (write:packages to push): https://github.com/settings/tokens/new"
)


def kind_of_token(setup: Setup) -> Iterator[DiagnosisRow]:
    """Check that the token is of a kind that GitHub's registry accepts."""
    if not setup.credential or not is_github(setup):
        return
    token = setup.credential.password
    what = kind(token)
    match prefix(token):
        case "github_pat_":
            yield broken("token", f"it is {what} (github_pat_…), which {setup.host} does not accept", _NEW)
        case "ghr_":
            yield broken("token", f"it is {what}, which grants no access itself", _NEW)
        case "ghu_":
            yield warning("token", f"it is {what}; GitHub does not promise that it works for packages", _NEW)
        case "ghs_" if not setup.context.in_actions:
            yield warning("token", f"it is {what}: it expires within hours", "use it only inside its job")
        case "":
            yield warning("token", "it is not a GitHub token; account passwords do not work", _NEW)
        case _:
            yield ok("token", f"it is {what}")


def about_token(setup: Setup) -> Iterator[DiagnosisRow]:
    """Check the scopes and the expiry of a classic or OAuth token."""
    if not setup.credential or not is_github(setup) or prefix(setup.credential.password) not in {"ghp_", "gho_"}:
        return
    found = token_info(setup.context, setup.credential.password)
    if found.scopes is None:
        yield unknown("scopes", "GitHub does not report the scopes of this token")
    elif not _PULL & {*found.scopes}:
        has = ", ".join(found.scopes[:20]) or "none"
        yield broken("scopes", f"the token has no scope for packages; its scopes: {has}", _NEW)
    elif more := [scope for scope in found.scopes if scope not in _PULL]:
        text = f"the token can do more than packages: {', '.join(more[:20])}"
        yield warning("scopes", text, f"if it is only used to pull, {_NEW}")
    else:
        yield ok("scopes", ", ".join(found.scopes))
    if not found.ends:
        return
    left = found.ends - setup.context.now
    when = f"{found.ends:%Y-%m-%d %H:%M} UTC"
    if left <= timedelta():
        yield broken("expiry", f"the token expired on {when}", _NEW)
    elif left < _SOON:
        yield warning("expiry", f"the token expires soon, on {when}", _NEW)
    else:
        yield ok("expiry", f"the token expires on {when}")
