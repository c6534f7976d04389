"""The table of known errors, from `known.json`."""

from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

from gate.io import files, strict_json

_FILE = Path(__file__).parent / "known.json"
_LARGEST = 1 << 20
Text = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
Phrase = Annotated[str, StringConstraints(min_length=2, max_length=100, to_lower=True)]
Together = Annotated[tuple[Phrase, ...], Field(min_length=1, strict=False)]


class KnownError(BaseModel):
    """A known error message, with its cause and remedy."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
    about: Text
    """The task that fails, a heading of `docs/troubleshooting.md`."""
    text: Text
    """An example of the message, as the tool prints it."""
    words: Annotated[tuple[Together, ...], Field(min_length=1, strict=False)]
    """A line matches when it contains all phrases of one of these, in upper or lower case."""
    cause: Text
    remedy: Text
    vague: bool = False
    """It only says that something failed: not shown when the log has an error with a cause."""


@cache
def known() -> tuple[KnownError, ...]:
    """The whole table; if a line matches several errors, the first one counts."""
    data = strict_json.loads(files.read(_FILE, limit=_LARGEST, what="the table of errors"), _FILE.name)
    return tuple(TypeAdapter(list[KnownError]).validate_python(data))
