"""Find out which admission engines can read the evidence of an image.

The facts are in `engine_support.json`, each with its source. To correct one, change its row; the first row that
applies counts.
"""

from collections.abc import Collection
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from gate.io import files, strict_json
from gate.model.evidence import Format
from gate.model.image import Frozen
from gate.model.verification import Cluster

_FILE = Path(__file__).with_suffix(".json")
_LARGEST = 1 << 20


class Fact(Frozen):
    """Whether an engine accepts evidence in one format."""

    engine: str
    format: Format
    keyless: bool | None
    """Signed with a certificate (True) or a key (False); None: both."""
    fallback_tag: bool | None
    """Listed under the tag `sha256-<hex>` (True) or by the referrers API (False); None: both."""
    reads: bool | None
    """None: no source says it."""
    since: str
    """The first version that reads it; empty when there is none or it is not documented."""
    why: str
    source: str


@cache
def facts() -> tuple[Fact, ...]:
    """The whole table."""
    data = strict_json.loads(files.read(_FILE, limit=_LARGEST, what="the table of engines"), _FILE.name)
    return tuple(TypeAdapter(list[Fact]).validate_python(data))


def engine_support(formats: Collection[Format], *, fallback_tag: bool, keyless: bool) -> tuple[Cluster, ...]:
    """For each engine whether it can read evidence in these formats; with several formats one that it reads is enough.

    `fallback_tag`: the registry has no referrers API, so bundles are listed under the tag `sha256-<hex>` (ghcr.io).
    `keyless`: signed with certificates, not with a key.
    """
    return tuple(
        _support(engine, formats, fallback_tag=fallback_tag, keyless=keyless)
        for engine in dict.fromkeys(fact.engine for fact in facts())
    )


def _support(engine: str, formats: Collection[Format], *, fallback_tag: bool, keyless: bool) -> Cluster:
    if not formats:
        return Cluster(engine=engine, reads=False, why="there is no evidence to read")
    applying: dict[Format, Fact] = {}
    for fact in facts():
        if (
            fact.engine == engine
            and fact.format in formats
            and fact.keyless in {None, keyless}
            and fact.fallback_tag in {None, fallback_tag}
        ):
            applying.setdefault(fact.format, fact)
    if not applying:
        return Cluster(engine=engine, reads=None, why="no source says whether it reads this")
    best = min(applying.values(), key=lambda fact: (True, None, False).index(fact.reads))
    return Cluster(engine=engine, reads=best.reads, since=best.since, why=best.why, source=best.source)
