"""Large text files in the layers of an image.

Trivy looks for secrets in many files at a time, but in each of them on one core; a list of packages of 50 MB keeps
a scan waiting for seconds while the other cores idle. Here is found which files are worth to be cut. Whoever cuts a
file takes its path out of the ordinary search, in all layers; so for each path everything is told that it holds.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gate.tarwalk import Entry, TarError, entries, may_hold

LARGE = 8 << 20
"""Bytes of text whose search takes some four tenths of a second: what cutting has to save, or it costs more."""
_MOST = 1 << 30
"""Bytes that are cut in one image: the pieces are copies on disk."""
_ENTRIES = 200_000
"""Of one layer: their names are held in memory."""
_OFTEN = 4
"""How many times a path may be there: each one more is a run more."""
_LONGEST = 4096  # characters of a path: no system has longer ones
_HEAD = 300
_BINARY = bytes({*range(7), 11, *range(14, 27), *range(28, 32), 127})
# Most of what the scanner does not search (its default skip patterns and allow rules): cutting it would be in vain.
_SKIPPED = re.compile(
    r"(^|/)(\.git|node_modules|vendor|locales?|[^/]*\.dist-info)/|^usr/(share|include|lib|local/(go|lib/python[0-9.]+))/"
    r"|[/._-]test|^test|example|\.(md|jpg|png|gif|doc|pdf|bin|svg|socket|deb|rpm|zip|gz|gzip|tar)$"
    r"|(^|/)(go\.(mod|sum)|package-lock\.json|yarn\.lock|pnpm-lock\.yaml|Pipfile\.lock|Gemfile\.lock)$"
)


@dataclass(frozen=True)
class Content:
    """What a path holds in one layer: `size` bytes, `place` bytes into the layer's tar."""

    path: str
    """Relative to the root of the image."""
    layer: int
    tar: Path
    place: int
    size: int

    def is_text(self) -> bool:
        """Whether the scanner takes it for text (its `IsBinary`, which looks at the first bytes alone)."""
        with self.tar.open("rb") as file:
            file.seek(self.place)
            head = file.read(min(_HEAD, self.size))
        return len(head.translate(None, _BINARY)) == len(head)


@dataclass(frozen=True)
class Large:
    """What to cut, and into how many pieces: by path, all that it holds in any layer, the lowest first."""

    held: Mapping[str, Sequence[Content]] = field(default_factory=dict)
    pieces: int = 1


def large(tars: Sequence[Path], cores: int) -> Large:
    """Look into the unpacked layers `tars`, the lowest first.

    Nothing is found when cutting would save no time on so many cores, or when not all can be known of the layers.
    """
    try:
        read = {tar: _files(tar) for tar in set(tars) if may_hold(tar, LARGE)}
        texts = {one.path: one.size for one in _contents(tars, read) if one.size >= LARGE and _suits(one)}
        total = sum(texts.values())
        pieces = min(cores, total // LARGE)
        if pieces < 2 or max(texts.values()) - total // pieces < LARGE:  # noqa: PLR2004 one piece is the file
            return Large()
        read |= {tar: _files(tar) for tar in set(tars) - read.keys()}
        found = defaultdict(list)
        for one in _contents(tars, read, texts):
            found[one.path].append(one)
    except (OSError, TarError):
        return Large()
    held = {path: some for path, some in found.items() if len(some) <= _OFTEN}
    size = sum(one.size for some in held.values() for one in some)
    return Large(held, pieces) if size <= _MOST else Large()


def _files(tar: Path) -> list[Entry]:
    """Its files. Raises `TarError` where it may be read in two ways."""
    files = [entry for entry in entries(tar, _ENTRIES) if entry.is_file]
    if any(".." in entry.name.split("/") for entry in files if ".." in entry.name):
        raise TarError("a name in it climbs")
    return files


def _contents(
    tars: Sequence[Path], read: dict[Path, list[Entry]], paths: Collection[str] | None = None
) -> Iterable[Content]:
    for layer, tar in enumerate(tars):
        for entry in read.get(tar, ()):
            if paths is None or entry.name in paths:
                yield Content(entry.name, layer, tar, entry.place, entry.size)


def _suits(one: Content) -> bool:
    """Whether the scanner searches it, and its path can be told exactly in a pattern of the scanner's."""
    path = one.path
    plain = (
        len(path) < _LONGEST
        and path.isprintable()
        and "\N{REPLACEMENT CHARACTER}" not in path
        and "/.wh." not in f"/{path}"
    )
    return plain and not _SKIPPED.search(path) and one.is_text()
