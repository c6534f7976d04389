"""What may be signed without judging again: a verdict of the same run, or what an earlier run had to leave."""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from gate.attestation.sbom_subject import describes
from gate.errors import InputError
from gate.io import files, strict_json
from gate.io.validation import describe
from gate.model.image import Digest, Frozen, ImageRef
from gate.model.verdict import Failure, Reason, Verdict, VerdictFile
from gate.pipeline.signrequest import Candidate
from gate.text import one_line, plural

_LARGEST = 1 << 30
Bills = Callable[[Sequence[Verdict], Sequence[Failure]], Sequence[Mapping[str, Path]]]
"""Where the SBOM of each verdict's platforms is, by the digest of their manifest."""


class Left(Frozen):
    """An image that is still to be signed, with its platforms' SBOMs by the digest of their manifest."""

    verdict: Verdict
    sboms: Mapping[Digest, Any]


class ResumeFile(Frozen):
    """What `gate sign` leaves when it had to stop."""

    version: Literal[1] = 1
    resume: tuple[Left, ...]


def resume_file(candidates: Sequence[Candidate]) -> bytes:
    """A file that `from_resume` reads back."""
    left = tuple(
        Left(
            verdict=one.verdict,
            sboms={digest: strict_json.loads(data, "the SBOM") for digest, data in one.sboms.items()},
        )
        for one in candidates
    )
    return ResumeFile(resume=left).model_dump_json().encode() + b"\n"


def from_resume(path: Path, digest: str = "") -> list[Candidate]:
    """What an earlier run left in the file with the SHA-256 `digest`, or any when that is empty.

    It is held against everything once more when it is signed. Raises `InputError`.
    """
    document = _read(path, "the file to go on with", ResumeFile, digest)
    for one in document.resume:
        _check(one.verdict, path)
    return [
        Candidate(one.verdict, {manifest: strict_json.dumps(sbom) for manifest, sbom in one.sboms.items()})
        for one in document.resume
    ]


def from_verdict(path: Path, refs: Sequence[ImageRef], bills: Bills | None, digest: str = "") -> list[Candidate]:
    """The verdicts about `refs` in a file that `gate scan --json` wrote.

    `digest` is the SHA-256 that the file has to have; empty for any. Raises `InputError`.
    """
    document = _read(path, "the verdict", VerdictFile, digest)
    doubts: tuple[Reason, ...] = ()
    if document.passed != (all(one.passed for one in document.verdicts) and not document.failures):
        message = f"the file contradicts itself: passed is {str(document.passed).lower()}, and its verdicts differ"
        doubts = (Reason(rule="verdict", message=message),)
    elif document.failures:
        names = ", ".join(one_line(one.image, 200) for one in document.failures[:3])
        message = f"the scan of {plural(len(document.failures), 'image')} of the same call failed ({names}): scan again"
        doubts = (Reason(rule="verdict", message=message),)
    places = bills(document.verdicts, document.failures) if bills else [{} for _ in document.verdicts]
    found = []
    for ref in refs:
        fitting = [place for place, one in enumerate(document.verdicts) if _is_about(one, ref)]
        if len(fitting) != 1:
            raise InputError(
                f"{one_line(str(path), 200)} holds {len(fitting) or 'no'} verdicts about {ref}",
                hint="name the image as it was named when it was judged",
            )
        verdict = document.verdicts[fitting[0]]
        _check(verdict, path)
        found.append(Candidate(verdict, _bills(verdict, places[fitting[0]]), doubts=doubts))
    return found


def _is_about(verdict: Verdict, ref: ImageRef) -> bool:
    subject = verdict.subject
    if subject.name != ref.name or subject.local:
        return False
    return ref.digest == subject.digest if ref.digest else ref.tag == subject.tag


def _bills(verdict: Verdict, paths: Mapping[str, Path]) -> dict[str, bytes]:
    """Each platform's, which has to name the manifest that it is about."""
    found = {}
    for one in verdict.platforms:
        if one.digest is None or one.digest not in paths:
            continue
        path = paths[one.digest]
        data = files.read(path, limit=_LARGEST, what="the SBOM")
        if not describes(strict_json.loads(data, f"the SBOM {one_line(str(path), 200)}"), one.digest):
            raise InputError(
                f"the SBOM {one_line(str(path), 200)} is not about {one.digest} ({one_line(one.platform, 60)})",
                hint="give the one that was written with that verdict",
            )
        if sha256(data).hexdigest() not in verdict.sboms:
            raise InputError(
                f"the SBOM {one_line(str(path), 200)} is not one that was written with that verdict",
                hint="hand on both files of one `gate scan --json FILE --sbom FILE`, unaltered",
            )
        found[one.digest] = data
    return found


def _check(verdict: Verdict, path: Path) -> None:
    """Refuse what no verdict of ours has and the judgement cannot do without. Raises `InputError`."""
    shown = one_line(str(path), 200)
    if any(when is not None and when.tzinfo is None for when in (verdict.judged_at, verdict.scanned_at)):
        raise InputError(f"{shown} gives a time without its time zone", hint="it was altered: scan again")
    if any(one.finding.advisory not in verdict.advisories for one in verdict.findings):
        raise InputError(f"{shown} has a finding without its advisory", hint="it was altered: scan again")


def _read(path: Path, what: str, model: type[Any], digest: str) -> Any:
    data = files.read(path, limit=_LARGEST, what=what)
    shown = one_line(str(path), 200)
    if digest and (actual := sha256(data).hexdigest()) != digest:
        raise InputError(
            f"{what} {shown} is not the file that --verdict-sha256 names: its SHA-256 is {actual}, not {digest}",
            hint="it was altered or replaced since it was written: scan again",
        )
    try:
        return model.model_validate(strict_json.loads(data, f"{what} {shown}"))
    except ValidationError as exc:
        raise InputError(f"{shown} is not {what}: {describe(exc)}") from exc
