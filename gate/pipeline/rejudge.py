"""Today's database over the bills of materials that were attested: what was clean when it was built may not be now.

No image is pulled. A bill of materials knows packages alone, so only the rules on vulnerabilities are asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gate.attestation import predicates
from gate.attestation.evidence_checks import foreign_sbom
from gate.attestation.gathered_evidence import Gathered, doubt, newest, sboms_of
from gate.errors import GateError
from gate.io import strict_json
from gate.io.progress import Progress
from gate.io.run_context import World
from gate.judging.judge import Context, judge
from gate.model.evidence import VULNERABILITIES
from gate.model.findings import Kind, Scan, Scanner, Subject
from gate.model.verdict import Decision, Verdict
from gate.model.verification import Check, State, VerifyRow
from gate.output import formatting
from gate.pipeline.inputs import inputs
from gate.policy import Policy
from gate.policy.loader import Loaded
from gate.text import one_line, plural
from gate.trivy import database
from gate.trivy.bom import SbomJob, scan_sboms
from gate.trivy.database_store import DatabaseStore
from gate.trivy.merge_platforms import merge_reports
from gate.trivy.scan import Bounds

_NAMED = 5


@dataclass(frozen=True)
class Rejudge:
    """Where the database comes from, and how long a run of the scanner may take."""

    source: database.DatabaseSource
    bounds: Bounds

    def rows(
        self, found: Mapping[str, Sequence[Gathered]], loaded: Loaded, world: World, room: Path, progress: Progress
    ) -> dict[str, tuple[VerifyRow, ...]]:
        """A row for each image. Raises `GateError` when there is no database or no scanner to judge with."""
        bench = _Bench(
            self.bounds,
            loaded,
            inputs(loaded, world, offline=self.source.offline),
            database.ready(world, self.source, room, progress),
            world,
        )
        answers: dict[str, tuple[VerifyRow, ...]] = {}
        for number, (image, gathered) in enumerate(found.items()):
            if not gathered:
                continue
            try:
                answers[image] = (bench.row(gathered, room / str(number)),)
            except GateError as exc:  # of one image: the others get their answers
                why = f"it could not be judged again: {one_line(exc.problem, 400)}"
                answers[image] = (_row(gathered[0], State.UNKNOWN, why, hint=exc.hint),)
        return answers


@dataclass(frozen=True)
class _Bench:
    """What every image is judged with."""

    bounds: Bounds
    loaded: Loaded
    context: Context
    store: DatabaseStore
    world: World

    def row(self, gathered: Sequence[Gathered], room: Path) -> VerifyRow:
        """The answer for one image. Raises `GateError`."""
        top, platforms = gathered[0], gathered[1:] or gathered[:1]
        bills = []
        for place, one in enumerate(platforms):
            best = newest(sboms_of(one))
            hidden, hint = doubt(Check.SBOM, one)
            if hidden:
                why = f"the newest SBOM{_of(one)} may be hidden: {one_line(hidden, 300)}"
                return _row(top, State.UNKNOWN, why, hint=hint)
            if best is None:
                return _nothing_to_judge(top, one)
            document = strict_json.dumps(best.claim.predicate)
            bills.append(SbomJob(one.platform or "unknown", one.digest, document, room / str(place)))
        reports = scan_sboms(bills, store=self.store, bounds=self.bounds, world=self.world)
        scanner = Scanner(version=", ".join(sorted({one.version for one in reports})), database=self.store.database)
        scan = merge_reports(reports, Subject(name=top.digest, digest=top.digest), scanner, {Kind.VULNERABILITY})
        policy = _only_vulnerabilities(self.loaded.policy)
        verdict = judge(scan, policy, self.loaded.ref, self.context, self.world.now)
        if verdict.passed and self.store.unproven:
            return _row(top, State.UNKNOWN, self.store.unproven, hint="name a database with --trivy-cache")
        return _told(top, verdict, scan, _known(top))


def _only_vulnerabilities(policy: Policy) -> Policy:
    """The rules that a bill of materials can answer."""
    rules = policy.fail_on.model_copy(update={"secrets": None, "misconfigurations": None, "licences": ()})
    return policy.model_copy(update={"fail_on": rules, "size": None, "platforms": "all"})


def _known(top: Gathered) -> frozenset[str] | None:
    """Fingerprints of what the attested scan had found; None when there is no such attestation."""
    attested = newest(one for one in top.proofs if one.claim.predicate_type == VULNERABILITIES)
    return predicates.fingerprints(attested.claim.predicate) if attested else None


def _told(top: Gathered, verdict: Verdict, scan: Scan, known: frozenset[str] | None) -> VerifyRow:
    database_said = f"today's database ({formatting.age(verdict.database_age)})"
    fresh = "" if known is None else _fresh(verdict, known)
    if verdict.passed:
        return _row(top, State.GOOD, f"{database_said} over {plural(len(scan.platforms), 'bill')} of materials{fresh}")
    reasons = "; ".join(one_line(reason.message, 200) for reason in verdict.reasons[:3])
    hint = "build the image again with what mends it, or accept it in the policy"
    return _row(top, State.REFUSED, f"{database_said}: {reasons}{fresh}", hint=hint)


def _fresh(verdict: Verdict, known: frozenset[str]) -> str:
    """What is new since the attested scan, the worst first."""
    new = [one for one in verdict.findings if one.finding.fingerprint not in known]
    if not new:
        return "; nothing is new since it was built"
    refusing = sum(one.decision is Decision.REFUSES for one in new)
    names = formatting.listed(dict.fromkeys(f"{one.finding.id} in {one.finding.package}" for one in new), _NAMED)
    return f"; {len(new):,} new since it was built, {refusing:,} of them refusing: {names}"


def _nothing_to_judge(top: Gathered, manifest: Gathered) -> VerifyRow:
    """The answer where a manifest has no SBOM of its own: another manifest's says nothing of it."""
    if foreign := foreign_sbom(manifest):
        why = f"there is no SBOM to judge{_of(manifest)}: {foreign.why}"
        return _row(top, State.MISMATCHED, why, hint=foreign.hint)
    return _row(top, State.MISSING, f"there is no SBOM to judge{_of(manifest)}")


def _of(manifest: Gathered) -> str:
    return f" for {manifest.platform} ({formatting.short(manifest.digest)})" if manifest.platform else ""


def _row(top: Gathered, state: State, why: str, *, hint: str = "") -> VerifyRow:
    return VerifyRow(check=Check.REJUDGED, state=state, digest=top.digest, why=why, hint=hint)
