"""`gate judge`: reports that exist already, judged."""

from dataclasses import dataclass, field
from pathlib import Path

from gate.cosign.roots import Roots
from gate.errors import InputError
from gate.findings import Database, Kind
from gate.judge import judge
from gate.pipeline import Outcome
from gate.pipeline.inputs import Comparison, inputs
from gate.pipeline.vouched import vouched
from gate.policyfile import Loaded
from gate.text import one_line
from gate.trivy import given
from gate.trivy.ahead import Ahead
from gate.world import World


@dataclass(frozen=True)
class JudgeRequest:
    """Reports of Trivy's that exist already; `database` is what they were made with, where they do not say."""

    reports: tuple[Path, ...]
    loaded: Loaded
    kinds: frozenset[Kind] = frozenset()
    baseline: str = ""
    database: Database | None = None
    offline: bool = False
    roots: Roots = field(default_factory=Roots)
    """Of trust, for VEX documents that have to be signed."""


def judge_reports(request: JudgeRequest, world: World, begun: Ahead | None = None) -> Outcome:
    """Judge them; those of one image are folded into one verdict. Raises `InputError`, `RegistryError` (feeds).

    `begun` is the report that was read ahead.
    """
    loaded = request.loaded
    compare = Comparison(request.baseline, world)
    if compare.image:
        raise InputError(
            f"the baseline {one_line(request.baseline, 200)} is not there",
            hint="`gate judge` compares with a file: a verdict or a SARIF file",
        )
    counted = vouched(inputs(loaded, world, offline=request.offline), loaded, request.roots, world)
    scans = given.read(request.reports, request.database, request.kinds, begun)
    verdicts = (judge(one, loaded.policy, loaded.ref, compare.over(counted.context, one), world.now) for one in scans)
    return Outcome(tuple(counted.told(one) for one in verdicts))
