"""The stages of a Dockerfile, and what each is built upon."""

from collections.abc import Sequence
from dataclasses import dataclass

from gate.dockerfile.instructions import Instruction
from gate.dockerfile.variables import like


def stage_names(dockerfile: Sequence[Instruction]) -> tuple[str, ...]:
    """The names of its stages, in lower case, those without one left out."""
    return tuple(stage.name for stage in stages_of(dockerfile) if stage.name)


@dataclass(frozen=True)
class Stage:
    """From one FROM to the next; `name` is in lower case, `base` what it is built upon."""

    start: Instruction
    name: str
    base: str
    body: tuple[Instruction, ...]


def stages_of(dockerfile: Sequence[Instruction]) -> list[Stage]:
    """In their order."""
    starts = [place for place, one in enumerate(dockerfile) if one.keyword == "FROM"]
    found = []
    for start, end in zip(starts, [*starts[1:], len(dockerfile)], strict=False):
        words = [word for word in dockerfile[start].arguments.split() if not word.startswith("--")]
        name = words[2].lower() if len(words) == 3 and words[1].lower() == "as" else ""  # noqa: PLR2004 image AS name
        base = words[0].strip("\"'").lower() if words else ""
        found.append(Stage(dockerfile[start], name, base, tuple(dockerfile[start + 1 : end])))
    return found


def chain_of(stage: Stage, stages: Sequence[Stage]) -> list[Stage]:
    """The stage and those it is built upon, the lowest first; empty when a variable hides which they are."""
    chain = [stage]
    before = list(stages[: stages.index(stage)])
    while True:
        base = chain[0].base
        if "$" in base:
            return [] if any(one.name and like(base, one.name) for one in before) else chain
        under = [place for place, one in enumerate(before) if one.name == base]
        if not under:
            return chain
        chain.insert(0, before[under[-1]])
        before = before[: under[-1]]
