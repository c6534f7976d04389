"""Plan the evidence to attach to an image: one piece for each manifest, kind and format."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gate.attestation import predicates
from gate.attestation.predicates import PredicateError, Summary
from gate.attestation.proven_verdict import ProvenVerdict
from gate.attestation.sbom_subject import described_digests, describes
from gate.errors import InputError
from gate.io import strict_json
from gate.model.ci_run import CiRun
from gate.model.evidence import CYCLONEDX, SIGNATURE, VERDICT, VULNERABILITIES, Claim
from gate.model.platforms import Manifests
from gate.model.verdict import Verdict
from gate.policy import Sign
from gate.text import one_line


@dataclass(frozen=True)
class PlannedEvidence:
    """A piece of evidence to attach to one manifest."""

    digest: str
    platform: str
    """Empty for the index."""
    what: str
    predicate_type: str
    format: str
    document: bytes | None = field(default=None, repr=False)
    """The predicate as JSON; None for a signature."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Annotations of a signature: commit, workflow, run and ref of the build."""


def plan_evidence(
    verdict: Verdict, sboms: Mapping[str, bytes], terms: Sign, origin: CiRun | None
) -> tuple[PlannedEvidence, ...]:
    """Plan all evidence that `sign.attach` lists, for the index and each platform, in the order of pushing.

    Both are signed because runtimes pin a platform's digest, and admission controllers see that of the index.
    `sboms` are by manifest digest. Raises `InputError` when a needed SBOM is missing or describes another manifest.
    """
    subject = verdict.subject
    manifests: dict[str, str] = {subject.digest or "": ""} if subject.is_index else {}
    for platform in verdict.platforms:  # a manifest may be listed twice, under two platforms
        manifests.setdefault(platform.digest or "", platform.platform)
    checked = _checked_sboms(verdict, sboms) if "sbom" in terms.attach else {}
    return tuple(
        planned
        for manifest in manifests.items()
        for form in terms.formats
        for planned in _for_manifest(manifest, form, verdict, checked, terms, origin)
    )


def _checked_sboms(verdict: Verdict, sboms: Mapping[str, bytes]) -> dict[str, bytes]:
    """SBOM of each platform's manifest. Raises `InputError` when one is missing or describes another manifest."""
    checked: dict[str, bytes] = {}
    names = Manifests(verdict.platforms).labels
    for digest, name in names.items():
        if digest not in sboms:
            missing = ", ".join(name for digest, name in names.items() if digest not in sboms)
            raise InputError(
                f"the policy attaches the SBOM, and there is none for {one_line(missing, 200)}",
                hint="leave --verdict out, so that the image is judged now, or take sbom out of sign.attach",
            )
        document = strict_json.loads(sboms[digest], f"the SBOM for {one_line(name, 100)}")
        if not describes(document, digest):
            described = ", ".join(sorted(described_digests(document))) or "no digest at all"
            raise InputError(
                f"the SBOM for {one_line(name, 100)} is not about {digest}: it names {one_line(described, 300)}",
                hint="leave --verdict out, so that the image is judged now, or give the SBOM of that manifest",
            )
        checked[digest] = sboms[digest]
    return checked


def _for_manifest(  # noqa: PLR0913, PLR0917 the manifest, and all that its evidence states
    manifest: tuple[str, str],
    form: str,
    verdict: Verdict,
    sboms: Mapping[str, bytes],
    terms: Sign,
    origin: CiRun | None,
) -> Iterator[PlannedEvidence]:
    digest, platform = manifest
    builder, run = (origin.builder, origin.run) if origin else ("", "")
    if "sbom" in terms.attach:
        # The index carries the SBOM of each of its platforms; each names the manifest that it is about.
        for document in [sboms[digest]] if digest in sboms else sboms.values():
            yield PlannedEvidence(digest, platform, "sbom", CYCLONEDX, form, document)
    if "vulnerabilities" in terms.attach:
        document = predicates.vulnerabilities(verdict, digest=digest, builder=builder, run=run)
        yield PlannedEvidence(digest, platform, "vulnerabilities", VULNERABILITIES, form, document)
    if "verdict" in terms.attach:
        yield PlannedEvidence(digest, platform, "verdict", VERDICT, form, predicates.verdict(verdict, digest=digest))
    yield PlannedEvidence(digest, platform, "signature", SIGNATURE, form, annotations=_annotations(origin))


def _annotations(origin: CiRun | None) -> dict[str, str]:
    """Annotations of a signature. cosign accepts neither a comma nor an empty value."""
    if origin is None:
        return {}
    message = {"commit": origin.commit, "workflow": origin.workflow, "run": origin.run, "ref": origin.ref}
    return {name: clean for name, text in message.items() if (clean := one_line(text, 300)) and "," not in clean}


def satisfied(planned: PlannedEvidence, attached: Iterable[Claim], newest: ProvenVerdict | None = None) -> bool:
    """Whether equal evidence is attached in this format already, ignoring times and serial numbers.

    Of verdicts the newest decides, in any format and by any trusted signer (`newest`): an older one with the same
    result does not count.
    """
    same_type = [claim for claim in attached if claim.predicate_type == planned.predicate_type]
    candidates = [claim for claim in same_type if claim.piece.format == planned.format]
    if planned.document is None or not candidates:
        return bool(candidates)
    document = strict_json.loads(planned.document, "the predicate")
    if planned.predicate_type == VERDICT:
        return _has_verdict(predicates.summary(document), candidates, newest)
    content = _comparable(planned.predicate_type, document)
    return any(_comparable(planned.predicate_type, claim.predicate) == content for claim in candidates)


def _has_verdict(wanted: Summary, candidates: Sequence[Claim], newest: ProvenVerdict | None) -> bool:
    """Whether this very verdict is attached, or one with the same result that is the newest of all."""
    attached = [summary for claim in candidates if (summary := _summary(claim))]
    if any((summary.at, summary.judgement) == (wanted.at, wanted.judgement) for summary in attached):
        return True
    last = max(attached, key=lambda summary: summary.order, default=None)
    known = newest.summary if newest else None
    return (
        last is not None
        and last.judgement == wanted.judgement
        and (known is None or known.judgement == wanted.judgement or known.order < last.order)
    )


def _summary(claim: Claim) -> Summary | None:
    """Read the summary; None when another tool made it, or it is unreadable."""
    if predicates.other_verifier(claim.predicate, ()):
        return None
    try:
        return predicates.summary(claim.predicate)
    except PredicateError:
        return None


def _comparable(kind: str, document: object) -> object:
    """Content of a predicate without times and serial numbers, for comparison."""
    if kind == VULNERABILITIES:
        return predicates.scanned(document)
    return described_digests(document), predicates.components(document)
