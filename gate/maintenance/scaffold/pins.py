"""The actions that generated workflows use, pinned to commits in `actions.json` with their sources."""

import re
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from gate.errors import UsageError
from gate.io import files, strict_json
from gate.model.image import Frozen
from gate.text import one_line

_FILE = Path(__file__).parent / "actions.json"
_ACTION = re.compile(
    r"[A-Za-z0-9-]{1,100}/[A-Za-z0-9._-]{1,100}(?:/[A-Za-z0-9._/-]{1,100})?@[0-9a-f]{40}(?: # [A-Za-z0-9._-]{1,60})?"
)


class Pin(Frozen):
    """Version and commit of an action."""

    version: str
    commit: str
    source: str


@cache
def pins() -> dict[str, Pin]:
    """All pinned actions by name."""
    return TypeAdapter(dict[str, Pin]).validate_python(
        strict_json.loads(files.read(_FILE, limit=1 << 20, what="the list of actions"), _FILE.name)
    )


def uses(name: str) -> str:
    """The value of `uses:` for an action: pinned to its commit, with the version in a comment."""
    pin = pins()[name]
    return f"{name}@{pin.commit} # {pin.version}"


def check_pinned(text: str) -> str:
    """Return the action that runs `gate`. Raises `UsageError` when it is not pinned to a commit, or not named."""
    if not text:
        raise UsageError(
            "this gate does not know the commit of its own release, so it cannot pin its action",
            hint="name it: --action OWNER/gate@SHA, of a checkout with "
            '--action "OWNER/gate@$(git -C CHECKOUT rev-parse HEAD)"',
        )
    if not _ACTION.fullmatch(text):
        raise UsageError(
            f"not an action pinned to a commit: {one_line(text, 120)!r}",
            hint="write OWNER/gate@SHA with all 40 digits; the version may follow as ' # v1.2.3'",
        )
    return text
