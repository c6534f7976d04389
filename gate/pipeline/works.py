"""What has to lie beside an image once it is signed: one piece of work for each manifest, kind and format."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gate import predicate, strictjson
from gate.errors import InputError
from gate.evidence import CYCLONEDX, SIGNATURE, VERDICT, VULNERABILITIES, Claim
from gate.origin import Origin
from gate.policy import Sign
from gate.predicate import PredicateError
from gate.text import one_line
from gate.verdict import Verdict

_EVER = datetime.min.replace(tzinfo=UTC)


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


def satisfied(work: Work, proven: Iterable[Claim]) -> bool:
    """Whether the same is there already, in this format: times and serial numbers aside.

    Of verdicts the newest decides, in whatever format it is: an older one that says the same says nothing.
    """
    same = [one for one in proven if one.predicate_type == work.predicate_type]
    alike = [one for one in same if one.piece.format == work.format]
    if work.document is None or not alike:
        return bool(alike)
    wanted = _essence(work.predicate_type, strictjson.loads(work.document, "the predicate"))
    if work.predicate_type == VERDICT:
        alike = [max(some, key=_moment) for some in (alike, same)]
        return all(_essence(VERDICT, one.predicate) == wanted for one in alike)
    return any(_essence(work.predicate_type, one.predicate) == wanted for one in alike)


def _moment(claim: Claim) -> tuple[datetime, datetime]:
    """When it was signed and when it was judged, as whoever verifies orders verdicts."""
    try:
        judged = predicate.summary(claim.predicate).at
    except PredicateError:
        judged = _EVER
    return claim.at or judged, judged


def _essence(kind: str, document: object) -> object:
    """What makes two predicates say the same."""
    if kind == VERDICT:
        try:
            return predicate.summary(document).judgement
        except PredicateError:
            return None  # somebody's that is none of ours
    return predicate.scanned(document) if kind == VULNERABILITIES else predicate.components(document)


def names(some: Sequence[Work]) -> str:
    """`verdict and signature of linux/amd64, …`, for words."""
    return ", ".join(dict.fromkeys(f"{work.what} of {work.platform or 'the image'}" for work in some))
