"""The stages of a Dockerfile, and what each is built upon."""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gate.source.dockerfile.instructions import Instruction
from gate.source.dockerfile.variables import like, resolved

_ASSIGNED = re.compile(r"(\w+)=(.*)", re.DOTALL)
_LONGEST = 1000
"""Characters of the name of a base image: defaults that name each other grow with every step."""


def stage_names(dockerfile: Sequence[Instruction]) -> tuple[str, ...]:
    """The names of its stages, in lower case, those without one left out."""
    return tuple(stage.name for stage in stages_of(dockerfile) if stage.name)


@dataclass(frozen=True)
class Stage:
    """From one FROM to the next; `name` is in lower case, `base` what it is built upon."""

    start: Instruction
    name: str
    base: str
    """With the defaults of the arguments before the first FROM put in."""
    body: tuple[Instruction, ...]
    by_variable: bool = False
    """Whether a build argument may have chosen another base."""


def stages_of(dockerfile: Sequence[Instruction]) -> list[Stage]:
    """In their order."""
    starts = [place for place, one in enumerate(dockerfile) if one.keyword == "FROM"]
    found = []
    defaults = _defaults(dockerfile[: starts[0]] if starts else ())
    for start, end in zip(starts, [*starts[1:], len(dockerfile)], strict=False):
        words = [word for word in dockerfile[start].arguments.split() if not word.startswith("--")]
        name = words[2].lower() if len(words) == 3 and words[1].lower() == "as" else ""  # noqa: PLR2004 image AS name
        base = resolved(words[0].strip("\"'"), defaults)[:_LONGEST].lower() if words else ""
        body = tuple(dockerfile[start + 1 : end])
        found.append(Stage(dockerfile[start], name, base, body, by_variable=bool(words) and "$" in words[0]))
    return found


def _defaults(before: Sequence[Instruction]) -> Mapping[str, str]:
    """The defaults of the arguments that FROM may use: those before the first stage."""
    values: dict[str, str] = {}
    for instruction in before:
        if instruction.keyword == "ARG":
            for word in _words(instruction.arguments):
                if assigned := _ASSIGNED.fullmatch(word):
                    values[assigned[1]] = resolved(assigned[2], values)[:_LONGEST]
    return values


def _words(arguments: str) -> list[str]:
    try:
        return shlex.split(arguments)
    except ValueError:
        return arguments.split()


@dataclass(frozen=True)
class Chain:
    """A stage and those that it is built upon, the lowest first."""

    stages: tuple[Stage, ...]
    whole: bool = True
    """False when a variable hides whether the lowest is built upon another stage of this Dockerfile."""


def chains_of(stage: Stage, stages: Sequence[Stage]) -> list[Chain]:
    """What a build of `stage` may go through: by the defaults of the arguments, then with another base than these."""
    chain = [stage]
    before = list(stages[: stages.index(stage)])
    others = []
    while True:
        lowest = chain[0]
        if lowest.by_variable and any(one.name for one in before):
            others.append(Chain(tuple(chain), whole=False))
        if "$" in lowest.base:
            may_be_stage = any(one.name and like(lowest.base, one.name) for one in before)
            return [Chain(tuple(chain), whole=not may_be_stage)]
        under = [place for place, one in enumerate(before) if one.name == lowest.base]
        if not under:
            return [Chain(tuple(chain)), *others]
        chain.insert(0, before[under[-1]])
        before = before[: under[-1]]
