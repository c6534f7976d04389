"""The table of known errors, read from `known.json`."""

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


class Trouble(BaseModel):
    """An error that people meet."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
    about: Text
    """What was being done."""
    text: Text
    """How it is met, in the words of the tool."""
    words: Annotated[tuple[Together, ...], Field(min_length=1, strict=False)]
    """A line has this error when it has all phrases of any of these, in whatever case."""
    cause: Text
    mend: Text
    vague: bool = False
    """It only says that something failed: nothing, once a cause is found."""


@cache
def known() -> tuple[Trouble, ...]:
    """All of them; of two that a line has, the first is meant."""
    data = strict_json.loads(files.read(_FILE, limit=_LARGEST, what="the table of errors"), _FILE.name)
    return tuple(TypeAdapter(list[Trouble]).validate_python(data))
