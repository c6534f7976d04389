"""What has to lie beside an image once it is signed: one piece of work for each manifest, kind and format."""

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
class Work:
    """One piece of evidence beside one manifest."""

    digest: str
    platform: str
    """Empty for the index."""
    what: str
    predicate_type: str
    format: str
    document: bytes | None = field(default=None, repr=False)
    """The predicate; None for a signature."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Of a signature: what is stated of the build."""


def works(verdict: Verdict, sboms: Mapping[str, bytes], terms: Sign, origin: CiRun | None) -> tuple[Work, ...]:
    """Everything that the policy attaches, in the order in which it is pushed: the index and each of its platforms.

    A runtime pins a platform's digest, and admission sees the index's. `sboms` are by the digest of their manifest.
    Raises `InputError` when an SBOM is to be attached and there is none, or one that is about another manifest.
    """
    subject = verdict.subject
    places: dict[str, str] = {subject.digest or "": ""} if subject.is_index else {}
    for one in verdict.platforms:  # a manifest may be listed twice, under two platforms
        places.setdefault(one.digest or "", one.platform)
    kept = _sboms(verdict, sboms) if "sbom" in terms.attach else {}
    return tuple(
        work
        for place in places.items()
        for form in terms.formats
        for work in _of(place, form, verdict, kept, terms, origin)
    )


def _sboms(verdict: Verdict, sboms: Mapping[str, bytes]) -> dict[str, bytes]:
    """The SBOM of each platform's manifest, which has to name that manifest itself. Raises `InputError`."""
    found: dict[str, bytes] = {}
    names = Manifests(verdict.platforms).labels
    for digest, name in names.items():
        if digest not in sboms:
            missing = ", ".join(name for digest, name in names.items() if digest not in sboms)
            raise InputError(
                f"the policy attaches the SBOM (bill of materials), and there is none for {one_line(missing, 200)}",
                hint="leave --verdict out, so that the image is judged now, or take sbom out of sign.attach",
            )
        document = strict_json.loads(sboms[digest], f"the SBOM for {one_line(name, 100)}")
        if not describes(document, digest):
            described = ", ".join(sorted(described_digests(document))) or "no digest at all"
            raise InputError(
                f"the SBOM for {one_line(name, 100)} is not about {digest}: it names {one_line(described, 300)}",
                hint="leave --verdict out, so that the image is judged now, or give the SBOM of that manifest",
            )
        found[digest] = sboms[digest]
    return found


def _of(  # noqa: PLR0913, PLR0917 the place, and all that is stated of it
    place: tuple[str, str], form: str, verdict: Verdict, sboms: Mapping[str, bytes], terms: Sign, origin: CiRun | None
) -> Iterator[Work]:
    digest, platform = place
    builder, run = (origin.builder, origin.run) if origin else ("", "")
    if "sbom" in terms.attach:
        # The index carries the SBOM of each of its platforms; each names the manifest that it is about.
        for document in [sboms[digest]] if digest in sboms else sboms.values():
            yield Work(digest, platform, "sbom", CYCLONEDX, form, document)
    if "vulnerabilities" in terms.attach:
        document = predicates.vulnerabilities(verdict, digest=digest, builder=builder, run=run)
        yield Work(digest, platform, "vulnerabilities", VULNERABILITIES, form, document)
    if "verdict" in terms.attach:
        yield Work(digest, platform, "verdict", VERDICT, form, predicates.verdict(verdict, digest=digest))
    yield Work(digest, platform, "signature", SIGNATURE, form, annotations=_annotations(origin))


def _annotations(origin: CiRun | None) -> dict[str, str]:
    """What a signature states of the build; cosign takes no comma, and no empty value."""
    if origin is None:
        return {}
    said = {"commit": origin.commit, "workflow": origin.workflow, "run": origin.run, "ref": origin.ref}
    return {name: clean for name, text in said.items() if (clean := one_line(text, 300)) and "," not in clean}


def satisfied(work: Work, proven: Iterable[Claim], newest: ProvenVerdict | None = None) -> bool:
    """Whether the same is there already, in this format: times and serial numbers aside.

    Of verdicts the newest decides, in whatever format and by whomever: an older one that says the same says nothing.
    `newest` is the one that decides now, by anybody who is trusted.
    """
    same = [one for one in proven if one.predicate_type == work.predicate_type]
    alike = [one for one in same if one.piece.format == work.format]
    if work.document is None or not alike:
        return bool(alike)
    document = strict_json.loads(work.document, "the predicate")
    if work.predicate_type == VERDICT:
        return _has_verdict(predicates.summary(document), alike, newest)
    wanted = _essence(work.predicate_type, document)
    return any(_essence(work.predicate_type, one.predicate) == wanted for one in alike)


def _has_verdict(wanted: Summary, alike: Sequence[Claim], newest: ProvenVerdict | None) -> bool:
    """Whether this very verdict is there, or one that says the same and was judged last of all."""
    there = [summary for one in alike if (summary := _summary(one))]
    if any((one.at, one.judgement) == (wanted.at, wanted.judgement) for one in there):
        return True
    last = max(there, key=lambda one: one.order, default=None)
    known = newest.summary if newest else None
    return (
        last is not None
        and last.judgement == wanted.judgement
        and (known is None or known.judgement == wanted.judgement or known.order < last.order)
    )


def _summary(claim: Claim) -> Summary | None:
    """None for what is no verdict of gate's."""
    if predicates.other_verifier(claim.predicate, ()):
        return None
    try:
        return predicates.summary(claim.predicate)
    except PredicateError:
        return None


def _essence(kind: str, document: object) -> object:
    """What makes two predicates say the same."""
    if kind == VULNERABILITIES:
        return predicates.scanned(document)
    return described_digests(document), predicates.components(document)
