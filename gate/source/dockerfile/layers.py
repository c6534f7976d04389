"""Each layer of an image and its instruction."""

from collections.abc import Sequence

from gate.source.dockerfile.instructions import Instruction
from gate.source.dockerfile.stages import Chain, Stage, chains_of, stages_of
from gate.source.dockerfile.steps import Made, Step, below

_MOST = 500  # instructions or layers; an image has at most 127


def attribute(
    history: Sequence[str], dockerfile: Sequence[Instruction], target: str = ""
) -> tuple[Instruction | None, ...]:
    """For each layer of `history` (the instructions that made them, oldest first) its instruction in the Dockerfile.

    `FROM` stands for every layer of the base image, None for a layer that is not certain. Empty when the Dockerfile
    is not that of the image. `target` names the stage that was built; without one it is the last, or else the only
    one that fits.
    """
    stages = stages_of(dockerfile)
    if len(history) > _MOST or len(dockerfile) > _MOST or not all(history) or not stages:
        return ()
    if target:
        chosen = [stage for stage in stages if stage.name == target.lower()]
        return _align(history, chosen[-1], stages) if chosen else ()
    if last := _align(history, stages[-1], stages):
        return last
    others = [found for stage in stages[:-1] if (found := _align(history, stage, stages))]
    return others[0] if len(others) == 1 else ()


def _align(history: Sequence[str], stage: Stage, stages: Sequence[Stage]) -> tuple[Instruction | None, ...]:
    return next((found for chain in chains_of(stage, stages) if (found := _align_chain(history, chain))), ())


def _align_chain(history: Sequence[str], known: Chain) -> tuple[Instruction | None, ...]:
    chain = known.stages
    steps = _steps(chain)
    if not any(step.always for step in steps):
        return ()  # nothing that would show whose Dockerfile this is
    layers = [Made.read(text) for text in history]
    # fits[i][j]: steps from i on make exactly the layers from j on
    fits = [[False] * (len(layers) + 1) for _ in range(len(steps) + 1)]
    fits[-1][-1] = True
    for i in range(len(steps) - 1, -1, -1):
        for j in range(len(layers), -1, -1):
            skipped = not steps[i].always and fits[i + 1][j]
            fits[i][j] = skipped or (j < len(layers) and fits[i + 1][j + 1] and steps[i].made(layers[j]))
    firsts = [j for j in range(len(layers) + 1) if fits[0][j] and (j == 0 or chain[0].base != "scratch")]
    choices: list[set[Instruction | None]] = [set() for _ in layers]
    for first in firsts:
        for choice in choices[:first]:
            choice.add(chain[0].start if known.whole else None)  # None: perhaps a line of the stage below
    now = set(firsts)
    for i, step in enumerate(steps):
        reached = set()
        for j in now:
            if not step.always and fits[i + 1][j]:
                reached.add(j)
            if j < len(layers) and fits[i + 1][j + 1] and step.made(layers[j]):
                choices[j].add(step.instruction)
                reached.add(j + 1)
        now = reached
    return tuple(next(iter(choice)) if len(choice) == 1 else None for choice in choices) if firsts else ()


def _steps(chain: Sequence[Stage]) -> list[Step]:
    folder, found = "/", []
    for stage in chain:
        if stage is chain[0] and stage.base != "scratch":
            folder = "$BASE"  # only the base image knows
        for one in stage.body:
            if one.keyword == "WORKDIR":
                folder = below(folder, one.arguments.strip("\"'"))
            if one.keyword in {"RUN", "COPY", "ADD", "WORKDIR"}:
                found.append(Step(one, folder))
    return found
