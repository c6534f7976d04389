"""Names that stay: categories, rule ids and relative URIs, safe whatever the image was called."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote

from gate.findings import Subject
from gate.sarif import limits

_ODD = re.compile(r"[^A-Za-z0-9._/@:+~-]+")
_FINE_ID = re.compile(r"[A-Za-z0-9._@:+~-][A-Za-z0-9._@:+~-]{0,254}")
_FINE_PATH = re.compile(r"[A-Za-z0-9_~@+,=()-][A-Za-z0-9._~@+,=()-]*(?:/[A-Za-z0-9_~@+,=()-][A-Za-z0-9._~@+,=()-]*)*")
_LONGEST_PATH = 1_000


def mark(text: str) -> str:
    """Eight hexadecimal digits that tell a text from others."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def rule_id(*parts: str) -> str:
    """The parts joined by `-`, without odd characters, at most 255 long.

    What had to be changed is told apart by a mark made from the original, so two names never become one.
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
    """What stands for the image in paths and categories: `ghcr.io/owner/app`, never its tag or digest.

    A layout or archive goes by its last name only: where it lies on a disk says nothing of the image.
    """
    return subject.name.replace("\\", "/").rstrip("/").rpartition("/")[2] if subject.local else subject.name


def categories(subjects: Sequence[Subject], chosen: str, suffix: str) -> list[str]:
    """One category for each run, ending in `/` and distinct.

    Everything before the last `/` of `automationDetails.id` is the category. Uploads are told apart by the id with
    everything but letters and digits flattened (`upload-sarif` makes an environment variable of it), so that is what
    must differ.
    """
    taken: set[str] = set()
    found = []
    for subject in subjects:
        base = chosen.strip("/") or f"gate/{image_name(subject)}"
        own = "" if not chosen or len(subjects) == 1 else image_name(subject)
        tries = [[base, own, suffix]]
        tries.append([*tries[0], subject.tag or ""])
        tries.append([*tries[1], (subject.digest or "").removeprefix("sha256:")[:12]])
        tries.extend([*tries[2], str(number)] for number in range(2, len(subjects) + 2))
        names = ("/".join(_ODD.sub("_", part).strip("/") for part in parts if part) for parts in tries)
        name = next(name for name in names if _flat(name) not in taken)
        taken.add(_flat(name))
        found.append(f"{name}/")
    return found


def _flat(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "_", name.lower())
