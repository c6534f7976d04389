"""Judge attested SBOMs again with today's vulnerability database (`gate verify --rejudge`).

No image is pulled. An SBOM lists packages only, so only the rules on vulnerabilities apply.
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
from gate.io.run_context import RunContext
from gate.judging.judge import JudgeInputs, judge
from gate.model.evidence import VULNERABILITIES
from gate.model.findings import Kind, Scan, Scanner, Subject
from gate.model.verdict import Decision, Verdict
from gate.model.verification import Check, State, VerifyRow
from gate.output import formatting
from gate.pipeline.inputs import read_inputs
from gate.policy import Policy
from gate.policy.loader import Loaded
from gate.text import one_line, plural
from gate.trivy import database
from gate.trivy.database_store import DatabaseStore
from gate.trivy.merge_platforms import merge_reports
from gate.trivy.scan import Bounds
from gate.trivy.scan_sbom import SbomJob, scan_sboms

_NAMED = 5


@dataclass(frozen=True)
class Rejudge:
    """Source of the vulnerability database, and limits of a Trivy run."""

    source: database.DatabaseSource
    bounds: Bounds

    def rows(
        self,
        found: Mapping[str, Sequence[Gathered]],
        loaded: Loaded,
        context: RunContext,
        workdir: Path,
        progress: Progress,
    ) -> dict[str, tuple[VerifyRow, ...]]:
        """One row for each image with evidence. Raises `GateError` when the database or Trivy is missing."""
        judge_again = _Rejudger(
            self.bounds,
            loaded,
            read_inputs(loaded, context, offline=self.source.offline),
            database.ready(context, self.source, workdir, progress),
            context,
        )
        answers: dict[str, tuple[VerifyRow, ...]] = {}
        for number, (image, gathered) in enumerate(found.items()):
            if not gathered:
                continue
            try:
                answers[image] = (judge_again.row(gathered, workdir / str(number)),)
            except GateError as exc:  # concerns this image only
                why = f"it could not be judged again: {one_line(exc.problem, 400)}"
                answers[image] = (_row(gathered[0], State.UNKNOWN, why, hint=exc.hint),)
        return answers


@dataclass(frozen=True)
class _Rejudger:
    """Judges the SBOMs of one image after the other with the same policy, inputs and database."""

    bounds: Bounds
    loaded: Loaded
    inputs: JudgeInputs
    store: DatabaseStore
    context: RunContext

    def row(self, gathered: Sequence[Gathered], workdir: Path) -> VerifyRow:
        """Judge the SBOMs of one image. Raises `GateError`."""
        top, platforms = gathered[0], gathered[1:] or gathered[:1]
        sboms = []
        for index, platform in enumerate(platforms):
            best = newest(sboms_of(platform))
            hidden, hint = doubt(Check.SBOM, platform)
            if hidden:
                why = f"the newest SBOM{_of(platform)} may be hidden: {one_line(hidden, 300)}"
                return _row(top, State.UNKNOWN, why, hint=hint)
            if best is None:
                return _nothing_to_judge(top, platform)
            document = strict_json.dumps(best.claim.predicate)
            sboms.append(SbomJob(platform.platform or "unknown", platform.digest, document, workdir / str(index)))
        reports = scan_sboms(sboms, store=self.store, bounds=self.bounds, context=self.context)
        versions = sorted({report.version for report in reports})
        scanner = Scanner(version=", ".join(versions), database=self.store.database)
        scan = merge_reports(reports, Subject(name=top.digest, digest=top.digest), scanner, {Kind.VULNERABILITY})
        policy = _only_vulnerabilities(self.loaded.policy)
        verdict = judge(scan, policy, self.loaded.ref, self.inputs, self.context.now)
        if verdict.passed and self.store.unproven:
            return _row(top, State.UNKNOWN, self.store.unproven, hint="name a database with --trivy-cache")
        return _verdict_row(top, verdict, scan, _known(top))


def _only_vulnerabilities(policy: Policy) -> Policy:
    """Reduce the policy to the rules that an SBOM can answer."""
    rules = policy.fail_on.model_copy(update={"secrets": None, "misconfigurations": None, "licences": ()})
    return policy.model_copy(update={"fail_on": rules, "size": None, "platforms": "all"})


def _known(top: Gathered) -> frozenset[str] | None:
    """Fingerprints of the findings of the attested scan; None when there is no such attestation."""
    attested = newest(proof for proof in top.proofs if proof.claim.predicate_type == VULNERABILITIES)
    return predicates.fingerprints(attested.claim.predicate) if attested else None


def _verdict_row(top: Gathered, verdict: Verdict, scan: Scan, known: frozenset[str] | None) -> VerifyRow:
    database_text = f"today's database ({formatting.age(verdict.database_age)})"
    new = "" if known is None else _new_findings(verdict, known)
    if verdict.passed:
        return _row(top, State.GOOD, f"{database_text}, judged by {plural(len(scan.platforms), 'SBOM')}{new}")
    reasons = "; ".join(one_line(reason.message, 200) for reason in verdict.reasons[:3])
    hint = "rebuild the image with fixed versions, or add an exception to the policy"
    return _row(top, State.REFUSED, f"{database_text}: {reasons}{new}", hint=hint)


def _new_findings(verdict: Verdict, known: frozenset[str]) -> str:
    """Text that names the findings that are new since the attested scan, the most severe first."""
    new = [judged for judged in verdict.findings if judged.finding.fingerprint not in known]
    if not new:
        return "; nothing is new since it was built"
    refusing = sum(judged.decision is Decision.REFUSES for judged in new)
    names = formatting.listed(
        dict.fromkeys(f"{judged.finding.id} in {judged.finding.package}" for judged in new), _NAMED
    )
    return f"; {len(new):,} new since it was built, {refusing:,} of them refusing: {names}"


def _nothing_to_judge(top: Gathered, manifest: Gathered) -> VerifyRow:
    """VerifyRow for a manifest without an SBOM of its own: one of another manifest does not count."""
    if foreign := foreign_sbom(manifest):
        why = f"there is no SBOM to judge{_of(manifest)}: {foreign.why}"
        return _row(top, State.MISMATCHED, why, hint=foreign.hint)
    return _row(top, State.MISSING, f"there is no SBOM to judge{_of(manifest)}")


def _of(manifest: Gathered) -> str:
    return f" for {manifest.platform} ({formatting.short(manifest.digest)})" if manifest.platform else ""


def _row(top: Gathered, state: State, why: str, *, hint: str = "") -> VerifyRow:
    return VerifyRow(check=Check.REJUDGED, state=state, digest=top.digest, why=why, hint=hint)
