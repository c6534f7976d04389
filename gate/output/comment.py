"""Render verdicts as a pull request comment: one for each image or category, updated in place.

Rendering only. `gate.github.comments` looks for the marker only among its own comments, since anybody can write a
marker into theirs.
"""

from collections.abc import Sequence
from hashlib import sha256

from gate.model.findings import Subject
from gate.model.reported_name import repository_of
from gate.model.sign_result import SignResult
from gate.model.verdict import Failure, Verdict, in_call_order
from gate.output import markdown

LIMIT = 65_536
"""Maximum length of a comment in characters, applied to its bytes."""


def marker(verdicts: Sequence[Verdict], category: str = "", failures: Sequence[Failure] = ()) -> str:
    """Return the hidden first line of a comment: the same for the same category, or the same images of any tag."""
    key = category or "\n".join(sorted({_image(image.subject) for image in in_call_order(verdicts, failures)}))
    return f"<!-- gate:{sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:24]} -->"


def _image(subject: Subject) -> str:
    """Return the repository, or `file NAME` for an image without one: no repository begins with `file `."""
    known = repository_of(subject.reported_as) or ("" if subject.local else subject.name)
    return known or f"file {subject.name}"


def render(
    verdicts: Sequence[Verdict],
    category: str = "",
    signed: Sequence[SignResult] = (),
    failures: Sequence[Failure] = (),
    problem: str = "",
) -> str:
    """Return the comment, at most `LIMIT` characters; the same verdicts give the same text."""
    head = marker(verdicts, category, failures) + "\n"
    limits = markdown.SizeLimits(LIMIT - len(head), "a comment holds 65,536 characters", 25)
    return head + markdown.render(verdicts, signed, limits, failures, problem)
