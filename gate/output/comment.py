"""The verdict as a comment on a pull request: one for each image or category, found again and written anew.

Rendering only; whoever speaks to GitHub looks for the marker among the comments that it has written itself, for
anybody may write a marker into a comment of theirs.
"""

from collections.abc import Sequence
from hashlib import sha256

from gate.model.findings import Subject
from gate.model.reported_name import repository_of
from gate.model.sign_result import SignResult
from gate.model.verdict import Failure, Verdict, in_call_order
from gate.output import markdown

LIMIT = 65_536
"""Characters that GitHub takes for a comment; it is held to as many bytes, which are never fewer."""

_ROOM = markdown.Room(LIMIT, "a comment holds 65,536 characters", 25)


def marker(verdicts: Sequence[Verdict], category: str = "", failures: Sequence[Failure] = ()) -> str:
    """The hidden line that a comment begins with: the same for the same category, or the same images of any tag."""
    key = category or "\n".join(sorted({_image(one.subject) for one in in_call_order(verdicts, failures)}))
    return f"<!-- gate:{sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:24]} -->"


def _image(subject: Subject) -> str:
    """The repository of the image; what is not known by one is told apart by `file`, which begins no repository."""
    known = repository_of(subject.reported_as) or ("" if subject.local else subject.name)
    return known or f"file {subject.name}"


def render(
    verdicts: Sequence[Verdict],
    category: str = "",
    signed: Sequence[SignResult] = (),
    failures: Sequence[Failure] = (),
) -> str:
    """The comment, at most `LIMIT` characters; the same verdicts give the same text."""
    head = marker(verdicts, category, failures) + "\n"
    room = markdown.Room(_ROOM.limit - len(head), _ROOM.words, _ROOM.rows)
    return head + markdown.render(verdicts, signed, room, failures)
