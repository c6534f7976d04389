"""Keeping a document within what GitHub takes packed: shorter words first, then fewer results, the worst kept."""

import zlib
from collections.abc import Iterable, Iterator, Sequence

from gate.sarif import limits
from gate.sarif.places import Places
from gate.sarif.runs import Budget, Ready, Run, Source, run
from gate.strictjson import Piece, pieces
from gate.verdict import Verdict

_SHORT = 300
_SURE = 8 * limits.PACKED // 10
_BLOCK = 1 << 16
_EVERY = 1 << 20


def fitted(
    verdicts: Sequence[tuple[Verdict, str]], places: Places | None, source: Source, ready: Ready | None = None
) -> list[Run]:
    """The runs, small enough together. Each verdict comes with its category.

    `ready` has the first rules of the first verdict.
    """
    budgets = [Budget()] * len(verdicts)
    while True:
        runs = [
            run(verdict, category, budget, places, source, None if place else ready)
            for place, ((verdict, category), budget) in enumerate(zip(verdicts, budgets, strict=True))
        ]
        ready = None  # what is made anew is shorter
        size = _packed(runs)
        if size <= limits.PACKED:
            return runs
        if budgets[0].words > _SHORT:
            budgets = [Budget(budget.results, _SHORT) for budget in budgets]
        else:
            share = 0.95 * limits.PACKED / size
            budgets = [Budget(int(one.results * share), _SHORT) for one in runs]


def _packed(runs: Sequence[Run]) -> int:
    """Bytes after gzip, or before where they are few.

    Packing everything is slow, so a part of it is packed, and all only when that comes near the limit. zlib's level 1
    is quick and packs worse than the level 6 of upload-sarif: what fits here fits there.
    """
    whole = [piece for one in runs for piece in one.pieces]
    size = sum(map(len, whole))
    if size <= _SURE:
        return size
    some = b"".join(_sample(whole))
    guess = len(zlib.compress(some, 1)) * size // len(some)
    if guess <= _SURE:
        return guess
    packing = zlib.compressobj(1)
    return sum(len(packing.compress(piece)) for one in runs for piece in pieces(one.document)) + len(packing.flush())


def _sample(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """The first bytes of every megabyte, wherever the pieces begin and end: the same document is cut alike."""
    place = 0
    for piece in pieces:
        for start in range(place - place % _EVERY, place + len(piece), _EVERY):
            yield piece[max(start - place, 0) : max(start - place + _BLOCK, 0)]
        place += len(piece)
