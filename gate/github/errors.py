"""Translate GitHub's error responses into errors with hints."""

import re
from http import HTTPStatus

from gate.errors import RegistryError
from gate.github.api import Answer
from gate.text import one_line

_LICENCE = (
    "code scanning is free for public repositories; a private or internal one needs GitHub Code Security (formerly "
    "Advanced Security), switched on under Settings, Advanced Security. Without it, leave the upload out"
)
_HINTS = {
    r"resource not accessible by integration": "the job needs `permissions: security-events: write`; a pull request of "
    "a fork or of Dependabot gets a token that may only read",
    r"resource not accessible by personal access token": "the token needs the permission `Code scanning alerts: write` "
    "for this repository",
    r"(?:advanced|code) security must be enabled|advanced security is not enabled": _LICENCE,
    r"code scanning is not enabled": f"switch it on under Settings, Advanced Security; {_LICENCE}",
    r"\barchived\b": "an archived repository accepts nothing: unarchive it, or leave the upload out",
    r"\bsaml\b": "allow the token for the organization: Settings, Developer settings, Configure SSO",
    r"default setup is enabled": "with CodeQL's default setup the repository accepts no other CodeQL results: upload "
    "only other tools' results, or switch to the advanced setup under Settings, Advanced Security",
    r"too many logical alerts|alert limit": "the repository has more alerts than GitHub keeps, mostly because rules or "
    "paths changed with each run: delete old analyses, or ask GitHub's support; `gate sarif diff OLD NEW` shows which "
    "alerts a file opens",
    r"multiple runs with the same category": "give each run its own `automationDetails.id`, ending in `/`; "
    "`gate sarif check` finds them",
    r"\b(?:ref|commit|sha)\b.{0,300}\bnot (?:be )?found|no commit found": "the ref and the commit have to be in the "
    "repository already: push first; `gate upload --ref REF --commit SHA` names others",
    r"uri scheme|invalid uri|artifact location|rejecting sarif|could not convert": "see what `gate sarif check` says",
}
"""Hints by a pattern of GitHub's message; the first match counts."""
_STATUS: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "the token is wrong or expired, or is for another GitHub than GITHUB_API_URL",
    HTTPStatus.FORBIDDEN: "the token may not do this: a job needs `permissions: security-events: write`",
    HTTPStatus.NOT_FOUND: "check the name of the repository, and that the token may see it: GitHub hides what a token "
    "may not see",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "the file is too large: write fewer images, or fewer results, to a file",
    HTTPStatus.UNPROCESSABLE_ENTITY: "check repository, ref and commit, and what `gate sarif check` says",
    HTTPStatus.BAD_REQUEST: "see what `gate sarif check` says of the file",
}


def hint(message: str) -> str:
    """Return the hint for an error message of GitHub; empty for an unknown one."""
    return next((text for pattern, text in _HINTS.items() if re.search(pattern, message, re.IGNORECASE)), "")


def refused(answer: Answer, host: str, what: str) -> RegistryError:
    """Return the error for an unsuccessful response; `what` names the request, like `the upload`."""
    if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
        return RegistryError(
            f"{host} sends {what} elsewhere ({answer.status})",
            hint="the repository was renamed or moved: name it as it is called now",
        )
    message = "; ".join(part for part in (answer.message, *_errors(answer)) if part)
    problem = f"{host} refused {what} ({answer.status})" + (f": {message}" if message else "")
    return RegistryError(problem, hint=hint(message) or _STATUS.get(answer.status, ""))


def _errors(answer: Answer) -> list[str]:
    """Return the details in some error responses: a list of texts, or of objects with a message."""
    errors = answer.fields.get("errors")
    if not isinstance(errors, list):
        return []
    messages = [error.get("message") if isinstance(error, dict) else error for error in errors[:5]]
    return [one_line(message, 300) for message in messages if isinstance(message, str)]
