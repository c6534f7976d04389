"""Keep a document within GitHub's limit of packed bytes: shorten descriptions, then leave out the mildest results."""

import zlib
from collections.abc import Sequence

from gate.io.strict_json import dumps
from gate.model.location import SourceLocator
from gate.model.verdict import Verdict
from gate.output.sarif import limits
from gate.output.sarif.runs import Budget, Run, Source, run

_SHORT = 300


def fitted(verdicts: Sequence[tuple[Verdict, str]], places: SourceLocator | None, source: Source) -> list[Run]:
    """Render the runs, small enough together. Each verdict comes with its category."""
    budgets = [Budget()] * len(verdicts)
    while True:
        runs = [
            run(verdict, category, budget, places, source)
            for (verdict, category), budget in zip(verdicts, budgets, strict=True)
        ]
        size = _packed(runs)
        if size <= limits.PACKED:
            return runs
        if budgets[0].description > _SHORT:
            budgets = [Budget(budget.results, _SHORT) for budget in budgets]
        else:
            share = 0.95 * limits.PACKED / size
            budgets = [Budget(int(rendered.results * share), _SHORT) for rendered in runs]


def _packed(runs: Sequence[Run]) -> int:
    """Bytes after compression, or before it where they are few already.

    zlib's level 1 is quick and packs worse than the level 6 of upload-sarif: what fits here fits there.
    """
    documents = [dumps(rendered.document) for rendered in runs]
    size = sum(map(len, documents))
    if size <= limits.PACKED:
        return size
    packing = zlib.compressobj(1)
    return sum(len(packing.compress(data)) for data in documents) + len(packing.flush())
