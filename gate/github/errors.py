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
# The first whose text is in GitHub's message counts.
_SAID = (
    (
        r"resource not accessible by integration",
        (
            "the job needs `permissions: security-events: write`; a pull request of a fork or of Dependabot gets "
            "a token that may only read"
        ),
    ),
    (
        r"resource not accessible by personal access token",
        "the token needs the permission `Code scanning alerts: write` for this repository",
    ),
    (r"(?:advanced|code) security must be enabled|advanced security is not enabled", _LICENCE),
    (r"code scanning is not enabled", f"switch it on under Settings, Advanced Security; {_LICENCE}"),
    (r"\barchived\b", "an archived repository takes nothing: unarchive it, or leave the upload out"),
    (r"\bsaml\b", "allow the token for the organization: Settings, Developer settings, Configure SSO"),
    (
        r"default setup is enabled",
        (
            "the repository's default setup of CodeQL takes no CodeQL results from elsewhere: upload other tools' "
            "alone, or switch it to the advanced setup under Settings, Advanced Security"
        ),
    ),
    (
        r"too many logical alerts|alert limit",
        (
            "the repository has more alerts than GitHub keeps, mostly because rules or paths changed with each run: "
            "delete old analyses, or ask GitHub's support; `gate sarif diff OLD NEW` tells which alerts a file opens"
        ),
    ),
    (
        r"multiple runs with the same category",
        "give each run an `automationDetails.id` of its own, ending in `/`; `gate sarif check` finds them",
    ),
    (
        r"\b(?:ref|commit|sha)\b.{0,300}\bnot (?:be )?found|no commit found",
        "the ref and the commit have to be in the repository already: push first, and see --ref and --commit",
    ),
    (r"uri scheme|invalid uri|artifact location|rejecting sarif|could not convert", "see what `gate sarif check` says"),
)
_STATUS: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "the token is wrong, has ended, or is of another GitHub than GITHUB_API_URL names",
    HTTPStatus.FORBIDDEN: "the token may not do this: a job needs `permissions: security-events: write`",
    HTTPStatus.NOT_FOUND: "check the name of the repository, and that the token may see it: what it may not see is "
    "not there for it",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "the file is too large: write fewer images, or fewer results, to a file",
    HTTPStatus.UNPROCESSABLE_ENTITY: "check --repository, --ref and --commit, and what `gate sarif check` says",
    HTTPStatus.BAD_REQUEST: "see what `gate sarif check` says of the file",
}


def hint(said: str) -> str:
    """Return the hint for an error message of GitHub; empty for an unknown one."""
    return next((do for words, do in _SAID if re.search(words, said, re.IGNORECASE)), "")


def refused(answer: Answer, host: str, what: str) -> RegistryError:
    """Return the error for an unsuccessful response; `what` names the request, like `the upload`."""
    if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
        return RegistryError(
            f"{host} sends {what} elsewhere ({answer.status})",
            hint="the repository was renamed or moved: name it as it is called now",
        )
    said = "; ".join(part for part in (answer.message, *_errors(answer)) if part)
    words = f"{host} refused {what} ({answer.status})" + (f": {said}" if said else "")
    return RegistryError(words, hint=hint(said) or _STATUS.get(answer.status, ""))


def _errors(answer: Answer) -> list[str]:
    """The details that come with some refusals: a list of words, or of objects with words in them."""
    found = answer.value.get("errors") if isinstance(answer.value, dict) else None
    if not isinstance(found, list):
        return []
    words = [one.get("message") if isinstance(one, dict) else one for one in found[:5]]
    return [one_line(one, 300) for one in words if isinstance(one, str)]
