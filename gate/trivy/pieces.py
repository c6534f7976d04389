"""Large text files cut into pieces, each in a private image of its own, so that every core looks for secrets.

The scanner goes through a file in windows that overlap, and judges each by itself. A piece begins where a window of
the whole file begins and reaches over the first window of the next piece; so in either just those windows are seen
that are seen in the whole file, and a finding belongs to the piece in which all windows are whole that can show it.

The images have as many layers as the original. What a path holds in another layer is in another image, for one layer's
findings drop another's.
"""

import hashlib
import re
import shutil
import tarfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO

from gate import files, strictjson
from gate.errors import GateError
from gate.image import PlatformImage
from gate.ocilayout import LAYER, bare_config, blob, digest_of, seal
from gate.trivy.large import LARGE, Content, Large, large

WINDOW, OVERLAP = 64 << 10, 4 << 10
"""The scanner's `DefaultBufferSize` and `DefaultOverlap`, since its release 0.66."""
STEP = WINDOW - OVERLAP
FILLER = b" " * (STEP - 1) + b"\n"
"""Stands before all pieces but a file's first: whatever they begin with, the scanner takes them for text."""
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Span:
    """Where a piece starts and ends in its file; what is found from `first` on and before `last` is its own. Bytes."""

    start: int
    end: int
    first: int
    last: int


@dataclass(frozen=True)
class Piece:
    """A part of a file, and how many lines end before it."""

    content: Content
    span: Span
    lines: int

    @property
    def filler(self) -> bytes:
        """What stands before it."""
        return FILLER if self.span.start else b""


@dataclass(frozen=True)
class Part:
    """A private image of pieces, by path, and a folder to work in."""

    image: PlatformImage
    layout: Path
    room: Path
    pieces: Mapping[str, Piece]


@dataclass(frozen=True)
class Cut:
    """The images of pieces of one platform's image, and the settings that keep the whole files from being searched."""

    parts: tuple[Part, ...] = ()
    settings: Path | None = None


def cut(image: PlatformImage, layout: Path, room: Path, cores: int) -> Cut:
    """Cut what is worth it in the image that `layout` holds unpacked; nothing, when that cannot be."""
    found = large([blob(layout, layer.diff_id) for layer in image.layers], cores) if cores > 1 else Large()
    if not found.held:
        return Cut()
    images: defaultdict[tuple[int, int], list[Piece]] = defaultdict(list)
    try:
        for some in found.held.values():
            for place, content in enumerate(some):
                for column, piece in enumerate(_pieces(content, found.pieces)):
                    images[place, column].append(piece)
        parts = [_part(image, room / f"pieces-{place}-{column}", pieces) for (place, column), pieces in images.items()]
        # No file in the image has that name, for the name is made of them all: the scanner skips a file of that name.
        settings = room / f"{image.config_digest.removeprefix('sha256:')}.json"
        files.write(settings, strictjson.dumps({"allow-rules": [_allowed(path) for path in found.held]}))
    except (OSError, GateError):  # no room on the disk
        for left in room.glob("pieces-*"):
            shutil.rmtree(left, ignore_errors=True)
        return Cut()
    return Cut(tuple(parts), settings)


def spans(size: int, count: int, step: int = STEP, overlap: int = OVERLAP) -> list[Span]:
    """Cut `size` bytes into `count` pieces, or fewer when there are not as many windows."""
    windows = max(-(-size // step), 1)
    starts = sorted({windows * place // count * step for place in range(count)})
    last = Span(starts[-1], size, starts[-1] + overlap, size)
    found = [
        Span(start, min(after + step + overlap, size), start + overlap, after + overlap)
        for start, after in pairwise(starts)
    ]
    return [Span(0, one.end, 0, one.last) if one.start == 0 else one for one in (*found, last)]


def _pieces(content: Content, count: int) -> list[Piece]:
    """A file that was not worth it by itself is one piece: it is here because its path is."""
    count = count if content.size >= LARGE and content.is_text() else 1
    found, lines, at = [], 0, 0
    with content.tar.open("rb") as tar:
        for span in spans(content.size, count):
            lines += sum(block.count(b"\n") for block in _read(tar, content.place + at, content.place + span.start))
            found.append(Piece(content, span, lines))
            at = span.start
    return found


def _part(image: PlatformImage, folder: Path, pieces: Sequence[Piece]) -> Part:
    layout = folder / "layout"
    (layout / "blobs" / "sha256").mkdir(parents=True)
    layers = [
        _layer(layout, [one for one in pieces if one.content.layer == place]) for place in range(len(image.layers))
    ]
    raw = bare_config(image.platform, (str(one["digest"]) for one in layers))
    made = PlatformImage(
        platform=image.platform, digest=seal(layout, raw, layers), config_digest=digest_of(raw), size=len(raw)
    )
    return Part(made, layout, folder, {one.content.path: one for one in pieces})


def _layer(layout: Path, pieces: Sequence[Piece]) -> dict[str, object]:
    """A layer with these pieces, each as the whole file's path; gives its descriptor."""
    digest, size, new = hashlib.sha256(), 0, layout / "new"
    with new.open("wb") as out:
        for data in _tar(pieces):
            digest.update(data)
            size += out.write(data)
    named = f"sha256:{digest.hexdigest()}"
    new.replace(blob(layout, named))
    return {"mediaType": LAYER, "digest": named, "size": size}


def _tar(pieces: Iterable[Piece]) -> Iterable[bytes]:
    for piece in pieces:
        content, span = piece.content, piece.span
        header = tarfile.TarInfo(content.path)
        header.size = len(piece.filler) + span.end - span.start
        yield header.tobuf(tarfile.PAX_FORMAT) + piece.filler
        with content.tar.open("rb") as tar:
            yield from _read(tar, content.place + span.start, content.place + span.end)
        yield bytes(-header.size % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _read(file: IO[bytes], start: int, end: int) -> Iterable[bytes]:
    file.seek(start)
    while start < end and (block := file.read(min(_BLOCK, end - start))):
        yield block
        start += len(block)


def _allowed(path: str) -> dict[str, str]:
    """A rule that nothing in the file of that path is a secret; images' paths come with and without a `/` before."""
    quoted = re.sub(r"[\\.+*?()|\[\]{}^$]", r"\\\g<0>", path)
    return {"id": path, "description": "searched in pieces", "path": f"^/?{quoted}$"}
