"""Which engines will find the evidence that lies on a registry, and why not."""

from collections.abc import Collection
from dataclasses import dataclass

from gate.deploy.admission.reading import ENGINES, FACTS, Fact
from gate.model.evidence import Format


@dataclass(frozen=True, slots=True)
class Reader:
    """One engine and whether it will accept what is there."""

    engine: str
    reads: bool | None
    """None: unknown."""
    since: str
    """The first version that does; empty when it is of no use to say one."""
    why: str
    """One sentence without its full stop, for a person."""
    source: str
    """Where that is written."""


def readers(formats: Collection[Format], *, fallback_tag: bool, keyless: bool) -> tuple[Reader, ...]:
    """For each engine whether it can read evidence that is there in these formats.

    `fallback_tag`: the registry has no referrers API, so bundles are listed under the tag `sha256-<hex>` (ghcr.io).
    `keyless`: signed by certificates rather than by a key. Where there are several formats one that is read suffices.
    """
    return tuple(_reader(engine, formats, fallback_tag=fallback_tag, keyless=keyless) for engine in ENGINES)


def _reader(engine: str, formats: Collection[Format], *, fallback_tag: bool, keyless: bool) -> Reader:
    known = [
        fact
        for wanted in Format
        if wanted in formats
        if (fact := _fact(engine, wanted, fallback_tag=fallback_tag, keyless=keyless))
    ]
    if not known:
        said = "there is no evidence to read" if not formats else "no source was found that says whether it reads this"
        return Reader(engine, None if formats else False, "", said, "")
    best = min(known, key=lambda fact: (True, None, False).index(fact.reads))
    return Reader(engine, best.reads, best.since, best.why, best.source)


def _fact(engine: str, wanted: Format, *, fallback_tag: bool, keyless: bool) -> Fact | None:
    """The first that fits."""
    return next(
        (
            fact
            for fact in FACTS
            if (fact.engine, fact.format) == (engine, wanted)
            and fact.keyless in {None, keyless}
            and fact.fallback_tag in {None, fallback_tag}
        ),
        None,
    )
