"""Names that stay: categories, rule ids and relative URIs, safe whatever the image was called."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote

from gate.model import reported_name
from gate.model.findings import Subject
from gate.model.reported_name import tag_of
from gate.output.sarif import limits

_ODD = re.compile(r"[^A-Za-z0-9._/@:+~-]+")
_FINE_ID = re.compile(r"[A-Za-z0-9._@:+~-][A-Za-z0-9._@:+~-]{0,254}")
_FINE_PATH = re.compile(r"[A-Za-z0-9_~@+,=()-][A-Za-z0-9._~@+,=()-]*(?:/[A-Za-z0-9_~@+,=()-][A-Za-z0-9._~@+,=()-]*)*")
_LONGEST_PATH = 1_000


def mark(text: str) -> str:
    """Eight hexadecimal digits that tell a text from others."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def rule_id(*parts: str) -> str:
    """The parts joined by `-`, without odd characters, at most 255 long.

    A name that had to be changed gets a hash of the original, so that two names never become one.
    """
    whole = "-".join(filter(None, parts))
    if _FINE_ID.fullmatch(whole):  # nearly all are
        return whole
    safe = _ODD.sub("_", whole).strip("/")
    if safe and safe == whole and len(safe) <= limits.NAME:
        return safe
    return f"{safe[: limits.NAME - 9] or 'finding'}-{mark(whole)}"


def relative(*parts: str) -> str:
    """A path below the root of the repository: no scheme, no leading `/`, no `..`, percent-encoded, never empty."""
    path = "/".join(encoded for part in parts if (encoded := _encoded(part)))
    if len(path) <= _LONGEST_PATH:
        return path or "image"
    cut = re.sub(r"%[0-9A-F]?$", "", path[: _LONGEST_PATH - 9])  # no half of an escape
    return f"{cut}-{mark(path)}"


def within(folder: str) -> Callable[[str], str]:
    """What makes of a path what `relative` makes of `folder` and it; quick for nearly all."""
    start = f"{encoded}/" if (encoded := _encoded(folder)) else ""

    def path(inside: str) -> str:
        if _FINE_PATH.fullmatch(inside) and len(start) + len(inside) <= _LONGEST_PATH:
            return start + inside
        return relative(folder, inside)

    return path


@lru_cache(maxsize=1024)  # one Dockerfile brings thousands
def _encoded(part: str) -> str:
    segments = (segment for segment in part.replace("\\", "/").split("/") if segment not in {"", "."})
    return "/".join(quote(_without_dots(segment), safe="~@+,=()", errors="surrogatepass") for segment in segments)


def _without_dots(segment: str) -> str:
    return segment.replace(".", "_") if not segment.strip(".") else segment


def image_name(subject: Subject) -> str:
    """What stands for the image in paths and categories."""
    return reported_name.image_name(subject.name, subject.reported_as, local=subject.local)


def categories(subjects: Sequence[Subject], chosen: str, suffix: str) -> list[str]:
    """One category for each subject, ending in `/` and distinct; their order has no influence.

    Everything before the last `/` of `automationDetails.id` is the category. GitHub distinguishes uploads by the id
    with everything but letters and digits flattened (`upload-sarif` makes an environment variable of it), so that is
    what must differ. Where several images would share a category, each of them gets a part more, until they differ.
    """
    copies = Counter[str]()
    extras = []
    for subject in subjects:
        whole = f"{subject!r}"
        extras.append(_extras(subject, whole, copies[whole]))
        copies[whole] += 1
    start = chosen.strip("/") or "gate"
    named = not chosen.strip("/") or len(subjects) > 1
    bases = [[start, image_name(subject) if named else "", suffix] for subject in subjects]
    used = [0] * len(subjects)
    while True:
        names = [_joined([*base, own[at]]) for base, own, at in zip(bases, extras, used, strict=True)]
        count = Counter(map(_flat, names))
        clashing = [
            place for place, name in enumerate(names) if count[_flat(name)] > 1 and used[place] < len(extras[place]) - 1
        ]
        if not clashing:
            return [f"{name}/" for name in names]
        for place in clashing:
            used[place] += 1


def _extras(subject: Subject, whole: str, copy: int) -> tuple[str, ...]:
    """What may be added to the category of an image, the most lasting first: nothing, its name, tag, digest, all.

    The second, third … copy of one image begins at the end, so that the first keeps the category.
    """
    everything = sha256(f"{whole}\0{copy}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
    if copy:
        return (everything,)
    tag = tag_of(subject.reported_as) or subject.tag or ""
    digest = (subject.digest or "").removeprefix("sha256:")[:12]
    return ("", mark(image_name(subject)), tag, _joined([tag, digest]), everything)


def _joined(parts: Sequence[str]) -> str:
    return "/".join(_ODD.sub("_", part).strip("/") for part in parts if part.strip("/"))


def _flat(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "_", name.lower())
