"""What has to lie beside an image once it is signed: one piece of work for each manifest, kind and format."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gate import predicate, strictjson
from gate.assess import ProvenVerdict
from gate.errors import InputError
from gate.evidence import CYCLONEDX, SIGNATURE, VERDICT, VULNERABILITIES, Claim
from gate.origin import Origin
from gate.policy import Sign
from gate.predicate import PredicateError, Summary
from gate.text import one_line
from gate.verdict import Verdict


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


def works(verdict: Verdict, sboms: Mapping[str, bytes], terms: Sign, origin: Origin | None) -> tuple[Work, ...]:
    """Everything that the policy attaches, in the order in which it is pushed: the index and each of its platforms.

    A runtime pins a platform's digest, and admission sees the index's. Raises `InputError` when a bill of materials
    is to be attached and there is none.
    """
    subject = verdict.subject
    places = [(one.digest or "", one.platform) for one in verdict.platforms]
    if subject.is_index:
        places.insert(0, (subject.digest or "", ""))
    if "sbom" in terms.attach and (missing := [one.platform for one in verdict.platforms if one.platform not in sboms]):
        raise InputError(
            f"the policy attaches the bill of materials, and there is none for {one_line(', '.join(missing), 200)}",
            hint="leave --verdict out, so that the image is judged now, or take sbom out of sign.attach",
        )
    return tuple(
        work for place in places for form in terms.formats for work in _of(place, form, verdict, sboms, terms, origin)
    )


def _of(  # noqa: PLR0913, PLR0917 the place, and all that is stated of it
    place: tuple[str, str], form: str, verdict: Verdict, sboms: Mapping[str, bytes], terms: Sign, origin: Origin | None
) -> Iterator[Work]:
    digest, platform = place
    builder, run = (origin.builder, origin.run) if origin else ("", "")
    if "sbom" in terms.attach:
        for name in [platform] if platform else sboms:
            yield Work(digest, platform, "sbom", CYCLONEDX, form, sboms[name])
    if "vulnerabilities" in terms.attach:
        document = predicate.vulnerabilities(verdict, digest=digest, builder=builder, run=run)
        yield Work(digest, platform, "vulnerabilities", VULNERABILITIES, form, document)
    if "verdict" in terms.attach:
        yield Work(digest, platform, "verdict", VERDICT, form, predicate.verdict(verdict, digest=digest))
    yield Work(digest, platform, "signature", SIGNATURE, form, annotations=_annotations(origin))


def _annotations(origin: Origin | None) -> dict[str, str]:
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
    document = strictjson.loads(work.document, "the predicate")
    if work.predicate_type == VERDICT:
        return _has_verdict(predicate.summary(document), alike, newest)
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
    if predicate.other_verifier(claim.predicate, ()):
        return None
    try:
        return predicate.summary(claim.predicate)
    except PredicateError:
        return None


def _essence(kind: str, document: object) -> object:
    """What makes two predicates say the same."""
    return predicate.scanned(document) if kind == VULNERABILITIES else predicate.components(document)


def names(some: Sequence[Work]) -> str:
    """`verdict and signature of linux/amd64, …`, for words."""
    return ", ".join(dict.fromkeys(f"{work.what} of {work.platform or 'the image'}" for work in some))
